import * as limits from "../model/limits.ts";
import { identityOf, type Process } from "../model/process.ts";
import type { Reading } from "../model/reading.ts";
import { type Faults, faultShareOf } from "../policy/faults.ts";
import { isConfined } from "../readings/cgroup.ts";
import type { Sys } from "../sys/sys.ts";

/** Major faults of who was scanned, and of all, at a moment: since then, the next scan tells. */
export interface FaultsSeen {
  readonly before: Map<string, number>;
  all: number;
  atMs: number;
}

export function emptyFaults(): FaultsSeen {
  return { before: new Map(), all: 0, atMs: -Infinity };
}

/**
 * What was seen, when that is neither too young nor too old to tell who faults now, beside a scan
 * that took so long; or null. A process tells how many faults it had, a reading how many units of
 * 4 KiB they come to at least.
 */
export function faultsSince(
  { all, atMs, before }: FaultsSeen,
  reading: Reading,
  pageKib: number,
  scanMs = 0,
): Faults | null {
  const agoMs = reading.atMs - atMs;
  return agoMs >= limits.FAULTS_MS / 2 && agoMs <= limits.FAULTS_MS * 5 + scanMs
    ? {
        before,
        allSince: (reading.majorFaults - all) / (pageKib / 4),
        confined: new Set(),
        confinedShare: 0,
      }
    : null;
}

/** Of who had less than this share of all faults it is not asked why it waits. */
const ASKED_SHARE = 1 / 32;

/**
 * Who faults now, after a scan of these, or null; without those who wait at the limit of their own
 * cgroup: whatever the machine had, they would wait as long.
 */
export function faultsNow(
  sys: Sys,
  { faults: seen, scanMs }: { readonly faults: FaultsSeen; readonly scanMs: number },
  processes: readonly Process[],
  reading: Reading,
): Faults | null {
  const faults = faultsSince(seen, reading, sys.pageKib, scanMs);
  if (faults === null) {
    return null;
  }
  const confined = new Set<string>();
  let confinedShare = 0;
  for (const process of processes) {
    const share = faultShareOf([{ process }], faults);
    if (share >= ASKED_SHARE && isConfined(sys, process.pid, reading.machineKib)) {
      confined.add(identityOf(process));
      confinedShare += share;
    }
  }
  return { ...faults, confined, confinedShare };
}

/** Keeps what a scan saw, unless that of the one before is yet to be of use. */
export function noteFaults(
  seen: FaultsSeen,
  processes: readonly Process[],
  reading: Reading,
): void {
  if (reading.atMs - seen.atMs < limits.FAULTS_MS) {
    return;
  }
  seen.before.clear();
  for (const process of processes) {
    seen.before.set(identityOf(process), process.majorFaults);
  }
  seen.all = reading.majorFaults;
  seen.atMs = reading.atMs;
}
