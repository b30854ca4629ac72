import { describe, expect, test } from "bun:test";
import { emptySizes, type Sizes } from "../../src/model/sizes.ts";
import { type Plan, scan } from "../../src/readings/processes.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aPlan } from "../helpers/nouns.ts";

/** Before the paper clock starts. */
const OLD = 500_000;

/** Sizes of these processes, KiB, by pid in order, as they are noted now. */
function noted(sys: FakeSys, ownKib: Readonly<Record<number, number>>): Sizes {
  const pids = Object.keys(ownKib);
  const sizes = emptySizes(pids.length);
  sizes.pids.set(pids.map(Number));
  sizes.ownKib.set(Object.values(ownKib));
  return { ...sizes, count: pids.length, bootMs: sys.bootMs() };
}

function scanned(sys: FakeSys, changes: Partial<Plan>) {
  const { processes } = scan(sys, aPlan({ ...changes }));
  return new Map(processes.map((process) => [process.pid, process]));
}

describe("who takes the place of those who are gone", () => {
  const bornMs = 1_000_500;

  /** Two of three workers were replaced, by larger ones; an old one leaks beside. */
  function replaced() {
    const worker = { startMs: OLD, anonKib: 200_000 };
    const sys = new FakeSys();
    for (const pid of [20, 21, 22]) {
      sys.add({ pid, ...worker });
    }
    sys.add({ pid: 10, startMs: OLD, anonKib: 100_000 });
    const base = noted(sys, { 10: 100_000, 20: 200_000, 21: 200_000, 22: 200_000 });
    sys.atMs += 1000;
    sys.change(20, { endsAtMs: 500 });
    sys.change(10, { anonKib: 600_000 });
    // One of them has the pid of one who is gone.
    sys.add({ pid: 21, startMs: bornMs, anonKib: 250_000 });
    sys.add({ pid: 30, startMs: bornMs, anonKib: 250_000 });
    return { sys, base };
  }

  test("took only what they have more, and nobody else took less for that", () => {
    const { base, sys } = replaced();
    const found = scanned(sys, { base, lostKib: 600_000 });
    expect([10, 21, 22, 30].map((pid) => found.get(pid)?.grownKib)).toEqual([
      500_000, 50_000, 0, 50_000,
    ]);
  });

  test("took all of it as far as that was lost", () => {
    const { base, sys } = replaced();
    const found = scanned(sys, { base, lostKib: 900_000 });
    expect([10, 21, 30].map((pid) => found.get(pid)?.grownKib)).toEqual([
      500_000, 200_000, 200_000,
    ]);
  });

  test("took it of late by the same rule", () => {
    const { base, sys } = replaced();
    const recent = noted(sys, { 10: 600_000, 21: 250_000, 22: 200_000, 30: 250_000 });
    sys.atMs += 1000;
    sys.change(30, { endsAtMs: sys.atMs });
    sys.change(21, { anonKib: 400_000 });
    sys.add({ pid: 31, startMs: bornMs + 1000, anonKib: 250_000 });
    const found = scanned(sys, { base, recent, lostKib: 2 ** 30, latelyLostKib: 200_000 });
    expect([10, 21, 31].map((pid) => found.get(pid)?.latelyKib)).toEqual([0, 75_000, 125_000]);
  });

  test("took all that it has where they are only not read", () => {
    const { base, sys } = replaced();
    for (let pid = 1000; pid < 1100; pid++) {
      sys.add({ pid, startMs: OLD, anonKib: 400 });
    }
    const found = scanned(sys, { base, extent: "largest", lostKib: 1_000_000 });
    expect(found.get(30)?.grownKib).toBe(250_000);
  });
});
