import type { Sample } from "./run.ts";

/** By so much the most of the last quarter may be above the most of the second one, in percent. */
const GROWTH_PERCENT = { rssKib: 10, anonymousKib: 10, threads: 0, descriptors: 0 };

/**
 * What grew, in a sentence each: the second quarter is after the warm-up, the last is the result.
 * The most of each, for the daemon is larger in a crisis than after it.
 */
export function whatGrew(samples: readonly Sample[]): string[] {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) {
    return ["too few samples to tell whether it grows"];
  }
  const second = samples.slice(quarter, 2 * quarter);
  const last = samples.slice(-quarter);
  const kinds = ["rssKib", "anonymousKib", "threads", "descriptors"] as const;
  return kinds.flatMap((kind) => {
    const before = Math.max(...second.map((sample) => sample[kind]));
    const after = Math.max(...last.map((sample) => sample[kind]));
    return after * 100 > before * (100 + GROWTH_PERCENT[kind])
      ? [`${kind} grew from ${before} in the second quarter to ${after} in the last`]
      : [];
  });
}
