import type { Process } from "../model/process.ts";
import type { Sizes } from "../model/sizes.ts";
import { newTablesKib } from "./growth.ts";

/** What grew since memory was comfortable last, and of late, KiB. */
export interface Growth {
  readonly grownKib: number;
  readonly latelyKib: number;
}

export const NO_GROWTH: Growth = { grownKib: 0, latelyKib: 0 };

/** What is new of a process beside its anonymous memory: page tables, or what it locked. */
export interface NewOfProcess extends Growth {
  readonly process: Process;
}

/** How much of new files may be what a process has locked in memory. */
export interface Locked extends NewOfProcess {
  /** Addresses of all kinds that it has locked. */
  readonly lockedKib: number;
}

/** Keeps who has locked anything. */
export function noteLocked(
  locked: Locked[],
  process: Process,
  lockedKib: number,
  newFiles: Growth,
): void {
  if (lockedKib > 0) {
    const grownKib = Math.min(lockedKib, newFiles.grownKib);
    const latelyKib = Math.min(lockedKib, newFiles.latelyKib);
    locked.push({ process, lockedKib, grownKib, latelyKib });
  }
}

/**
 * Counts what is locked of files as their holder's own: nobody can evict it. All together no more
 * than is locked since, but for what lockers have more of their own: many a program locks all
 * addresses it has, and what several map is locked once.
 */
export function settleLocked(locked: readonly Locked[], { grownKib, latelyKib }: Growth): void {
  let [allKib, allLatelyKib] = [0, 0];
  let [leftKib, leftLatelyKib] = [grownKib, latelyKib];
  for (const { process, ...one } of locked) {
    allKib += one.grownKib;
    allLatelyKib += one.latelyKib;
    // What is not locked of its own may be all that it has more.
    const openKib = Math.max(0, process.sizeKib - one.lockedKib);
    leftKib -= Math.min(one.lockedKib, Math.max(0, process.grownKib - openKib));
    leftLatelyKib -= Math.min(one.lockedKib, Math.max(0, process.latelyKib - openKib));
  }
  countAsOwn(locked, partOf(leftKib, allKib), partOf(leftLatelyKib, allLatelyKib));
}

/** How much of each KiB of these counts so that they are no more than so many in all; 0 to 1. */
function partOf(kib: number, allKib: number): number {
  return Math.min(1, Math.max(0, kib) / Math.max(1, allKib));
}

/** Counts these parts of what grew, 0 to 1, for the processes that have it. */
function countAsOwn(grown: readonly NewOfProcess[], part: number, latelyPart: number): void {
  for (const { grownKib, latelyKib, process } of grown) {
    process.sizeKib += grownKib * part;
    process.grownKib += grownKib * part;
    process.latelyKib += latelyKib * latelyPart;
  }
}

/** Keeps who has new page tables; how many somebody had is only noted where there were many. */
export function noteTables(
  noted: NewOfProcess[],
  process: Process,
  base: Sizes,
  recent: Sizes,
): void {
  const { pid, startMs, tablesKib } = process;
  const grownKib = newTablesKib(base, pid, startMs, tablesKib);
  const latelyKib = newTablesKib(recent, pid, startMs, tablesKib);
  if (grownKib > 0 || latelyKib > 0) {
    noted.push({ process, grownKib, latelyKib });
  }
}

/**
 * Counts new page tables for who has them, as its own: all together no more than there is more of
 * them.
 */
export function settleTables(
  noted: readonly NewOfProcess[],
  { grownKib, latelyKib }: Growth,
): void {
  let [allKib, allLatelyKib] = [0, 0];
  for (const one of noted) {
    allKib += one.grownKib;
    allLatelyKib += one.latelyKib;
  }
  countAsOwn(noted, partOf(grownKib, allKib), partOf(latelyKib, allLatelyKib));
}
