import { GROWING_RATE, TAKER_SHARE } from "../model/limits.ts";
import type { Process } from "../model/process.ts";
import type { Candidate, Loss } from "../model/selection.ts";

/** What one process took of what was lost. */
export interface Took {
  readonly tookKib: number;
  /** Of all that was lost since memory was comfortable last, and of late; 0 to 1. */
  readonly share: number;
  readonly latelyShare: number;
  /** How fast it takes of late, of its own mean pace since memory was comfortable; 0 to 1. */
  readonly goesOn: number;
}

/**
 * How much each KiB of new shared memory counts that processes hold: all of them see it, and it was
 * lost once. Of what is there, of what is new of late, and of what is no longer seen.
 */
export interface Sharing {
  readonly part: number;
  readonly latelyPart: number;
  readonly awayPart: number;
}

/** What new shared memory a process was seen with and no longer shows, KiB. */
function awayKib({ shmemGrownKib, shmemHeldKib }: Process): number {
  return Math.max(0, shmemHeldKib - shmemGrownKib);
}

/** How much each KiB of it counts where all of these hold what was lost; 0 to 1. */
export function sharingOf(processes: readonly Process[], loss: Loss): Sharing {
  let [grownKib, latelyKib, goneKib] = [0, 0, 0];
  for (const process of processes) {
    grownKib += process.shmemGrownKib;
    latelyKib += process.shmemLatelyKib;
    goneKib += awayKib(process);
  }
  return {
    part: shareOf(loss.shmemKib, grownKib),
    latelyPart: shareOf(loss.latelyShmemKib, latelyKib),
    awayPart: shareOf(loss.swappedShmemKib, goneKib),
  };
}

/**
 * The loss, with the shared memory that was swapped out: as much as nobody is known to have taken,
 * and no more than swap holds beside what is processes' own. Where a process shows more new shared
 * memory than Shmem has grown by, it drove out some that was there before. The rest is new, and no
 * more than processes were seen with and no longer show.
 */
export function withSwappedShmem(loss: Loss, processes: readonly Process[]): Loss {
  let [goneKib, mostKib, mostLatelyKib] = [0, 0, 0];
  for (const process of processes) {
    const { shmemGrownKib, shmemLatelyKib } = process;
    goneKib += awayKib(process);
    mostKib = shmemGrownKib > mostKib ? shmemGrownKib : mostKib;
    mostLatelyKib = shmemLatelyKib > mostLatelyKib ? shmemLatelyKib : mostLatelyKib;
  }
  const restKib = Math.min(unexplained(processes, loss).tookKib, loss.nobodysSwapKib);
  const drivenOutKib = Math.min(restKib, Math.max(0, mostKib - loss.shmemKib));
  const latelyKib = Math.min(drivenOutKib, Math.max(0, mostLatelyKib - loss.latelyShmemKib));
  return {
    ...loss,
    shmemKib: loss.shmemKib + drivenOutKib,
    latelyShmemKib: loss.latelyShmemKib + latelyKib,
    swappedShmemKib: Math.min(restKib - drivenOutKib, goneKib),
  };
}

/**
 * Who took how much of what was lost. Who stopped taking is not who takes now, so both count: what
 * was taken since memory was comfortable, and of late.
 */
export function attribute(process: Process, loss: Loss, sharing: Sharing): Took {
  const { grownKib, latelyKib, shmemGrownKib, shmemLatelyKib } = process;
  const tookKib = grownKib + shmemGrownKib * sharing.part + awayKib(process) * sharing.awayPart;
  const tookLatelyKib = latelyKib + shmemLatelyKib * sharing.latelyPart;
  return {
    tookKib,
    share: shareOf(tookKib, loss.sharedOfKib),
    latelyShare: shareOf(tookLatelyKib, loss.latelyKib),
    goesOn: goesOnOf(tookKib, tookLatelyKib, loss, loss.baseMs + process.carriedMs),
  };
}

/** Whether who took so much in so long, and so much of late, KiB, takes as fast as ever; 0 to 1. */
export function goesOnOf(
  tookKib: number,
  tookLatelyKib: number,
  { latelyMs }: Loss,
  forMs: number,
): number {
  return shareOf(tookLatelyKib * forMs, tookKib * latelyMs);
}

/** In how long these took what they took, milliseconds: in the mean of them, and of all of it. */
export function takingMs(of: readonly Candidate[], { baseMs }: Loss): number {
  let [tookKib, kibPerMs] = [0, 0];
  for (const one of of) {
    tookKib += one.tookKib;
    kibPerMs += one.tookKib / Math.max(1, baseMs + one.process.carriedMs);
  }
  return kibPerMs > 0 ? Math.round(tookKib / kibPerMs) : baseMs;
}

/** What somebody has, KiB, with the new shared memory that it took and no longer shows. */
export function heldKib({ process, tookKib }: Pick<Candidate, "process" | "tookKib">): number {
  const { grownKib, shmemGrownKib, sizeKib } = process;
  const tookAwayKib = Math.max(0, tookKib - grownKib - shmemGrownKib);
  return sizeKib + shmemGrownKib + Math.min(awayKib(process), tookAwayKib);
}

/** What nobody is known to have taken, KiB: since memory was comfortable last, and of late. */
export interface Unexplained {
  readonly tookKib: number;
  readonly latelyKib: number;
}

export const ALL_EXPLAINED: Unexplained = { tookKib: 0, latelyKib: 0 };

/** The rest of a loss when all processes, also who may not be chosen, and the kernel had theirs. */
export function unexplained(processes: readonly Process[], loss: Loss): Unexplained {
  const { hugetlbKib, shmemKib, slabKib, swappedShmemKib } = loss;
  let tookKib = loss.lostKib - slabKib - hugetlbKib - shmemKib - swappedShmemKib;
  let { latelyKib } = loss;
  for (const process of processes) {
    tookKib -= process.grownKib;
    latelyKib -= process.latelyKib;
  }
  return { tookKib: Math.max(0, tookKib), latelyKib: Math.max(0, latelyKib) };
}

/**
 * What victims of a group give back hides what others take meanwhile: then no less was lost of late
 * than all who are left took.
 */
export function lossBesideKills(loss: Loss, processes: readonly Process[]): Loss {
  let latelyKib = 0;
  for (const process of processes) {
    latelyKib += process.latelyKib;
  }
  return latelyKib > loss.latelyKib ? { ...loss, latelyKib } : loss;
}

/** A share of a loss; 0 of none. */
export function shareOf(kib: number, ofKib: number): number {
  return ofKib <= 0 || kib <= 0 ? 0 : kib < ofKib ? kib / ofKib : 1;
}

/** What somebody took of late counts as no more than so many times its share of all. */
export const MOST_LATELY_TIMES = 5;

/** What it depends on how far somebody explains the loss. */
export type Explaining = Pick<Took, "latelyShare" | "share"> & Partial<Pick<Took, "goesOn">>;

/**
 * How far somebody explains the loss, 0 to 1. While a leak rests for a moment, anybody may have
 * taken all that was lost of late, which is little. And a slow leak that goes on as fast as ever
 * has not stopped because somebody else took much at once: its share of late is no less than that
 * of all.
 */
export function explains({ goesOn = 0, latelyShare, share }: Explaining): number {
  const lately = Math.min(latelyShare, MOST_LATELY_TIMES * share);
  return (share + Math.max(lately, share * goesOn)) / 2;
}

/**
 * How much somebody must have taken of late for each KiB that it took in all, to grow about as fast
 * as all of them together.
 */
export function growingRate(members: readonly Candidate[]): number {
  let tookKib = 0;
  let latelyKib = 0;
  for (const member of members) {
    tookKib += member.tookKib;
    latelyKib += member.process.latelyKib;
  }
  return (latelyKib / Math.max(1, tookKib)) * GROWING_RATE;
}

/** Whether somebody still grows at such a rate; where nobody does, none of them does. */
export function isGrowing({ process, tookKib }: Candidate, rate: number): boolean {
  return process.latelyKib > tookKib * rate;
}

/** Whether most of what was lost of late is one member's own, who took about as much as any. */
export function tookMostOfLate({ latelyShare, tookKib }: Candidate, largestKib: number): boolean {
  return latelyShare >= TAKER_SHARE && tookKib * 2 >= largestKib;
}

/** The part of what members took that those took who still grow. */
export function growingShareOf(members: readonly Candidate[]): number {
  const rate = growingRate(members);
  let tookKib = 0;
  let growingKib = 0;
  for (const member of members) {
    tookKib += member.tookKib;
    growingKib += isGrowing(member, rate) ? member.tookKib : 0;
  }
  return shareOf(growingKib, tookKib);
}
