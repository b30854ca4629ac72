import * as limits from "../model/limits.ts";
import { identityOf, type Process } from "../model/process.ts";
import type { Reading } from "../model/reading.ts";
import { shareOf } from "../policy/attribution.ts";
import { faultedKib, type Faults } from "../policy/faults.ts";
import { isConfined } from "../readings/cgroup.ts";
import type { Sys } from "../sys/sys.ts";

/** Who was scanned at a moment, by identity: since then, the next scan tells. */
export interface FaultsSeen {
  /** Their major faults, and what they had taken, KiB. */
  readonly before: Map<string, number>;
  readonly tookKib: Map<string, number>;
  /** Major faults of all, and what was read back, units of 4 KiB. */
  all: number;
  readBack: number;
  atMs: number;
  /** Most faults were of processes that are not among the largest: all are to be looked at. */
  areHidden: boolean;
}

export function emptyFaults(): FaultsSeen {
  const maps = { before: new Map<string, number>(), tookKib: new Map<string, number>() };
  return { ...maps, all: 0, readBack: 0, atMs: -Infinity, areHidden: false };
}

/** So few faults, or faults for so little of what was read back, tell nothing of who waits. */
const FEWEST = 16;
const LEAST_OF_READ_BACK = 1 / 32;
/** Whose cgroup is asked for: of a container's many workers each has a small part of its faults. */
const LEAST_ASKED_SHARE = 1 / 1000;

/**
 * Who faults now, after a scan of these that took so long; null when the one before was too short
 * or too long ago to tell. A process tells how many faults it had, a reading how many units of
 * 4 KiB they come to at least. Who waits at the limit of its own cgroup would wait as long whatever
 * the machine had.
 */
export function faultsNow(
  sys: Sys,
  { faults: seen, scanMs }: { readonly faults: FaultsSeen; readonly scanMs: number },
  processes: readonly Process[],
  reading: Reading,
): Faults | null {
  const agoMs = reading.atMs - seen.atMs;
  if (agoMs < limits.FAULTS_MS / 2 || agoMs > limits.FAULTS_MS * 5 + scanMs) {
    return null;
  }
  const units = reading.majorFaults - seen.all;
  const allSince = units / (sys.pageKib / 4);
  const shares = new Map<string, number>();
  const tookKib = tookSince(seen, processes);
  let [confinedShare, mostKib] = [0, 0];
  if (allSince < FEWEST || units < (readBackOf(reading) - seen.readBack) * LEAST_OF_READ_BACK) {
    return { shares, confinedShare, mostKib, tookKib, overMs: agoMs };
  }
  const known = new Map<string, boolean>();
  for (const process of processes) {
    const identity = identityOf(process);
    const before = seen.before.get(identity) ?? process.majorFaults;
    const share = shareOf(process.majorFaults - before, allSince);
    if (share >= LEAST_ASKED_SHARE && isConfined(sys, process.pid, reading.totalKib, known)) {
      confinedShare += share;
    } else if (share > 0) {
      shares.set(identity, share);
      const kib = faultedKib(process, share);
      mostKib = kib > mostKib ? kib : mostKib;
    }
  }
  return { shares, confinedShare, mostKib, tookKib, overMs: agoMs };
}

/** Notes that most faults were of others than the largest, and begins anew. */
export function noteHidden(seen: FaultsSeen, { confinedShare, mostKib, shares }: Faults): void {
  let seenShare = confinedShare;
  for (const share of shares.values()) {
    seenShare += share;
  }
  if (mostKib + confinedShare > 0 && seenShare < limits.TAKER_SHARE) {
    seen.areHidden = true;
    seen.atMs = -Infinity;
  }
}

/** Who took how much since, KiB. */
function tookSince({ tookKib }: FaultsSeen, processes: readonly Process[]): Map<string, number> {
  const since = new Map<string, number>();
  for (const process of processes) {
    const identity = identityOf(process);
    const kib = takenKib(process) - (tookKib.get(identity) ?? 0);
    if (kib > 0) {
      since.set(identity, kib);
    }
  }
  return since;
}

function takenKib({ grownKib, shmemGrownKib }: Process): number {
  return grownKib + shmemGrownKib;
}

function readBackOf({ refaults, swapIns }: Reading): number {
  return refaults > swapIns ? refaults : swapIns;
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
  seen.tookKib.clear();
  for (const process of processes) {
    const identity = identityOf(process);
    seen.before.set(identity, process.majorFaults);
    seen.tookKib.set(identity, takenKib(process));
  }
  seen.all = reading.majorFaults;
  seen.readBack = readBackOf(reading);
  seen.atMs = reading.atMs;
}
