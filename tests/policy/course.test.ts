import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  clearTrend,
  emptyTrend,
  refaultsPerS,
  remember,
  shrinkKibPerS,
  stallPercent,
  swapInsPerS,
  type Trend,
} from "../../src/policy/trend.ts";
import { aReading } from "../helpers/nouns.ts";

/** A trend of looks at these times; each counter has grown by its rate since 0 ms. */
function steady(
  times: readonly number[],
  rates: { readonly stallUs?: number; readonly refaults?: number; readonly swapIns?: number },
): Trend {
  const trend = emptyTrend();
  for (const atMs of times) {
    remember(
      trend,
      aReading({
        atMs,
        someTotalUs: (atMs * (rates.stallUs ?? 0)) / 1000,
        refaults: (atMs * (rates.refaults ?? 0)) / 1000,
        swapIns: (atMs * (rates.swapIns ?? 0)) / 1000,
      }),
    );
  }
  return trend;
}

const ALL = [stallPercent, refaultsPerS, swapInsPerS, shrinkKibPerS] as const;

function every(stepMs: number, untilMs: number, fromMs = 0): number[] {
  const steps = Math.floor((untilMs - fromMs) / stepMs) + 1;
  return Array.from({ length: steps }, (_item, i) => fromMs + i * stepMs);
}

describe("a window", () => {
  test("is unknown before there was a look that long ago", () => {
    for (const rate of ALL) {
      expect(rate(emptyTrend(), 1000)).toBe(-1);
      expect(rate(steady([0], {}), 1000)).toBe(-1);
      expect(rate(steady([0, 999], {}), 1000)).toBe(-1);
      expect(rate(steady([0, 1000], {}), 1000)).toBe(0);
    }
  });

  test("counts what its own time brought, in percent and per second", () => {
    const trend = steady(every(20, 3000), { stallUs: 250_000, refaults: 500, swapIns: 70 });
    for (const windowMs of [500, 1000, 3000]) {
      expect(stallPercent(trend, windowMs)).toBeCloseTo(25, 9);
      expect(refaultsPerS(trend, windowMs)).toBeCloseTo(500, 9);
      expect(swapInsPerS(trend, windowMs)).toBeCloseTo(70, 9);
    }
  });

  test("forgets old news: a stall that is over leaves the short window first", () => {
    const trend = emptyTrend();
    for (const atMs of every(100, 3000)) {
      remember(trend, aReading({ atMs, someTotalUs: 1000 * Math.min(atMs, 2000) }));
    }
    expect(stallPercent(trend, 500)).toBe(0);
    expect(stallPercent(trend, 2000)).toBeCloseTo(50, 9);
  });

  test("with looks far apart is as long as it takes to reach one, and no look counts twice", () => {
    const trend = steady([0, 10_000], { stallUs: 300_000 });
    expect(stallPercent(trend, 500)).toBeCloseTo(30, 9);
  });

  test("a counter that went back stands still", () => {
    const trend = emptyTrend();
    remember(trend, aReading({ atMs: 0, someTotalUs: 9e9, refaults: 9e9, swapIns: 9e9 }));
    remember(trend, aReading({ atMs: 1000 }));
    for (const rate of ALL) {
      expect(rate(trend, 1000)).toBe(0);
    }
  });

  test("of no time at all says nothing", () => {
    const trend = steady([5, 5], {});
    for (const rate of ALL) {
      expect(rate(trend, 0)).toBe(-1);
    }
  });
});

describe("what is left of memory", () => {
  test("shrinks by both available memory and free swap", () => {
    const trend = emptyTrend();
    const swapTotalKib = 2_000_000;
    remember(trend, aReading({ availableKib: 500_000, swapTotalKib, swapFreeKib: 900_000 }));
    remember(
      trend,
      aReading({ atMs: 2000, availableKib: 450_000, swapTotalKib, swapFreeKib: 750_000 }),
    );
    expect(shrinkKibPerS(trend, 1000)).toBe(100_000);
  });

  test("that grows does not shrink", () => {
    const trend = emptyTrend();
    remember(trend, aReading({ availableKib: 1 }));
    remember(trend, aReading({ atMs: 1000, availableKib: 500_000 }));
    expect(shrinkKibPerS(trend, 1000)).toBe(0);
  });
});

describe("memory of looks", () => {
  test("cleared, it knows nothing of before", () => {
    const trend = steady(every(20, 3000), { stallUs: 1_000_000 });
    clearTrend(trend);
    expect(stallPercent(trend, 500)).toBe(-1);
    remember(trend, aReading({ atMs: 3020, someTotalUs: 3_020_000 }));
    expect(stallPercent(trend, 500)).toBe(-1);
    remember(trend, aReading({ atMs: 3520, someTotalUs: 3_020_000 }));
    expect(stallPercent(trend, 500)).toBe(0);
    expect(stallPercent(trend, 501)).toBe(-1);
  });

  test("reaches at least 10 s back at a look each 20 ms, and not without end", () => {
    const trend = steady(every(20, 60_000), { stallUs: 400_000 });
    expect(stallPercent(trend, 10_000)).toBeCloseTo(40, 9);
    expect(stallPercent(trend, 30_000)).toBe(-1);
  });

  test("wraps around as often as it likes: the same as one that remembers everything", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 500 })), {
          minLength: 500,
          maxLength: 1600,
        }),
        fc.integer({ min: 1, max: 8000 }),
        (steps, windowMs) => {
          const trend = emptyTrend();
          const looks: { readonly atMs: number; readonly stallMs: number }[] = [];
          let [atMs, stallMs] = [0, 0];
          for (const [elapsedMs, stalled] of steps) {
            atMs += elapsedMs;
            stallMs += Math.min(elapsedMs, stalled);
            looks.push({ atMs, stallMs });
            remember(trend, aReading({ atMs, someTotalUs: stallMs * 1000 }));
          }
          const before = looks.findLast((look) => look.atMs <= atMs - windowMs);
          const known = before !== undefined && looks.length - looks.indexOf(before) <= 500;
          fc.pre(known);
          const percent = (100 * (stallMs - (before?.stallMs ?? 0))) / (atMs - (before?.atMs ?? 0));
          expect(stallPercent(trend, windowMs)).toBeCloseTo(percent, 6);
        },
      ),
      { numRuns: 100 },
    );
  });
});
