import { describe, expect, test } from "bun:test";
import type { Reading } from "../../src/model/reading.ts";
import { type Course, emptyCourse, noteRelief, remember } from "../../src/policy/course.ts";
import {
  isAllComingBack,
  leastRefilledPercent,
  returnedTimes,
  swappedInPercent,
} from "../../src/policy/returned.ts";
import { aReading } from "../helpers/nouns.ts";

describe("programs that come back from swap", () => {
  /** So much was in swap 9 s ago, and is now, KiB; half of what was read back came from there. */
  function isComing(wasKib: number, isKib: number, changes: Partial<Reading> = {}) {
    const course = emptyCourse();
    const own = { totalKib: 1e6, machineKib: 2e6, availableKib: 80_000, freeKib: 80_000 };
    const before = aReading({ ...own, swapTotalKib: 1e6, swapFreeKib: 1e6 - wasKib, ...changes });
    remember(course, before);
    const swapFreeKib = Math.min(before.swapTotalKib, 1e6 - isKib);
    const now = { ...before, atMs: before.atMs + 9000, swapFreeKib };
    now.swapIns += 1000;
    now.refaults += 2000;
    now.evicted += 2000;
    remember(course, now);
    return isAllComingBack(course, now, 9000);
  }

  test("are so where the rest fits, and is back within a minute", () => {
    expect(isComing(90_000, 70_000)).toBe(true);
    expect(isComing(100_000, 81_000)).toBe(false);
    expect(isComing(80_000, 70_000)).toBe(false);
    expect(isComing(70_000, 70_000)).toBe(false);
    expect(isComing(100_000, 84_000, { swapCachedKib: 20_000 })).toBe(true);
  });

  test("are unknown in a container: the counters are the machine's", () => {
    expect(isComing(90_000, 70_000, { machineKib: 16e6 })).toBe(false);
    expect(isComing(0, 0, { machineKib: 16e6, swapTotalKib: 0 })).toBe(false);
  });
});

describe("what is evicted and read back", () => {
  /** A second in which so many pages were evicted and came back, and so many more are free. */
  function moved(evicted: number, refaults: number, freed = 0): Course {
    const course = emptyCourse();
    const freeKib = 1e6;
    remember(course, aReading({ evicted: 1e6, refaults: 2e6, freeKib }));
    const later = {
      evicted: 1e6 + evicted,
      refaults: 2e6 + refaults,
      freeKib: freeKib + 4 * freed,
    };
    remember(course, aReading({ atMs: 1000, ...later }));
    return course;
  }
  const refilled = (course: Course) => leastRefilledPercent(course, 1000, 1000);

  test("takes free memory of a container for no news of the machine's", () => {
    const course = emptyCourse();
    const ofContainer = { totalKib: 1e6, machineKib: 8e6, evicted: 0, refaults: 0, freeKib: 1e5 };
    remember(course, aReading(ofContainer));
    const later = { atMs: 1000, evicted: 1000, refaults: 400, freeKib: 102_400 };
    remember(course, aReading({ ...ofContainer, ...later }));
    expect(refilled(course)).toBe(40);
  });

  test("is unknown of what was before a kill", () => {
    const course = moved(1000, 500);
    noteRelief(course, 1000, false);
    expect([refilled(course), returnedTimes(course, 1000)]).toEqual([-1, Infinity]);
    remember(course, aReading({ atMs: 2000, evicted: 2e6, refaults: 4e6 }));
    expect(refilled(course)).toBeGreaterThan(-1);
  });

  test.each([
    [1000, 0, 0, 0],
    [1000, 500, 0, 50],
    [1000, 1000, 0, 100],
    [0, 0, 0, -1],
    // What is evicted and not filled yet; what was free before.
    [1000, 400, 600, 100],
    [1000, 400, 500, 80],
    [1000, 400, -600, 25],
    [0, 0, -100, 0],
    [0, 7, -7, 100],
    // What somebody gave back besides.
    [1000, 1100, 0, 1100 / 12],
    [1000, 400, 700, 80],
    [1000, 100, 2500, 100 / 17],
    [0, 7, 0, 50],
  ])("of %d pages %d, with %d more free: %d %%", (evicted, refaults, freed, percent) => {
    expect(refilled(moved(evicted, refaults, freed))).toBeCloseTo(percent, 9);
  });

  test("counts what is read back from swap where that is no refault, as with MGLRU", () => {
    const course = emptyCourse();
    remember(course, aReading({ evicted: 1e6, refaults: 2e6, swapIns: 3e6 }));
    const later = { atMs: 1000, evicted: 1e6 + 1000, refaults: 2e6 + 50, swapIns: 3e6 + 900 };
    remember(course, aReading(later));
    expect(refilled(course)).toBeCloseTo(90, 9);
    expect(swappedInPercent(course, 1000)).toBe(100);
    expect(returnedTimes(course, 1000)).toBeCloseTo(0.9, 9);
  });

  test("is unknown of a time in which nobody looked", () => {
    expect(leastRefilledPercent(moved(1000, 500), 2000, 1001)).toBe(-1);
    expect(returnedTimes(moved(1000, 500), 1001)).toBe(Infinity);
  });
});
