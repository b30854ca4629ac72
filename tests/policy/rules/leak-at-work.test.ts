import { describe, expect, test } from "bun:test";
import * as limits from "../../../src/model/limits.ts";
import { leftKib, type Reading } from "../../../src/model/reading.ts";
import type { Taker } from "../../../src/model/selection.ts";
import { reallyLeftKib } from "../../../src/policy/really-left.ts";
import { confirm } from "../../../src/policy/rules.ts";
import { expectedKib } from "../../../src/policy/rules/leak.ts";
import {
  after,
  aTaker,
  judged,
  LEAKING,
  type Looked,
  type Past,
  viewOf,
} from "../../helpers/looked.ts";
import { aSelection } from "../../helpers/nouns.ts";

/** Whether the suspicion of a leak holds once it is known who took what. */
function isLeak(looked: Looked, taker: Taker): boolean {
  const verdict = judged(looked);
  return (
    verdict.kind === "act" &&
    confirm(verdict, aSelection([], { taker }), viewOf(looked)).kind === "act"
  );
}

describe("time is given to those at work", () => {
  const before = { memPercent: 10.01, stall: 0, kibPerS: 500 };
  const past: Past = { ...LEAKING, memPercent: 10, kibPerS: 500 };

  /** Whether several that took so many times what is left get it, after 30 s of stalls. */
  function isWaitedFor(times: number, lastsMs: number, changes: Partial<Reading> = {}) {
    const { course, reading } = after(past, after(before));
    Object.assign(reading, changes);
    const left = reallyLeftKib(course, reading);
    course.troubleStallUs = reading.someTotalUs - 30e6;
    course.troubleFullUs = reading.fullTotalUs;
    course.ownRateKibPerS = (1000 * leftKib(reading)) / lastsMs;
    return !isLeak({ course, reading }, aTaker(times * left, { count: 8 }));
  }

  test("only where it is known how fast memory went before it was low", () => {
    expect([isWaitedFor(2.1, 60_000), isWaitedFor(2.1, Infinity)]).toEqual([true, false]);
  });

  test("only as long as that lasts which zram really has left", () => {
    const stored = { compressedKib: 562_500 };
    expect([isWaitedFor(2.1, 20_000), isWaitedFor(2.1, 20_000, stored)]).toEqual([true, false]);
    expect(isWaitedFor(2.1, 20_000, { ...stored, isSwapOnDisk: true })).toBe(true);
  });

  test("no longer than a fifth of the time in which any waited, if all never do at once", () => {
    const { course, reading } = after(past, after(before));
    course.troubleFullUs = reading.fullTotalUs;
    course.ownRateKibPerS = leftKib(reading) / 60;
    const isLeakAfter = (stallMs: number) => {
      course.troubleStallUs = reading.someTotalUs - 1000 * stallMs;
      return isLeak({ course, reading }, aTaker(1.05 * leftKib(reading), { count: 8 }));
    };
    const endMs = limits.WORK_PATIENCE[2][0] / limits.LEAST_FULL_SHARE;
    expect([isLeakAfter(endMs - 4000), isLeakAfter(endMs)]).toEqual([false, true]);
  });
});

test("those at work are warned of after a share of the time in which all waited", () => {
  const past = { ...LEAKING, memPercent: 10, kibPerS: 500 };
  const { course, reading } = after(past, after({ memPercent: 10.01, stall: 0, kibPerS: 500 }));
  course.ownRateKibPerS = leftKib(reading) / 60;
  course.troubleStallUs = reading.someTotalUs - 60e6;
  const timesAfter = (fullStallMs: number) => {
    course.troubleFullUs = reading.fullTotalUs - 1000 * fullStallMs;
    const evidence = { stallMs: 0, share: limits.NEAR_SHARE };
    const taker = aTaker(1000, { count: 8 });
    return 1000 / expectedKib(taker, viewOf({ course, reading }), evidence);
  };
  const [endMs, times] = limits.WORK_PATIENCE[2];
  expect(timesAfter(endMs * limits.NEAR_SHARE)).toBeCloseTo(times, 6);
  expect(timesAfter(endMs * limits.NEAR_SHARE - 1000)).toBeGreaterThan(times + 0.1);
});

test("what lies on processors' own lists is not yet taken again of what one gave back", () => {
  const fast = { memPercent: 30, stall: 0, kibPerS: 100_000 };
  const looked = after({ ...LEAKING, kibPerS: 500, forMs: 1000 }, after(fast));
  const isLeakWith = (perCpuKib: number) => {
    looked.reading.perCpuKib = perCpuKib;
    const group = { count: 8, struckKib: leftKib(looked.reading) + 5000 };
    return isLeak(looked, aTaker(leftKib(looked.reading), group));
  };
  expect([isLeakWith(5000), isLeakWith(5001)]).toEqual([true, false]);
});

test("after one of several is killed, the others have time as before, but not a storm's", () => {
  const slow = after({ memPercent: 10.01, stall: 0, kibPerS: 500 });
  const looked = after({ ...LEAKING, memPercent: 10, kibPerS: 500, forMs: 1000 }, slow);
  looked.course.ownRateKibPerS = leftKib(looked.reading) / 60;
  const isLeakOf = (isStorm: boolean) => {
    const group = { count: 8, isStorm, struckKib: leftKib(looked.reading) + 5000 };
    return isLeak(looked, aTaker(leftKib(looked.reading), group));
  };
  expect([isLeakOf(false), isLeakOf(true)]).toEqual([false, true]);
});

describe("several that go on as fast as ever", () => {
  const before = { memPercent: 10.01, stall: 0, kibPerS: 60_000 };
  const { course, reading } = after(
    { ...LEAKING, memPercent: 10, kibPerS: 60_000, forMs: 3000 },
    after(before),
  );
  /** What is left lasts for 5 s: nobody is waited for because of work. */
  const ownRateKibPerS = leftKib(reading) / 5;

  /** What such takers are expected to take, of what is left. */
  function expectedTimes(tookMs: number, stallMs: number, changes: Partial<Taker> = {}, share = 1) {
    Object.assign(course, { ownRateKibPerS, suspectBusyShare: 1 });
    course.troubleStallUs = reading.someTotalUs - 1000 * stallMs;
    const taker = aTaker((ownRateKibPerS * tookMs) / 1000, { count: 8, ...changes });
    const kib = expectedKib(taker, viewOf({ course, reading }), { stallMs: 0, share });
    return kib / taker.tookKib;
  }
  const surely = 1 / limits.STEADY_TIMES;

  test("are steady after 8 s of stalls, however busy one was who was suspected before", () => {
    const { BUSY_STEADY_MS, STEADY_GROUP_STALL_MS, STEADY_MS } = limits;
    expect(expectedTimes(STEADY_MS, STEADY_GROUP_STALL_MS)).toBeCloseTo(surely, 6);
    expect(expectedTimes(STEADY_MS, STEADY_GROUP_STALL_MS - 1)).toBeLessThan(surely / 2);
    expect(expectedTimes(STEADY_MS - 1, STEADY_GROUP_STALL_MS)).toBeLessThan(surely / 2);
    expect(expectedTimes(STEADY_MS, 1000, { count: 1 })).toBeLessThan(surely / 2);
    expect(expectedTimes(BUSY_STEADY_MS, 1000, { count: 1 })).toBeCloseTo(surely, 6);
  });

  test("are warned of after a share of those times", () => {
    const share = limits.NEAR_SHARE;
    const [tookMs, stallMs] = [limits.STEADY_MS * share, limits.STEADY_GROUP_STALL_MS * share];
    expect(expectedTimes(tookMs + 1, stallMs + 1, {}, share)).toBeCloseTo(surely, 6);
    expect(expectedTimes(tookMs + 1, stallMs - 1, {}, share)).toBeLessThan(surely / 2);
    expect(expectedTimes(tookMs - 1, stallMs + 1, {}, share)).toBeLessThan(surely / 2);
  });
});
