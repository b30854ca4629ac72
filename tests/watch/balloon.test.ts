import { describe, expect, test } from "bun:test";
import { Depth, emptyReading } from "../../src/model/reading.ts";
import { askedOf } from "../../src/policy/pace.ts";
import { look, openMachine } from "../../src/watch/look.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { kept, lookAt, TOTAL_KIB } from "../helpers/kept-ledger.ts";
import { aReading, someOptions } from "../helpers/nouns.ts";

const GIB = 1024 * 1024;

test("a machine whose RAM changes is taken for no container: what is compressed counts", () => {
  const sys = new FakeSys();
  const machine = openMachine(sys);
  const into = emptyReading();
  const asked = askedOf(someOptions(), aReading());
  for (const totalKib of [8 * GIB, 7 * GIB, 9 * GIB]) {
    sys.machine = { totalKib, availableKib: GIB / 2, compressedKib: GIB, swapTotalKib: GIB };
    look(sys, machine, into, asked);
    expect(into).toMatchObject({ totalKib, compressedKib: GIB, machineKib: totalKib + GIB });
  }
});

describe("RAM and swap that come or go", () => {
  const swap = { swapTotalKib: 500_000, swapFreeKib: 400_000 };

  test("are nobody's loss: swapoff, or a balloon", () => {
    const room = kept();
    lookAt(room, 0, 38, swap);
    lookAt(room, 2000, 30, swap);
    const { lowestKib } = room.ledger;
    lookAt(room, 2100, 20);
    expect(room.ledger.base.leftKib).toBe(380_000 - 100_000);
    lookAt(room, 2200, 10, { totalKib: TOTAL_KIB - 100_000, availableKib: 100_000 });
    expect(room.ledger.base.leftKib).toBe(180_000);
    expect(room.ledger.lowestKib).toBe(lowestKib - 600_000);
  });

  test("count for what was plenty last as well", () => {
    const room = kept();
    lookAt(room, 0, 60, { depth: Depth.free, ...swap });
    lookAt(room, 100, 60, { depth: Depth.free });
    expect(room.ledger.plentyKib).toBe(600_000);
    lookAt(room, 200, 38, { totalKib: TOTAL_KIB - 100_000 });
    expect(room.ledger.plentyKib).toBe(500_000);
  });

  test("are not believed while meminfo is lost: then they are the host's", () => {
    const room = kept();
    lookAt(room, 0, 38);
    room.machine.isBlind = true;
    lookAt(room, 100, 30, { totalKib: 64 * TOTAL_KIB });
    expect(room.ledger.base.leftKib).toBe(380_000);
    room.machine.isBlind = false;
    lookAt(room, 200, 30);
    expect(room.ledger.base.leftKib).toBe(380_000);
  });

  test("give nobody back what he took", () => {
    const room = kept();
    lookAt(room, 0, 38);
    lookAt(room, 2000, 20);
    lookAt(room, 2100, 20, { swapTotalKib: 500_000, swapFreeKib: 500_000 });
    expect(room.ledger.base).toMatchObject({ atMs: 0, leftKib: 880_000 });
  });
});
