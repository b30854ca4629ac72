import type { Process } from "../model/process.ts";

/** What grew since memory was comfortable last, and of late, KiB. */
export interface Growth {
  readonly grownKib: number;
  readonly latelyKib: number;
}

export const NO_GROWTH: Growth = { grownKib: 0, latelyKib: 0 };

/** How much of new files may be what a process has locked in memory. */
export interface Locked extends Growth {
  readonly process: Process;
}

/** Keeps what may be locked, if that is anything. */
export function noteLocked(locked: Locked[], process: Process, growth: Growth): void {
  if (growth.grownKib > 0 || growth.latelyKib > 0) {
    locked.push({ process, ...growth });
  }
}

/**
 * Counts what is locked of files as their holder's own: nobody can evict it. All together no more
 * than is locked since, whatever they asked for: many a program locks all addresses it has, and
 * what several map is locked once.
 */
export function settleLocked(locked: readonly Locked[], { grownKib, latelyKib }: Growth): void {
  let [allKib, allLatelyKib] = [0, 0];
  for (const one of locked) {
    allKib += one.grownKib;
    allLatelyKib += one.latelyKib;
  }
  const part = allKib > grownKib ? grownKib / allKib : 1;
  const latelyPart = allLatelyKib > latelyKib ? latelyKib / allLatelyKib : 1;
  for (const one of locked) {
    one.process.sizeKib += one.grownKib * part;
    one.process.grownKib += one.grownKib * part;
    one.process.latelyKib += one.latelyKib * latelyPart;
  }
}

/**
 * Counts new page tables for who has any, as its own: all together no more than there is more of
 * them. How many each had before, nobody noted.
 */
export function settleTables(processes: readonly Process[], { grownKib, latelyKib }: Growth): void {
  let allKib = 0;
  for (const { tablesKib } of processes) {
    allKib += tablesKib;
  }
  const part = Math.min(1, grownKib / Math.max(1, allKib));
  const latelyPart = Math.min(1, latelyKib / Math.max(1, allKib));
  for (const process of processes) {
    process.sizeKib += process.tablesKib * part;
    process.grownKib += process.tablesKib * part;
    process.latelyKib += process.tablesKib * latelyPart;
  }
}
