import { describe, expect, test } from "bun:test";
import { emptyFaults, faultsNow, noteFaults, noteWhose } from "../../src/crisis/faults.ts";
import { FAULTS_MS } from "../../src/model/limits.ts";
import type { Process } from "../../src/model/process.ts";
import { selectVictims } from "../../src/policy/victim.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aContext, aLoss, aProcess, aReading } from "../helpers/nouns.ts";

const GIB = 1024 * 1024;
const took = { sizeKib: GIB, grownKib: GIB, latelyKib: GIB, rssKib: GIB };

/** The share of the one who took most, when these had so many faults from one scan to the next. */
function shareOf(
  own: readonly [number, number],
  all: readonly [number, number],
  laterMs: number,
  pageKib = 4,
  { scanMs = 0, readBack = 0 } = {},
) {
  const seen = emptyFaults();
  const first = aReading({ atMs: 5000, majorFaults: all[0] });
  noteFaults(seen, [aProcess(42, { ...took, majorFaults: own[0] }), aProcess(43)], first, 0);
  const reading = aReading({ atMs: 5000 + laterMs, majorFaults: all[1], refaults: readBack });
  const processes = [aProcess(42, { ...took, majorFaults: own[1] }), aProcess(43)];
  const sys = Object.assign(new FakeSys(), { pageKib });
  const faults = faultsNow(sys, { faults: seen, scanMs }, processes, reading);
  return selectVictims(processes, aContext({ faults, loss: aLoss(GIB) })).taker?.faultShare;
}

test("who has which part of all major faults is known from one scan to the next", () => {
  expect(shareOf([90_000, 90_600], [100_000, 101_000], FAULTS_MS)).toBeCloseTo(0.6, 6);
  expect(shareOf([90_000, 90_000], [100_000, 101_000], FAULTS_MS)).toBe(0);
  expect(shareOf([90_000, 92_000], [100_000, 101_000], FAULTS_MS)).toBe(1);
  expect(shareOf([0, 0], [0, 0], FAULTS_MS)).toBe(0);
  // A page of 64 KiB is 16 units of 4 KiB.
  expect(shareOf([0, 600], [0, 16_000], FAULTS_MS, 64)).toBeCloseTo(0.6, 6);
});

test("and neither from a scan of a moment ago nor from an old one", () => {
  for (const laterMs of [0, FAULTS_MS / 2 - 1, FAULTS_MS * 5 + 1, 900_000]) {
    expect(shareOf([0, 600], [0, 1000], laterMs)).toBe(-1);
  }
});

test("but from one of long ago where a scan takes that long", () => {
  const later = FAULTS_MS * 8;
  expect(shareOf([0, 600], [0, 1000], later, 4, { scanMs: FAULTS_MS * 2 })).toBe(-1);
  expect(shareOf([0, 600], [0, 1000], later, 4, { scanMs: FAULTS_MS * 3 })).toBeCloseTo(0.6, 6);
});

test("few faults, in all or for what was read back, tell nothing of who waits", () => {
  expect(shareOf([0, 15], [0, 15], FAULTS_MS)).toBe(0);
  expect(shareOf([0, 16], [0, 16], FAULTS_MS)).toBe(1);
  expect(shareOf([0, 100], [0, 100], FAULTS_MS, 4, { readBack: 3300 })).toBe(0);
  expect(shareOf([0, 100], [0, 100], FAULTS_MS, 4, { readBack: 3200 })).toBe(1);
});

test("who was not there at the scan before had none that are known", () => {
  const seen = emptyFaults();
  noteFaults(seen, [aProcess(43)], aReading({ atMs: 5000 }), 0);
  const born = aProcess(42, { ...took, majorFaults: 900 });
  const later = aReading({ atMs: 6000, majorFaults: 1000 });
  const faults = faultsNow(new FakeSys(), { faults: seen, scanMs: 0 }, [born], later);
  const { taker } = selectVictims([born, aProcess(43)], aContext({ faults, loss: aLoss(GIB) }));
  expect(taker?.faultShare).toBe(0);
});

test("what one scan saw is kept until the next one could use it", () => {
  const seen = emptyFaults();
  noteFaults(seen, [aProcess(42, { majorFaults: 5 })], aReading({ atMs: 5000 }), 0);
  noteFaults(seen, [aProcess(42, { majorFaults: 9 })], aReading({ atMs: 5000 + FAULTS_MS - 1 }), 0);
  expect(seen.before.get(42)?.majorFaults).toBe(5);
  noteFaults(seen, [aProcess(42, { majorFaults: 9 })], aReading({ atMs: 5000 + FAULTS_MS }), 0);
  expect(seen.before.get(42)?.majorFaults).toBe(9);
});

describe("how fast somebody takes now, of its mean since memory was comfortable", () => {
  const FIRST = aReading({ atMs: 5000, availableKib: GIB, swapFreeKib: 0 });
  const SECOND = aReading({ atMs: 6000, availableKib: GIB - 1024, swapFreeKib: 0 });
  /** 42 took 1 GiB in 100 s, and had this before the last second. */
  function paceAfter(before: Partial<Process>, now: Partial<Process> = {}, first = FIRST): number {
    const seen = emptyFaults();
    const one = { ...took, startMs: 0 };
    noteFaults(seen, [aProcess(42, { ...one, ...before })], first, 50_000);
    const processes = [aProcess(42, { ...one, ...now })];
    const faults = faultsNow(new FakeSys(), { faults: seen, scanMs: 0 }, processes, SECOND);
    const loss = aLoss(GIB, { sinceMs: 100_000 });
    return selectVictims(processes, aContext({ faults, loss })).taker?.pace ?? NaN;
  }

  test("is that of what it has of its own", () => {
    expect(paceAfter({})).toBe(0);
    expect(paceAfter({ sizeKib: GIB - GIB / 100 })).toBeCloseTo(1, 2);
  });

  test("counts no more of shared memory than was lost: the rest was only swapped in again", () => {
    const grown = { shmemGrownKib: GIB / 100 };
    expect(paceAfter({}, grown)).toBeCloseTo(0.1, 1);
    expect(paceAfter({}, grown, { ...FIRST, availableKib: GIB * 2 })).toBeCloseTo(1, 1);
  });

  test("is none of who was only not looked at before, and all of who was started since", () => {
    expect(paceAfter({ pid: 43 })).toBe(0);
    expect(paceAfter({ pid: 43 }, { startMs: 50_001 })).toBeGreaterThan(1);
  });
});

test("where most faults were of others than the largest, all are looked at, once in vain", () => {
  const seen = emptyFaults();
  const faultsOf = (areAll: boolean, atMs: number) => {
    noteFaults(seen, [aProcess(42)], aReading({ atMs }), 0);
    const later = aReading({ atMs: atMs + 1000, majorFaults: 1000 });
    const faults = faultsNow(new FakeSys(), { faults: seen, scanMs: 0 }, [aProcess(42)], later);
    if (faults !== null) {
      noteWhose(seen, faults, areAll);
    }
    return seen.whose;
  };
  const [largest, all, again] = [
    faultsOf(false, 5000),
    faultsOf(true, 9000),
    faultsOf(false, 12e3),
  ];
  expect([largest, all, again]).toEqual(["others", "nobody", "nobody"]);
});
