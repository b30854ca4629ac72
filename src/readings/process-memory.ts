import type { Sys } from "../sys/sys.ts";
import { afterKey, decode, key, MINUS, numberOf, SPACE, TAB, wholeNumber } from "./text.ts";

/** Sizes of one process, KiB; the same object each time. */
export interface OwnMemory {
  /** Resident memory that is no file's and not shared; -1 when the process is gone. */
  ownKib: number;
  /** Resident memory of files and shared memory. */
  sharedKib: number;
}

const own: OwnMemory = { ownKib: -1, sharedKib: 0 };
/** Threads that are asked when the first one has ended. */
const MOST_THREADS = 64;

/**
 * What a process has in memory, by `/proc/PID/statm`; proc_pid_statm(5). The kernel shows nothing
 * for a first thread that has ended: then one that lives is asked. It never waits for the process.
 */
export function readOwnMemory(sys: Sys, pid: number): OwnMemory {
  const length = sys.readProcessFile(pid, "statm");
  if (!takeStatm(sys, length) && length > 0 && isLedByTheDead(sys, pid)) {
    takeThreads(sys, pid);
  }
  return own;
}

/**
 * Whether another process has, page for page, what one has: who shares all memory with it does, at
 * any moment, also while both grow.
 */
export function hasAsMuch(sys: Sys, pid: number, other: number): boolean {
  const { ownKib: ownBefore, sharedKib: sharedBefore } = readOwnMemory(sys, pid);
  const { ownKib, sharedKib } = readOwnMemory(sys, other);
  const after = readOwnMemory(sys, pid);
  return (
    ownKib > 0 &&
    isBetween(ownKib, ownBefore, after.ownKib) &&
    isBetween(sharedKib, sharedBefore, after.sharedKib)
  );
}

function isBetween(kib: number, before: number, after: number): boolean {
  return kib >= Math.min(before, after) && kib <= Math.max(before, after);
}

/** Takes the three first numbers of statm; false when all are 0. */
function takeStatm(sys: Sys, length: number): boolean {
  const size = wholeNumber(sys.text, length, 0);
  own.ownKib = size < 0 ? -1 : 0;
  own.sharedKib = 0;
  if (size <= 0) {
    return false;
  }
  const residentAt = sys.text.indexOf(SPACE) + 1;
  const sharedAt = sys.text.indexOf(SPACE, residentAt) + 1;
  const resident = wholeNumber(sys.text, length, residentAt);
  const shared = wholeNumber(sys.text, length, sharedAt);
  own.ownKib = resident > shared ? (resident - shared) * sys.pageKib : 0;
  own.sharedKib = shared > 0 ? shared * sys.pageKib : 0;
  return true;
}

/** Threads of the kernel have no memory either; but their score is 0. */
function isLedByTheDead(sys: Sys, pid: number): boolean {
  return wholeNumber(sys.text, sys.readProcessFile(pid, "oom_score"), 0) > 0;
}

function takeThreads(sys: Sys, pid: number): void {
  const count = Math.min(sys.listTasks(pid), MOST_THREADS);
  for (let i = 0; i < count; i++) {
    if (takeStatm(sys, sys.readTaskFile(pid, sys.tids[i] ?? 0, "statm"))) {
      return;
    }
  }
  own.ownKib = 0;
}

const UID = key("Uid:");
const RSS_ANON = key("RssAnon:");
const RSS_FILE = key("RssFile:");
const RSS_SHMEM = key("RssShmem:");
const VM_SWAP = key("VmSwap:");
const VM_LOCKED = key("VmLck:");
const VM_TABLES = key("VmPTE:");
/** Since Linux 4.15. */
const CORE_DUMPING = key("CoreDumping:");

/** What `/proc/PID/status` says of a process, KiB; the same object each time. */
export interface Status {
  /** Effective user; -1 when the process is gone. */
  uid: number;
  anonKib: number;
  fileKib: number;
  shmemKib: number;
  swapKib: number;
  /** Addresses that are locked in memory, of files and its own, whatever is there. */
  lockedKib: number;
  tablesKib: number;
  isDumpingCore: boolean;
}

const status: Status = {
  uid: -1,
  anonKib: 0,
  fileKib: 0,
  shmemKib: 0,
  swapKib: 0,
  lockedKib: 0,
  tablesKib: 0,
  isDumpingCore: false,
};

/**
 * Reads `/proc/PID/status`; proc_pid_status(5). The sizes are counters that the kernel keeps: it
 * takes no lock of the process's for them, as smaps and cmdline do.
 */
export function readStatus(sys: Sys, pid: number, threads: number): Status {
  const length = sys.readProcessFile(pid, "status");
  status.uid = effectiveUid(sys.text, length);
  if (!takeSizes(sys, length) && threads > 1) {
    const count = Math.min(sys.listTasks(pid), MOST_THREADS);
    for (let i = 0; i < count; i++) {
      if (takeSizes(sys, sys.readTaskFile(pid, sys.tids[i] ?? 0, "status"))) {
        break;
      }
    }
  }
  return status;
}

/** False when there are none: a first thread that has ended, or a thread of the kernel. */
function takeSizes(sys: Sys, length: number): boolean {
  const anon = numberOf(sys.text, length, RSS_ANON);
  status.anonKib = anon < 0 ? 0 : anon;
  status.fileKib = Math.max(0, numberOf(sys.text, length, RSS_FILE));
  status.shmemKib = Math.max(0, numberOf(sys.text, length, RSS_SHMEM));
  status.swapKib = Math.max(0, numberOf(sys.text, length, VM_SWAP));
  status.lockedKib = Math.max(0, numberOf(sys.text, length, VM_LOCKED));
  status.tablesKib = Math.max(0, numberOf(sys.text, length, VM_TABLES));
  status.isDumpingCore = numberOf(sys.text, length, CORE_DUMPING) === 1;
  return anon >= 0;
}

/** What a forked process may have from its parent: no more than that has itself, KiB. */
export function readHeirKib(sys: Sys, ppid: number): number {
  if (ppid <= 1) {
    return 0;
  }
  const { anonKib, swapKib } = readStatus(sys, ppid, 1);
  return anonKib + swapKib;
}

/**
 * What somebody holds that only its end, or itself, gives back: not less for being swapped out, and
 * nothing of files, which are evicted under it; KiB.
 */
export function readHeldKib(sys: Sys, pid: number): number {
  const { anonKib, shmemKib, swapKib } = readStatus(sys, pid, 1);
  const heldKib = anonKib + shmemKib + swapKib;
  return heldKib > 0 ? heldKib : Math.max(0, readOwnMemory(sys, pid).ownKib);
}

/** The second number of the line: real, effective, saved, file system. */
function effectiveUid(text: Uint8Array, length: number): number {
  return numberOf(text, length, UID) < 0
    ? -1
    : wholeNumber(text, length, text.indexOf(TAB, UID.at + UID.bytes.length + 1) + 1);
}

/** `oom_score_adj` of a process; `unknown` when it cannot be read. */
export function readAdj(sys: Sys, pid: number, unknown = 0): number {
  const length = sys.readProcessFile(pid, "oom_score_adj");
  const isNegative = sys.text[0] === MINUS;
  const value = wholeNumber(sys.text, length, isNegative ? 1 : 0);
  return value < 0 ? unknown : isNegative ? -value : value;
}

const CAPABILITIES = key("CapEff:");
/** A tab and 16 digits follow; CAP_KILL, bit 5, is in the last but one; linux/capability.h. */
const KILL_DIGIT_AT = 15;
const KILL_BIT = 2;

/** Whether a process may signal those of other users; credentials(7), capabilities(7). */
export function mayKillOthers(sys: Sys, pid: number): boolean {
  const length = sys.readProcessFile(pid, "status");
  const at = afterKey(sys.text, length, CAPABILITIES);
  if (at < 0 || at + KILL_DIGIT_AT >= length) {
    return false;
  }
  const digit = decode(sys.text, at + KILL_DIGIT_AT + 1, at + KILL_DIGIT_AT);
  return (Number.parseInt(digit, 16) & KILL_BIT) !== 0;
}
