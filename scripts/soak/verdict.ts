import type { Sample } from "./run.ts";

/** Memory may differ by so much between the second and the last quarter. */
const GROWTH_PERCENT = 10;
const KINDS = ["rssKib", "anonymousKib"] as const;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** What grew, in a sentence each: the second quarter is after the warm-up, the last the result. */
export function whatGrew(samples: readonly Sample[]): string[] {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) {
    return ["too few samples to tell whether it grows"];
  }
  const second = samples.slice(quarter, 2 * quarter);
  const last = samples.slice(-quarter);
  const grown = KINDS.flatMap((kind) => {
    const before = median(second.map((sample) => sample[kind]));
    const after = median(last.map((sample) => sample[kind]));
    return after * 100 > before * (100 + GROWTH_PERCENT)
      ? [`${kind} grew from ${before} in the second quarter to ${after} in the last`]
      : [];
  });
  const before = Math.max(...second.map(({ threads }) => threads));
  const after = Math.max(...last.map(({ threads }) => threads));
  return after > before ? [...grown, `threads grew from ${before} to ${after}`] : grown;
}
