import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  beginAnew,
  type Course,
  emptyCourse,
  fullStallPercent,
  leastStallPercent,
  lossKibPerS,
  movedKib,
  noteRelief,
  refaultsPerS,
  remember,
  stallPercent,
  swapInsPerS,
} from "../../src/policy/course.ts";
import { awaitsMachine, isMachines } from "../../src/policy/reclaim.ts";
import { aReading } from "../helpers/nouns.ts";

/** A course of looks at these times; each counter has grown by its rate since 0 ms. */
function steady(
  times: readonly number[],
  rates: { readonly stallUs?: number; readonly refaults?: number; readonly swapIns?: number },
): Course {
  const course = emptyCourse();
  for (const atMs of times) {
    remember(
      course,
      aReading({
        atMs,
        someTotalUs: (atMs * (rates.stallUs ?? 0)) / 1000,
        refaults: (atMs * (rates.refaults ?? 0)) / 1000,
        swapIns: (atMs * (rates.swapIns ?? 0)) / 1000,
      }),
    );
  }
  return course;
}

const ALL = [stallPercent, fullStallPercent, refaultsPerS, swapInsPerS, lossKibPerS] as const;

function every(stepMs: number, untilMs: number, fromMs = 0): number[] {
  const steps = Math.floor((untilMs - fromMs) / stepMs) + 1;
  return Array.from({ length: steps }, (_item, i) => fromMs + i * stepMs);
}

describe("a window", () => {
  test("is unknown before there was a look that long ago", () => {
    for (const rate of ALL) {
      expect(rate(emptyCourse(), 1000)).toBe(-1);
      expect(rate(steady([0], {}), 1000)).toBe(-1);
      expect(rate(steady([0, 999], {}), 1000)).toBe(-1);
      expect(rate(steady([0, 1000], {}), 1000)).toBe(0);
    }
  });

  test("is known for 9 s where each turn looks twice and more", () => {
    const twice = every(20, 20_000).flatMap((ms) => [ms, ms + 0.5, ms + 2]);
    for (const rate of ALL) {
      expect(rate(steady(twice, {}), 9000)).toBe(0);
    }
  });

  test("counts what its own time brought, in percent and per second", () => {
    const course = steady(every(20, 3000), { stallUs: 250_000, refaults: 500, swapIns: 70 });
    for (const windowMs of [500, 1000, 3000]) {
      expect(stallPercent(course, windowMs)).toBeCloseTo(25, 9);
      expect(refaultsPerS(course, windowMs)).toBeCloseTo(500, 9);
      expect(swapInsPerS(course, windowMs)).toBeCloseTo(70, 9);
    }
  });

  test("forgets old news: a stall that is over leaves the short window first", () => {
    const course = emptyCourse();
    for (const atMs of every(100, 3000)) {
      remember(course, aReading({ atMs, someTotalUs: 1000 * Math.min(atMs, 2000) }));
    }
    expect(stallPercent(course, 500)).toBe(0);
    expect(stallPercent(course, 2000)).toBeCloseTo(50, 9);
  });

  test("has a least stalled slice, which one quiet second decides", () => {
    const course = emptyCourse();
    const stalledMs = (atMs: number) => Math.min(atMs, 3000) + Math.max(0, atMs - 4000) / 2;
    for (const atMs of every(100, 6000)) {
      remember(course, aReading({ atMs, someTotalUs: 1000 * stalledMs(atMs) }));
    }
    const least = [2000, 3000, 7000].map((ms) => leastStallPercent(course, ms, 1000));
    expect(least).toEqual([50, 0, -1]);
    const rare = steady([0, 3000], { stallUs: 300_000 });
    expect(leastStallPercent(rare, 2000, 1000)).toBeCloseTo(30, 9);
  });

  test("with looks far apart is as long as it takes to reach one, and no look counts twice", () => {
    const course = steady([0, 10_000], { stallUs: 300_000 });
    expect(stallPercent(course, 500)).toBeCloseTo(30, 9);
  });

  test("a counter that went back stands still", () => {
    const course = emptyCourse();
    remember(course, aReading({ atMs: 0, someTotalUs: 9e9, refaults: 9e9, swapIns: 9e9 }));
    remember(course, aReading({ atMs: 1000 }));
    for (const rate of ALL) {
      expect(rate(course, 1000)).toBe(0);
    }
  });

  test("of no time at all says nothing", () => {
    const course = steady([5, 5], {});
    for (const rate of ALL) {
      expect(rate(course, 0)).toBe(-1);
    }
  });
});

describe("what is left of memory", () => {
  test("shrinks by both available memory and free swap", () => {
    const course = emptyCourse();
    const swapTotalKib = 2_000_000;
    remember(course, aReading({ availableKib: 500_000, swapTotalKib, swapFreeKib: 900_000 }));
    remember(
      course,
      aReading({ atMs: 2000, availableKib: 450_000, swapTotalKib, swapFreeKib: 750_000 }),
    );
    expect(lossKibPerS(course, 1000)).toBe(100_000);
  });

  test("that grows does not shrink", () => {
    const course = emptyCourse();
    remember(course, aReading({ availableKib: 1 }));
    remember(course, aReading({ atMs: 1000, availableKib: 500_000 }));
    expect(lossKibPerS(course, 1000)).toBe(0);
  });
});

describe("memory of looks", () => {
  test("begun anew, no window reaches back before", () => {
    const course = steady(every(20, 3000), { stallUs: 1_000_000 });
    beginAnew(course, 3010);
    expect(stallPercent(course, 500)).toBe(-1);
    remember(course, aReading({ atMs: 3020, someTotalUs: 3_020_000 }));
    expect(stallPercent(course, 500)).toBe(-1);
    remember(course, aReading({ atMs: 3520, someTotalUs: 3_020_000 }));
    expect(stallPercent(course, 500)).toBe(0);
    expect(stallPercent(course, 501)).toBe(-1);
  });

  test("reaches at least 10 s back at a look each 20 ms, and not without end", () => {
    const course = steady(every(20, 60_000), { stallUs: 400_000 });
    expect(stallPercent(course, 10_000)).toBeCloseTo(40, 9);
    expect(stallPercent(course, 30_000)).toBe(-1);
  });

  test("wraps around as often as it likes: the same as one that remembers everything", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 10, max: 500 }), fc.integer({ min: 0, max: 500 })), {
          minLength: 500,
          maxLength: 1600,
        }),
        fc.integer({ min: 1, max: 8000 }),
        (steps, windowMs) => {
          const course = emptyCourse();
          const looks: { readonly atMs: number; readonly stallMs: number }[] = [];
          let [atMs, stallMs] = [0, 0];
          for (const [elapsedMs, stalled] of steps) {
            atMs += elapsedMs;
            stallMs += Math.min(elapsedMs, stalled);
            looks.push({ atMs, stallMs });
            remember(course, aReading({ atMs, someTotalUs: stallMs * 1000 }));
          }
          const before = looks.findLast((look) => look.atMs <= atMs - windowMs);
          const known = before !== undefined && looks.length - looks.indexOf(before) <= 500;
          fc.pre(known);
          const percent = (100 * (stallMs - (before?.stallMs ?? 0))) / (atMs - (before?.atMs ?? 0));
          expect(stallPercent(course, windowMs)).toBeCloseTo(percent, 6);
        },
      ),
      { numRuns: 100 },
    );
  });
});

test.each([
  ["nothing of it moves: a cgroup at its own limit", {}, false],
  ["pages are evicted", { evicted: 1 }, true],
  ["somebody had to free memory", { allocStalls: 1 }, true],
  ["much is read back", { refaults: 9e6 }, false],
])("reclaim is the machine's own affair when %s: %p", (_what, changes, expected) => {
  const course = emptyCourse();
  remember(course, aReading({ someTotalUs: 0 }));
  remember(course, aReading({ atMs: 2000, someTotalUs: 2e6, ...changes }));
  expect(isMachines(course)).toBe(expected);
});

test("the machine's own reclaim is seen soon after a kill, and where looks are rare", () => {
  const course = steady(every(100, 5000), {});
  noteRelief(course, 5000, false);
  remember(course, aReading({ atMs: 5001 }));
  expect(isMachines(course)).toBe(false);
  remember(course, aReading({ atMs: 5100, evicted: 1 }));
  expect(isMachines(course)).toBe(true);
  const rare = emptyCourse();
  remember(rare, aReading({ atMs: 0 }));
  remember(rare, aReading({ atMs: 9000, allocStalls: 1 }));
  expect(isMachines(rare)).toBe(true);
});

test("what is left moves up or down", () => {
  for (const [before, after] of [
    [500_000, 700_000],
    [700_000, 500_000],
  ] as const) {
    const course = emptyCourse();
    remember(course, aReading({ availableKib: before }));
    expect(movedKib(course, 1000)).toBe(-1);
    remember(course, aReading({ atMs: 1000, availableKib: after }));
    expect(movedKib(course, 1000)).toBe(200_000);
  }
});

test.each([
  ["nobody: one sleeps at the limit of its cgroup", { evicted: 1e6, refaults: 30 }, false],
  ["who reads back what is needed from a slow disk", { refaults: 90 }, true],
  ["who waits for pages from swap, or of files", { swapIns: 45, majorFaults: 95 }, true],
  ["who searches for free pages", { allocStalls: 9 }, true],
  ["who does both", { allocStalls: 5, majorFaults: 40 }, true],
])("the machine is waited for by %s", (_what, changes, expected) => {
  const course = emptyCourse();
  remember(course, aReading({ atMs: 0 }));
  expect(awaitsMachine(course, 9000)).toBe(false);
  remember(course, aReading({ atMs: 10_000, someTotalUs: 9e6, ...changes }));
  expect(awaitsMachine(course, 9000)).toBe(expected);
});
