import { expect, test } from "bun:test";
import { emptySizes, type Sizes } from "../../src/model/sizes.ts";
import { carriedKib } from "../../src/watch/carried.ts";

/** Sizes of pid 42, or of nobody, at this time. */
function sizes(atMs: number, ownKib: number | null): Sizes {
  const noted = { ...emptySizes(1), atMs, count: ownKib === null ? 0 : 1 };
  noted.pids[0] = 42;
  noted.ownKib[0] = ownKib ?? 0;
  return noted;
}

test.each([
  ["goes on at its pace", 1000, 9000, 10_000, 1000],
  ["goes on at half of its pace", 1000, 9550, 10_000, 1000],
  ["goes on more slowly", 1000, 9560, 10_000, 10_000],
  ["rests", 1000, 10_000, 10_000, 10_000],
  ["gave back what it took", 1000, 9000, 1000, 1000],
  ["has less than before", 10_000, 1000, 2000, 2000],
  ["took too little to be worth the name", 9900, 9990, 10_000, 10_000],
  ["was not there at the base", null, 9000, 10_000, 10_000],
  ["was not there of late", 1000, null, 10_000, 10_000],
  ["could not be read at the base", -1, 9000, 10_000, 10_000],
])("who %s", (_what, baseKib, recentKib, nowKib, kib) => {
  const known = {
    base: sizes(0, baseKib),
    sinceMs: 0,
    recent: sizes(90_000, recentKib),
    leastKib: 100,
  };
  expect(carriedKib(known, sizes(100_000, nowKib), 0)).toBe(kib);
});
