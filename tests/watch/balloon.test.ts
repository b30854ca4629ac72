import { describe, expect, test } from "bun:test";
import { Depth, emptyReading } from "../../src/model/reading.ts";
import { askedOf } from "../../src/policy/pace.ts";
import { look, openMachine } from "../../src/watch/look.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { kept, lookAt, TOTAL_KIB } from "../helpers/kept-ledger.ts";
import { aReading, someOptions } from "../helpers/nouns.ts";
import { watch } from "../helpers/watch.ts";

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

test("what a zram holds beside swap, such as a file system, is none of it", () => {
  const sys = new FakeSys();
  const into = emptyReading();
  const swap = { swapTotalKib: GIB, swapFreeKib: GIB - 1000 };
  sys.machine = { totalKib: 8 * GIB, availableKib: GIB / 2, compressedKib: GIB, ...swap };
  look(sys, openMachine(sys), into, askedOf(someOptions(), aReading()));
  expect(into.compressedKib).toBe(1000);
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

test.each([5, 40, 62, 75])(
  "a leak is killed, and not who is swapped in by swapoff from %d s on",
  (fromS) => {
    const MIB = 1024;
    const [firefox, leak] = [42, 43];
    const sys = new FakeSys().add(
      { pid: firefox, comm: "firefox", startMs: 1000, dyingMs: 30 },
      { pid: leak, comm: "leak", startMs: 1000, dyingMs: 30 },
    );
    sys.machine = ({ atMs }) => {
      const took = Math.max(0, atMs - 10_000) * 0.04 * MIB;
      const back = Math.min(1.8 * GIB, Math.max(0, atMs - 1000 * fromS) * 0.05 * MIB);
      sys.change(firefox, { anonKib: 1.2 * GIB + back, swapKib: 1.8 * GIB - back });
      sys.change(leak, { anonKib: 100 * MIB + took });
      const usedKib = sys.isAlive(firefox) ? 1.8 * GIB - back : 0;
      const ofFirefoxKib = sys.isAlive(firefox) ? 1.2 * GIB + back : 0;
      const ofLeakKib = sys.isAlive(leak) ? 100 * MIB + took : 0;
      const isGoing = atMs >= 1000 * fromS;
      return {
        totalKib: 8 * GIB,
        availableKib: Math.max(0, 6.5 * GIB - ofFirefoxKib - ofLeakKib),
        freeKib: 0.1 * GIB,
        swapTotalKib: isGoing ? usedKib : 4 * GIB,
        swapFreeKib: isGoing ? 0 : 4 * GIB - usedKib,
      };
    };
    expect(watch(sys, 120_000).signals.map((call) => call.split(" ").at(-1))).toEqual(["43"]);
  },
);

test("swap that is gone from one look to the next hides no leak that it makes a kill of", () => {
  const leak = { pid: 42, comm: "leak", startMs: 1000 };
  const desktop = { pid: 43, comm: "desktop", rssKib: 420_000, startMs: 1000 };
  const sys = new FakeSys().add(leak, desktop);
  sys.machine = ({ atMs }) => {
    const tookKib = Math.min(220_000, Math.max(0, atMs - 4000) * 40);
    sys.change(42, { anonKib: 1000 + tookKib });
    const swapTotalKib = atMs < 20_000 ? 2 * GIB : 0;
    const takenKib = (sys.isAlive(42) ? tookKib : 0) + (sys.isAlive(43) ? 420_000 : 0);
    return {
      totalKib: TOTAL_KIB,
      availableKib: 730_000 - takenKib,
      freeKib: 50_000,
      swapTotalKib,
      swapFreeKib: swapTotalKib,
    };
  };
  expect(watch(sys, 30_000).signals).toEqual([expect.stringMatching(/^20\d{3}ms SIGTERM 42$/)]);
});
