import { describe, expect, test } from "bun:test";
import type { Reading } from "../../src/model/reading.ts";
import { emptyCourse, remember } from "../../src/policy/course.ts";
import { reallyLeftKib } from "../../src/policy/really-left.ts";
import { aReading } from "../helpers/nouns.ts";

const MIB = 1024;
const AVAILABLE_KIB = 20 * MIB;

/** A machine of 1 GiB with 2 GiB of swap. */
function swappedOut(swappedKib: number, compressedKib: number, atMs = 0): Reading {
  return aReading({
    atMs,
    totalKib: 1024 * MIB,
    availableKib: AVAILABLE_KIB,
    swapTotalKib: 2048 * MIB,
    swapFreeKib: 2048 * MIB - swappedKib,
    compressedKib,
  });
}

function left(...readings: readonly Reading[]): number {
  const course = emptyCourse();
  readings.forEach((reading) => remember(course, reading));
  return reallyLeftKib(course, readings.at(-1) ?? aReading());
}

describe("what is really left", () => {
  test("is all of free swap on a disk, or where nothing was swapped out yet", () => {
    expect(left(swappedOut(600 * MIB, 0))).toBe((1448 + 20) * MIB);
    expect(left(swappedOut(0, 0))).toBe((2048 + 20) * MIB);
    expect(left(swappedOut(8, 8))).toBeGreaterThan(2060 * MIB);
  });

  test("is less by what compressed pages take of RAM", () => {
    expect(left(swappedOut(600 * MIB, 200 * MIB)) / MIB).toBeWithin(1000, 1050);
  });

  test("is next to nothing of swap, however large, where pages cannot be compressed", () => {
    expect(left(swappedOut(600 * MIB, 600 * MIB)) / MIB).toBeLessThan(200);
    const last = swappedOut(300 * MIB, 170 * MIB, 1000);
    expect(left(swappedOut(200 * MIB, 70 * MIB), last) / MIB).toBeLessThan(250);
  });

  test("is never less than what is available, nor more than with all of free swap", () => {
    for (const [swappedKib, compressedKib] of [
      [0, 500 * MIB],
      [2048 * MIB, 5000 * MIB],
      [100 * MIB, 900 * MIB],
    ] as const) {
      const earlier = swappedOut(swappedKib / 2, 0);
      const kib = left(earlier, swappedOut(swappedKib, compressedKib, 1000));
      expect(kib).toBeWithin(AVAILABLE_KIB, AVAILABLE_KIB + 2048 * MIB - swappedKib + 1);
    }
  });

  test("is all of free swap where some of it is on a disk, as with zswap", () => {
    const compressed = swappedOut(600 * MIB, 600 * MIB);
    expect(left({ ...compressed, isSwapOnDisk: true })).toBe((1448 + 20) * MIB);
  });

  test("of a container that is told no sizes is a number", () => {
    const none = { totalKib: 0, availableKib: 0, swapTotalKib: 0, swapFreeKib: 0 };
    expect(left(aReading({ ...none, compressedKib: 0 }))).toBe(0);
  });
});
