import { describe, expect, test } from "bun:test";
import * as limits from "../../src/model/limits.ts";
import { noteStepKib, type Reading } from "../../src/model/reading.ts";
import { type Course, emptyCourse, noteRelief, remember } from "../../src/policy/course.ts";
import {
  noteTrouble,
  rememberLeft,
  rememberUnmoved,
  troubleOf,
  untilBelievedMs,
} from "../../src/policy/trouble.ts";
import { aReading } from "../helpers/nouns.ts";

function every(stepMs: number, untilMs: number): number[] {
  return Array.from({ length: Math.floor(untilMs / stepMs) + 1 }, (_item, i) => i * stepMs);
}

describe("trouble", () => {
  /** Memory goes by 10 MiB a second; from 2 s on it is low, and from then on all stall. */
  function troubled(untilMs: number) {
    const course = emptyCourse();
    let reading = aReading();
    for (const atMs of every(100, untilMs)) {
      const someTotalUs = 1000 * Math.max(0, atMs - 2000);
      reading = aReading({ atMs, availableKib: 1_000_000 - 10.24 * atMs, someTotalUs });
      rememberLeft(course, reading);
      remember(course, reading);
      noteTrouble(course, reading, atMs >= 2000);
    }
    return { course, reading };
  }

  test("is none while memory is not low", () => {
    const { course, reading } = troubled(1900);
    expect(troubleOf(course, reading)).toEqual({ stallMs: 0, fullStallMs: 0, ownRateKibPerS: 0 });
  });

  test("begins when memory is low; stalls count from then on, and how fast it went is kept", () => {
    const { course, reading } = troubled(5000);
    const { ownRateKibPerS, stallMs } = troubleOf(course, reading);
    expect(stallMs).toBe(3000);
    expect(ownRateKibPerS).toBeCloseTo(10_240, 6);
  });

  /** Memory is low from 2 s on, and tasks have stalled since 1.95 s; looks are so far apart. */
  function stallAt3s(stepMs: number): number {
    const course = emptyCourse();
    let reading = aReading();
    for (const atMs of every(stepMs, 3000)) {
      reading = aReading({ atMs, someTotalUs: 1000 * Math.max(0, atMs - 1950) });
      remember(course, reading);
      noteTrouble(course, reading, atMs >= 2000);
    }
    return troubleOf(course, reading).stallMs;
  }

  test.each([
    [20, 1020],
    [50, 1050],
    [100, 1050],
    // Of a longer time nobody knows when memory became low: a tenth of a second of it counts.
    [500, 1010],
  ])("began up to a look before it was seen: looks %i ms apart", (stepMs, stallMs) => {
    expect(stallAt3s(stepMs)).toBeCloseTo(stallMs, 6);
  });

  test.each([
    [100, limits.LEAK_STALL_MS - 100],
    [1900, 100],
    [2000, 3000],
    [4999, 1],
    [8000, Infinity],
  ])("after %i ms of stall more is believed in %i ms", (stallMs, inMs) => {
    const course = emptyCourse();
    noteTrouble(course, aReading({ someTotalUs: 0 }), true);
    expect(untilBelievedMs(course, aReading({ someTotalUs: 1000 * stallMs }))).toBe(inMs);
  });

  /** Looks at a machine where tasks stall for this share, and so much is taken in a second, KiB. */
  function stalls(course: Course, untilMs: number, share: number, kibPerS: number, from: Reading) {
    let reading = from;
    for (const ms of every(100, untilMs).slice(1)) {
      const someTotalUs = from.someTotalUs + 1000 * ms * share;
      const swapFreeKib = from.swapFreeKib - (ms * kibPerS) / 1000;
      reading = { ...from, atMs: from.atMs + ms, someTotalUs, swapFreeKib };
      noteTrouble(course, reading, true);
    }
    return reading;
  }

  test("begins anew where memory is low for long, and tasks hardly stall", () => {
    const course = emptyCourse();
    const stallAfter = (untilMs: number, share: number, from = aReading()) =>
      stalls(course, untilMs, share, 1000, from);
    const stalled = stallAfter(5000, 0.9);
    expect(troubleOf(course, stalled).stallMs).toBeCloseTo(4410, 6);
    const goesOn = stallAfter(60_000, 0.06, stalled);
    expect(troubleOf(course, goesOn).stallMs).toBeCloseTo(8010, 6);
    const quiet = stallAfter(60_000, 0.01, goesOn);
    expect(troubleOf(course, quiet).stallMs).toBeLessThan(limits.QUIET_STALL_MS);
  });

  test("begins anew where tasks stall all the time, but nothing was taken for a while", () => {
    const course = emptyCourse();
    const start = aReading();
    const stepKibPerS = noteStepKib(start) / (limits.QUIET_MS / 1000);
    // How fast memory went, and who was suspected, is kept: of such a time it would tell nothing.
    noteTrouble(course, start, true);
    Object.assign(course, { ownRateKibPerS: 77, suspectPid: 42 });
    const boxed = stalls(course, 60_000, 0.9, stepKibPerS / 5, start);
    expect(troubleOf(course, boxed).stallMs).toBeLessThan(limits.QUIET_MS);
    expect([course.ownRateKibPerS, course.suspectPid]).toEqual([77, 42]);
    const slow = stalls(course, 60_000, 0.9, stepKibPerS / 3, boxed);
    expect(troubleOf(course, slow).stallMs).toBeGreaterThan(50_000);
    // What a victim gave back is taken again.
    const freed = { ...slow, swapFreeKib: start.swapFreeKib };
    noteRelief(course, slow.atMs, true);
    const again = stalls(course, 60_000, 0.9, stepKibPerS / 3, freed);
    expect(troubleOf(course, again).stallMs).toBeGreaterThan(100_000);
  });

  test("how fast memory went is known when nothing moved before, and nobody looked", () => {
    const rateAfter = (lookedMs: number) => {
      const course = emptyCourse();
      const before = aReading({ atMs: 10_000, availableKib: 500_000 });
      rememberLeft(course, { ...before, atMs: lookedMs });
      rememberUnmoved(course, before, lookedMs);
      noteTrouble(course, aReading({ atMs: 10_250, availableKib: 250_000 }), true);
      return troubleOf(course, aReading()).ownRateKibPerS;
    };
    const [lately, longAgo] = [rateAfter(9_900), rateAfter(5_000)];
    expect(lately).toBe(0);
    expect(longAgo).toBeCloseTo(250_000 / 0.45, 0);
    expect(rateAfter(8_000)).toBe(longAgo);
  });

  test("how fast memory went is unknown when nobody looked just before, or it grew", () => {
    const at = (atMs: number, availableKib: number) => aReading({ atMs, availableKib });
    const rates = [
      [at(1000, 500_000), at(9000, 400_000)],
      [at(1000, 400_000), at(1500, 500_000)],
      [at(1000, 500_000), at(1100, 400_000)],
      [at(1000, 500_000), at(1500, 400_000)],
    ].map((looks) => {
      const course = emptyCourse();
      for (const reading of looks) {
        rememberLeft(course, reading);
        noteTrouble(course, reading, reading === looks[1]);
      }
      return course.ownRateKibPerS;
    });
    expect(rates).toEqual([0, 0, 0, 200_000]);
  });

  test("knows the fastest rate of some seconds before: reclaim slows it down", () => {
    const course = emptyCourse();
    const kib = [900_000, 800_000, 700_000, 600_000, 590_000, 580_000, 570_000];
    for (const [i, availableKib] of kib.entries()) {
      const reading = aReading({ atMs: 1000 + 500 * i, availableKib, swapFreeKib: 0 });
      rememberLeft(course, reading);
      noteTrouble(course, reading, i === kib.length - 1);
    }
    expect(course.ownRateKibPerS).toBe(110_000);
  });

  test("knows it also where a look follows the other within milliseconds", () => {
    const course = emptyCourse();
    // 100 MB/s for two seconds and a half, then a fifth of that for the last half.
    const leftAfter = (ms: number) =>
      900_000 - 100 * Math.min(ms, 2500) - 20 * Math.max(0, ms - 2500);
    for (const ms of every(10, 3000)) {
      const reading = aReading({ atMs: 1000 + ms, availableKib: leftAfter(ms), swapFreeKib: 0 });
      rememberLeft(course, reading);
      noteTrouble(course, reading, ms === 3000);
    }
    expect(course.ownRateKibPerS).toBeGreaterThan(85_000);
  });

  test("goes on while others of the victim's group are left, until memory is not low", () => {
    const { course, reading } = troubled(5000);
    const { stallMs } = troubleOf(course, reading);
    noteRelief(course, 5000, true);
    expect(troubleOf(course, reading).stallMs).toBe(stallMs);
    expect(stallMs).toBeGreaterThan(0);
    noteTrouble(course, reading, false);
    expect(troubleOf(course, reading).stallMs).toBe(0);
  });

  test("is over when memory is not low any more, and when somebody was killed", () => {
    const { course, reading } = troubled(5000);
    noteTrouble(course, reading, false);
    expect(troubleOf(course, reading).stallMs).toBe(0);
    const again = troubled(5000);
    noteRelief(again.course, 5000, false);
    expect(troubleOf(again.course, again.reading).stallMs).toBe(0);
    expect(again.course.reliefAtMs).toBe(5000);
  });

  test("is known also in the first seconds after the boot, and before", () => {
    const course = emptyCourse();
    noteTrouble(course, aReading({ atMs: 0 }), true);
    expect(troubleOf(course, aReading({ atMs: 500, someTotalUs: 400_000 })).stallMs).toBe(400);
    course.troubleAtMs = -4000;
    noteTrouble(course, aReading({ atMs: 600, someTotalUs: 9e9 }), true);
    expect(course.troubleStallUs).toBe(0);
  });
});
