import { placeOf, type Sizes } from "../model/sizes.ts";

/** Who takes of late no less than this share of its mean pace goes on. */
const GOES_ON_SHARE = 1 / 2;

/** What is known of sizes when the base is noted anew. */
export interface Known {
  readonly base: Sizes;
  readonly recent: Sizes;
  /** Who took less than this since the base is no part of a loss, KiB. */
  readonly leastKib: number;
}

/**
 * Where a process stands in the base if what it had then is when the loss began that it takes part
 * in: it goes on at its pace. Else -1, for the machine lives with what it has now. A leak goes on
 * through pauses, in which others give back what they soon take again.
 */
export function keptFrom({ base, leastKib, recent }: Known, now: Sizes, at: number): number {
  const pid = now.pids[at] ?? 0;
  const nowKib = now.ownKib[at] ?? 0;
  const was = placeOf(base, pid);
  const wasKib = base.ownKib[was] ?? -1;
  const tookKib = nowKib - wasKib;
  if (wasKib < 0 || tookKib <= leastKib) {
    return -1;
  }
  const latelyKib = nowKib - (recent.ownKib[placeOf(recent, pid)] ?? nowKib);
  // Its own time: beside a leak of an hour, who took at once what it wanted would seem to go on.
  const share = (now.atMs - recent.atMs) / Math.max(1, now.atMs - (base.sinceMs[was] ?? 0));
  return latelyKib > 0 && latelyKib >= tookKib * share * GOES_ON_SHARE ? was : -1;
}
