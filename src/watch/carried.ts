import { placeOf, type Sizes } from "../model/sizes.ts";

/** Who takes of late no less than this share of its mean pace goes on. */
const GOES_ON_SHARE = 1 / 2;

/** What is known of sizes when the base is noted anew. */
export interface Known {
  readonly base: Sizes;
  /** Since when the base tells who took what, by the clock of looks. */
  readonly sinceMs: number;
  readonly recent: Sizes;
  /** Who took less than this since then is no part of a loss, KiB. */
  readonly leastKib: number;
}

/**
 * What a process had when the loss began that it takes part in, KiB: at the base, if it goes on at
 * its pace; else what it has now, for the machine lives with that. A leak goes on through pauses,
 * in which others give back what they soon take again.
 */
export function carriedKib(known: Known, now: Sizes, at: number): number {
  const { base, leastKib, recent, sinceMs } = known;
  const pid = now.pids[at] ?? 0;
  const nowKib = now.ownKib[at] ?? 0;
  const wasKib = base.ownKib[placeOf(base, pid)] ?? -1;
  const tookKib = nowKib - wasKib;
  if (wasKib < 0 || tookKib <= leastKib) {
    return nowKib;
  }
  const latelyKib = nowKib - (recent.ownKib[placeOf(recent, pid)] ?? nowKib);
  const share = (now.atMs - recent.atMs) / Math.max(1, now.atMs - sinceMs);
  return latelyKib > 0 && latelyKib >= tookKib * share * GOES_ON_SHARE ? wasKib : nowKib;
}
