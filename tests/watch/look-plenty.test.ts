import { describe, expect, test } from "bun:test";
import { Depth, emptyReading } from "../../src/model/reading.ts";
import { askedOf } from "../../src/policy/pace.ts";
import { look, openMachine } from "../../src/watch/look.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { meminfoText } from "../helpers/kernel-texts.ts";
import { aReading, someOptions } from "../helpers/nouns.ts";

/** 40 % free is plenty. */
const ASKED = askedOf(someOptions(), aReading());
const GIB = 1024 * 1024;

describe("where much is free meminfo is read once a minute", () => {
  test("and no more often", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 8 * GIB, freeKib: 5 * GIB, availableKib: 7 * GIB };
    const machine = openMachine(sys);
    const into = emptyReading();
    const read = sys.readFromStart.bind(sys);
    const readAtMs: number[] = [];
    sys.readFromStart = (fd) => {
      readAtMs.push(sys.atMs);
      return read(fd);
    };
    for (sys.atMs = 0; sys.atMs <= 150_000; sys.atMs += 10_000) {
      look(sys, machine, into, ASKED);
      expect(into).toMatchObject({ depth: Depth.free, availableKib: 5 * GIB });
    }
    expect(readAtMs).toEqual([60_000, 120_000]);
  });

  test("so a container that is given its limit while it runs is seen to have one", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 64 * GIB, freeKib: 60 * GIB };
    const machine = openMachine(sys);
    const into = emptyReading();
    look(sys, machine, into, ASKED);
    const own = { totalKib: GIB, freeKib: 50_000, availableKib: 100_000, swapTotalKib: 0 };
    sys.files.set("/proc/meminfo", meminfoText({ ...emptyReading(), ...own }));
    const depths = [50_000, 60_000, 70_000].map((atMs) => {
      sys.atMs = atMs;
      look(sys, machine, into, ASKED);
      return into.depth;
    });
    expect(depths).toEqual([Depth.free, Depth.stalls, Depth.stalls]);
    expect(into).toMatchObject(own);
  });
});
