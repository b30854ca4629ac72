import { expect, test } from "bun:test";
import type { Sample } from "../../scripts/soak/run.ts";
import { KILLING, LOOKING, whatGrew } from "../../scripts/soak/verdict.ts";

const SMALL: Sample = {
  ticks: 0,
  selections: 0,
  rssKib: 4000,
  anonymousKib: 2000,
  threads: 1,
  descriptors: 11,
};

/** Four quarters of two samples each, with this in the last but one of all. */
function course(last: Partial<Sample>): readonly Sample[] {
  return [...Array.from({ length: 6 }, () => SMALL), { ...SMALL, ...last }, SMALL];
}

test.each([
  [{}, []],
  [{ rssKib: 4400 }, []],
  [{ rssKib: 4401 }, ["rssKib grew from 4000 in the second quarter to 4401 in the last"]],
  [{ descriptors: 12 }, ["descriptors grew from 11 in the second quarter to 12 in the last"]],
  [{ threads: 2 }, ["threads grew from 1 in the second quarter to 2 in the last"]],
])("%p after a steady course: %p", (last, sentences) => {
  expect(whatGrew(course(last), LOOKING)).toEqual(sentences);
});

test("what was large in the first quarter is the warm-up, and excuses nothing", () => {
  const warm = { ...SMALL, rssKib: 9000 };
  expect(whatGrew([warm, warm, ...course({ rssKib: 5000 }).slice(2)], LOOKING)).toHaveLength(1);
});

test("three samples tell nothing", () => {
  expect(whatGrew([SMALL, SMALL, SMALL], LOOKING)).toEqual([
    "too few samples to tell whether it grows",
  ]);
});

/** A daemon that kills, with this in the last so many samples. */
function killing(last: Partial<Record<"descriptors" | "rssKib", number>>, samples: number) {
  const calm = { rssKib: 30_000, anonymousKib: 11_000, threads: 1, descriptors: 12, mappings: 51 };
  return Array.from({ length: 8 }, (_, i) => (i >= 8 - samples ? { ...calm, ...last } : calm));
}

test("while it kills, descriptors come and go; they may not stay", () => {
  expect(whatGrew(killing({ descriptors: 13 }, 1), KILLING)).toEqual([]);
  expect(whatGrew(killing({ descriptors: 13 }, 2), KILLING)).toEqual([
    "descriptors grew from 12 in the second quarter to 13 in the last",
  ]);
  expect(whatGrew(killing({ rssKib: 31_201 }, 1), KILLING)).toHaveLength(1);
});
