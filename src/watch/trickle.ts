import { placeOf, type Sizes } from "../model/sizes.ts";

/** Who took this share of what the one took that took most is one of those who took it. */
const TAKER_PART = 1 / 4;

/**
 * Whether others than those who took most since the base took most of what was lost from one note
 * to the next: it trickles away, as to a log, and those may long have stopped. Shared memory that
 * grows is nobody's, and may be theirs.
 */
export function isTrickle(base: Sizes, before: Sizes, now: Sizes): boolean {
  let mostKib = 0;
  for (let at = 0; at < now.count; at++) {
    const tookKib = grownKib(base, now, at);
    mostKib = tookKib > mostKib ? tookKib : mostKib;
  }
  let [theirsKib, allKib] = [0, 0];
  for (let at = 0; at < now.count; at++) {
    const latelyKib = grownKib(before, now, at);
    allKib += latelyKib;
    theirsKib += grownKib(base, now, at) >= mostKib * TAKER_PART ? latelyKib : 0;
  }
  const lostKib = before.leftKib - now.leftKib - Math.max(0, now.shmemKib - before.shmemKib);
  return theirsKib * 2 < Math.max(allKib, lostKib);
}

/** What the process of this place has more than in an earlier note; all, if it was not there. */
function grownKib(since: Sizes, now: Sizes, at: number): number {
  const was = placeOf(since, now.pids[at] ?? 0);
  return Math.max(0, (now.ownKib[at] ?? 0) - Math.max(0, since.ownKib[was] ?? 0));
}
