import { MEMBER_SHARE } from "../model/selection.ts";
import { placeOf, type Sizes } from "../model/sizes.ts";

/** Who takes what is lost from one note to the next; summed up while they are written, KiB. */
export interface Trickle {
  /** The most that one has taken since the base, by the last note and by the one being written. */
  mostKib: number;
  newMostKib: number;
  /** What was taken from note to note: by those who took most since the base, and by all. */
  theirsKib: number;
  allKib: number;
}

/** Of nothing. */
export function emptyTrickle(): Trickle {
  return { mostKib: 0, newMostKib: 0, theirsKib: 0, allKib: 0 };
}

/** Begins the next note, or with a new base all anew. */
export function nextTrickle(trickle: Trickle, isAnew: boolean): void {
  trickle.mostKib = isAnew ? 0 : trickle.newMostKib;
  trickle.newMostKib = 0;
  trickle.theirsKib = 0;
  trickle.allKib = 0;
}

/** Adds a process of which so much is noted. */
export function addToTrickle(
  trickle: Trickle,
  base: Sizes,
  before: Sizes,
  pid: number,
  ownKib: number,
): void {
  const tookKib = grownKib(base, pid, ownKib);
  const latelyKib = grownKib(before, pid, ownKib);
  trickle.newMostKib = tookKib > trickle.newMostKib ? tookKib : trickle.newMostKib;
  trickle.allKib += latelyKib;
  trickle.theirsKib += tookKib >= trickle.mostKib * MEMBER_SHARE ? latelyKib : 0;
}

/**
 * Whether others than those who took most since the base took most of what was lost since the note
 * before: it trickles away, as to a log, and those may long have stopped. Shared memory that grows
 * is nobody's, and may be theirs.
 */
export function isTrickle(trickle: Trickle, before: Sizes, now: Sizes): boolean {
  const lostKib = before.leftKib - now.leftKib - Math.max(0, now.shmemKib - before.shmemKib);
  return trickle.theirsKib * 2 < Math.max(trickle.allKib, lostKib);
}

/** What a process has more than in an earlier note; all, if it was not there. */
function grownKib(since: Sizes, pid: number, ownKib: number): number {
  const wasKib = since.ownKib[placeOf(since, pid)] ?? 0;
  const kib = ownKib - (wasKib > 0 ? wasKib : 0);
  return kib > 0 ? kib : 0;
}
