/** What is measured of a daemon again and again. */
export type Measured = "rssKib" | "anonymousKib" | "threads" | "descriptors" | "mappings";

/** Of the samples of a quarter the most or the least counts, and may be more by so many percent. */
type Allowance = readonly ["most" | "least", percent: number];

export type Allowances = Partial<Record<Measured, Allowance>>;

/** The most, for the daemon is larger in a crisis than after it. */
export const LOOKING = {
  rssKib: ["most", 10],
  anonymousKib: ["most", 10],
  threads: ["most", 0],
  descriptors: ["most", 0],
} as const satisfies Allowances;

/**
 * A command line is read by a thread that stays for a second, and keeps its file while its process
 * is stuck: these come and go, and only where they have not gone once in a quarter are there more.
 */
export const KILLING = {
  rssKib: ["most", 4],
  anonymousKib: ["most", 8],
  threads: ["least", 0],
  descriptors: ["least", 0],
  mappings: ["least", 0],
} as const satisfies Allowances;

type Samples<K extends Measured> = readonly Readonly<Record<NoInfer<K>, number>>[];

/** What counts of these samples, of each kind. */
export function worstOf<K extends Measured>(
  samples: Samples<K>,
  allowances: Readonly<Record<K, Allowance>>,
): Record<K, number> {
  const worst = (kind: K) => {
    const of = allowances[kind][0] === "most" ? Math.max : Math.min;
    return [kind, of(...samples.map((sample) => sample[kind]))];
  };
  const kinds = Object.keys(allowances) as K[];
  return Object.fromEntries(kinds.map(worst)) as Record<K, number>;
}

/** What grew, in a sentence each: the second quarter is after the warm-up, the last the result. */
export function whatGrew<K extends Measured>(
  samples: Samples<K>,
  allowances: Readonly<Record<K, Allowance>>,
): string[] {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) {
    return ["too few samples to tell whether it grows"];
  }
  const before = worstOf(samples.slice(quarter, 2 * quarter), allowances);
  const after = worstOf(samples.slice(-quarter), allowances);
  const kinds = Object.keys(allowances) as K[];
  return kinds
    .filter((kind) => after[kind] * 100 > before[kind] * (100 + allowances[kind][1]))
    .map(
      (kind) =>
        `${kind} grew from ${before[kind]} in the second quarter to ${after[kind]} in the last`,
    );
}
