import * as limits from "../model/limits.ts";
import { identityOf, type Process } from "../model/process.ts";
import { leftKib, type Reading, UNIT_KIB } from "../model/reading.ts";
import { shareOf } from "../policy/attribution.ts";
import { faultedKib, type Faults } from "../policy/faults.ts";
import { isConfined } from "../readings/cgroup.ts";
import type { Sys } from "../sys/sys.ts";

/** A process as a scan saw it. */
interface Seen {
  readonly startMs: number;
  readonly majorFaults: number;
  readonly childMajorFaults: number;
  readonly sizeKib: number;
  readonly shmemGrownKib: number;
}

/** Who was scanned at a moment, by pid: since then, the next scan tells. */
export interface FaultsSeen {
  readonly before: Map<number, Seen>;
  /** Major faults of all, and what was read back, units of 4 KiB; and what was left, KiB. */
  all: number;
  readBack: number;
  leftKib: number;
  atMs: number;
  bootMs: number;
  /** Who had most faults: the largest; others, so that all are scanned; or nobody who was seen. */
  whose: "largest" | "others" | "nobody";
}

/** Before the first scan. */
export function emptyFaults(): FaultsSeen {
  const counters = { all: 0, readBack: 0, leftKib: 0, bootMs: 0 };
  return { before: new Map(), ...counters, atMs: -Infinity, whose: "largest" };
}

/** Forgets all of it, when a crisis is over. */
export function forgetFaults(seen: FaultsSeen): void {
  seen.before.clear();
  seen.atMs = -Infinity;
  seen.whose = "largest";
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
  const allSince = units / (sys.pageKib / UNIT_KIB);
  const isTold =
    allSince >= FEWEST && units >= (readBackOf(reading) - seen.readBack) * LEAST_OF_READ_BACK;
  const lostKib = Math.max(0, seen.leftKib - leftKib(reading));
  const shares = new Map<string, number>();
  const tookKib = new Map<string, number>();
  const confined = new Map<string, boolean>();
  let [confinedShare, endedConfinedShare, ownShare, mostKib] = [0, 0, 0, 0];
  for (const process of processes) {
    const { majorFaults, pid, startMs } = process;
    const identity = identityOf(process);
    const found = seen.before.get(pid);
    const before = found?.startMs === startMs ? found : null;
    const kib = before !== null ? grownKib(process, before, lostKib) : bornKib(process, seen);
    if (kib > 0) {
      tookKib.set(identity, kib);
    }
    const own = majorFaults - (before?.majorFaults ?? majorFaults);
    const share = isTold ? shareOf(own, allSince) : 0;
    const endedShare = isTold ? shareOf(faultsOfEnded(process, before, seen), allSince) : 0;
    ownShare += share;
    const isAsked = Math.max(share, endedShare) >= LEAST_ASKED_SHARE;
    if (isAsked && isConfined(sys, pid, reading.totalKib, confined)) {
      confinedShare += share;
      endedConfinedShare += endedShare;
    } else if (share > 0) {
      shares.set(identity, share);
      const waitedKib = faultedKib(process, share);
      mostKib = waitedKib > mostKib ? waitedKib : mostKib;
    }
  }
  // Who ended may have had most of its faults long ago: it had no more of these than nobody had.
  confinedShare += Math.min(endedConfinedShare, Math.max(0, 1 - ownShare));
  return { isTold, shares, confinedShare, mostKib, tookKib, overMs: agoMs };
}

/**
 * Faults of children that ended, and of one who was started since: compilers may live for less than
 * from scan to scan.
 */
function faultsOfEnded(now: Process, before: Seen | null, { bootMs }: FaultsSeen): number {
  if (before === null) {
    return now.startMs > bootMs ? now.majorFaults + now.childMajorFaults : 0;
  }
  return now.childMajorFaults - before.childMajorFaults;
}

/** What is swapped in again of shared memory is nothing new: no more of it than was lost. */
function grownKib(now: Process, before: Seen, lostKib: number): number {
  const shmemKib = Math.max(0, now.shmemGrownKib - before.shmemGrownKib);
  return Math.max(0, now.sizeKib - before.sizeKib) + Math.min(shmemKib, lostKib);
}

/** All that it has, unless that scan only did not look at it. */
function bornKib({ sizeKib, startMs }: Process, { bootMs }: FaultsSeen): number {
  return startMs > bootMs ? sizeKib : 0;
}

/** Notes who had most faults; where that was none of the largest, counting begins anew, of all. */
export function noteWhose(seen: FaultsSeen, faults: Faults, areAll: boolean): void {
  let foundShare = faults.confinedShare;
  for (const share of faults.shares.values()) {
    foundShare += share;
  }
  if (!faults.isTold || foundShare >= limits.TAKER_SHARE || seen.whose === "nobody") {
    return;
  }
  seen.whose = areAll ? "nobody" : "others";
  seen.atMs = areAll ? seen.atMs : -Infinity;
}

function readBackOf({ refaults, swapIns }: Reading): number {
  return refaults > swapIns ? refaults : swapIns;
}

/** Keeps what a scan saw, unless that of the one before is yet to be of use. */
export function noteFaults(
  seen: FaultsSeen,
  processes: readonly Process[],
  reading: Reading,
  bootMs: number,
): void {
  if (reading.atMs - seen.atMs < limits.FAULTS_MS) {
    return;
  }
  seen.before.clear();
  for (const process of processes) {
    const { childMajorFaults, majorFaults, pid, shmemGrownKib, sizeKib, startMs } = process;
    seen.before.set(pid, { startMs, majorFaults, childMajorFaults, sizeKib, shmemGrownKib });
  }
  seen.all = reading.majorFaults;
  seen.readBack = readBackOf(reading);
  seen.leftKib = leftKib(reading);
  seen.atMs = reading.atMs;
  seen.bootMs = bootMs;
}
