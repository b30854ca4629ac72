import { Errno } from "../model/errno.ts";
import { type Needs, PF_FORKNOEXEC, type Process } from "../model/process.ts";
import { type Holders, mostHeldKib } from "../model/holders.ts";
import { placeOf, type Sizes } from "../model/sizes.ts";
import type { Sys } from "../sys/sys.ts";
import { cgroupOf, managedPreference } from "./cgroup.ts";
import { type BytesLeft, readCommandLine, UNKNOWN } from "./command-line.ts";
import { hasAsMuch, readAdj, readHeirKib, readOwnMemory, readStatus } from "./process-memory.ts";
import { carriedMsAt, firstKib, newSharedKib, sizeAt } from "./growth.ts";
import {
  type Growth,
  type Locked,
  type NewOfProcess,
  noteLocked,
  noteTables,
  settleLocked,
  settleTables,
} from "./locked.ts";
import { parseStat, statOf } from "./process-stat.ts";
import { type Extent, readScores, scores, thresholdOf } from "./scores.ts";
import { decode } from "./text.ts";
import { addOpeners } from "./openers.ts";
import { goneKib, settleTurnover } from "./turnover.ts";

/** The process table at one moment. */
export interface Snapshot {
  /** The candidates, unordered: those that were looked at closely. */
  readonly processes: readonly Process[];
  /** All processes there are. */
  readonly processCount: number;
  /** Milliseconds since boot, as `Process.startMs` counts. */
  readonly takenMs: number;
  /** False when the scan was broken off. */
  readonly isWhole: boolean;
  /** How many have a command line that a rule asks for and that could not be read in time. */
  readonly unknown: number;
  /** How many are left out because of what could not be read of them. */
  readonly leftOut: number;
}

/** What a scan is to read. */
export interface Plan {
  readonly needs: Needs;
  readonly extent: Extent;
  /** Sizes of the past, that growth is measured from: when memory was comfortable, and of late. */
  readonly base: Sizes | null;
  readonly recent: Sizes | null;
  /** The last note, with what each was noted with first. */
  readonly last: Sizes | null;
  /** Who was seen with more shared memory since the base. */
  readonly holders: Holders;
  /** What was lost since the base, and of late, KiB. */
  readonly lostKib: number;
  readonly latelyLostKib: number;
  /** How much more is locked in memory since then, KiB. */
  readonly newLocked: Growth;
  /** The same of page tables. */
  readonly newTables: Growth;
  /** And of shared memory and tmpfs, in memory and in swap. */
  readonly newShmem: Growth;
  /** Before Linux 5.9 scores are of another scale. */
  readonly isOldScale: boolean;
  /** Asked from time to time: false breaks the scan off. */
  readonly goOn: () => boolean;
}

/** Processes that are read before `goOn` is asked again. */
const ASK_EVERY = 16;
/** Growth below this share of what was lost explains nothing. */
const GROWTH_FLOOR = 1 / 1024;

interface Scanning extends Plan {
  readonly sys: Sys;
  readonly count: number;
  readonly takenMs: number;
  readonly threshold: number;
  readonly processes: Process[];
  readonly bytesLeft: BytesLeft;
  readonly locked: Locked[];
  readonly tables: NewOfProcess[];
  /** What those who were read took, KiB. */
  grownKib: number;
  /** What they may have from their parents. */
  heirKib: number;
  unknown: number;
  leftOut: number;
}

/**
 * Reads the process table; processes that vanish meanwhile are left out. First the largest, and
 * those whose score is another one than before: a step of it is 0.15 % of RAM and swap. When they
 * do not account for most of what was lost, all who have grown at all.
 */
export function scan(sys: Sys, plan: Plan): Snapshot {
  const takenMs = sys.bootMs();
  const count = readScores(sys, plan.goOn);
  const threshold = thresholdOf(plan.extent, count, plan.isOldScale);
  const state: Scanning = {
    ...plan,
    sys,
    count,
    takenMs,
    threshold,
    processes: [],
    bytesLeft: new Map(),
    locked: [],
    tables: [],
    grownKib: 0,
    heirKib: 0,
    unknown: 0,
    leftOut: 0,
  };
  // Also asked before all sizes of the past are gone through, which takes long where many run.
  let isWhole = count >= 0 && readSome(state, hasAnotherScore) && plan.goOn();
  const { base, lostKib, recent } = plan;
  const backKib = base === null ? 0 : goneKib(base, sys.pids, count);
  // What seems to be nobody's may be whose who has not been read.
  const isMissing = (state.grownKib - backKib) * 2 < lostKib || state.heirKib * 2 > lostKib;
  if (isWhole && base !== null && isMissing) {
    isWhole = readSome(state, hasGrown);
  }
  isWhole = isWhole && addOpeners(state, (at) => readAt(state, at));
  const { leftOut, processes, unknown } = state;
  settleLocked(state.locked, plan.newLocked);
  settleTables(state.tables, plan.newTables);
  if (base !== null) {
    settleTurnover(processes, "grownKib", { base, since: base, backKib, lostKib });
  }
  isWhole = isWhole && plan.goOn();
  if (base !== null && recent !== null) {
    const latelyBackKib = recent === base ? backKib : goneKib(recent, sys.pids, count);
    const lately = { base, since: recent, backKib: latelyBackKib, lostKib: plan.latelyLostKib };
    settleTurnover(processes, "latelyKib", lately);
  }
  return { processes, processCount: Math.max(0, count), takenMs, isWhole, unknown, leftOut };
}

type Filter = (scanning: Scanning, pid: number, score: number) => boolean;

/** Reads those who were not read yet and whom the filter takes; false when it was broken off. */
function readSome(scanning: Scanning, filter: Filter): boolean {
  const { count, goOn, sys } = scanning;
  for (let i = 0; i < count; i++) {
    if (i % ASK_EVERY === ASK_EVERY - 1 && !goOn()) {
      return false;
    }
    const score = scores[i] ?? 0;
    const pid = sys.pids[i] ?? 0;
    // Who is read has a negative score from then on.
    if (score >= 0 && filter(scanning, pid, score)) {
      readAt(scanning, i);
    }
  }
  return true;
}

/** Reads the one that stands there among all; null also when that was done before. */
function readAt(scanning: Scanning, at: number): Process | null {
  const score = scores[at] ?? 0;
  if (score < 0) {
    return null;
  }
  scores[at] = -1;
  const process = readProcess(scanning, scanning.sys.pids[at] ?? 0, score);
  if (process !== null) {
    scanning.processes.push(process);
    scanning.grownKib += process.grownKib + process.shmemGrownKib;
    scanning.heirKib += process.heirKib;
  }
  return process;
}

/**
 * Large, new, or of another score than when sizes were noted; without notes only the large ones.
 * Where there is no swap no scores are noted.
 */
function hasAnotherScore(scanning: Scanning, pid: number, score: number): boolean {
  const { base, holders, threshold } = scanning;
  if (score >= threshold || mostHeldKib(holders, pid, 0) > 0) {
    return true;
  }
  if (base === null || score === 0) {
    return false;
  }
  const at = placeOf(base, pid);
  const noted = base.scores[at] ?? 0;
  return at < 0 || (noted !== 0 && noted !== score);
}

function hasGrown({ base, lostKib, sys }: Scanning, pid: number): boolean {
  const { ownKib, sharedKib } = readOwnMemory(sys, pid);
  const at = base === null ? -1 : placeOf(base, pid);
  const wasKib = at < 0 || base === null ? 0 : (base.ownKib[at] ?? 0) + (base.sharedKib[at] ?? 0);
  return ownKib + sharedKib - wasKib > lostKib * GROWTH_FLOOR;
}

/** Null when the process is gone, or may not be known well enough. */
function readProcess(scanning: Scanning, pid: number, oomScore: number): Process | null {
  const { base, recent, sys } = scanning;
  const length = sys.readProcessFile(pid, "stat");
  const state = parseStat(sys.text, length);
  if (state === "") {
    return null;
  }
  const stat = statOf(sys.text, length);
  const { flags, ppid, startMs, threads } = stat;
  const oomScoreAdj = readAdj(sys, pid);
  const status = readStatus(sys, pid, threads);
  const { anonKib, fileKib, isDumpingCore, lockedKib, shmemKib, swapKib, tablesKib, uid } = status;
  const sizeKib = anonKib + swapKib;
  const heirKib = (flags & PF_FORKNOEXEC) !== 0 ? inheritedKib(scanning, pid, ppid, startMs) : 0;
  const grown = (since: Sizes | null) =>
    since === null ? 0 : Math.max(0, sizeKib - sizeAt(since, pid, startMs, heirKib));
  const sharedGrownKib = newSharedKib(base, pid, startMs, fileKib + shmemKib);
  const sharedLatelyKib = newSharedKib(recent, pid, startMs, fileKib + shmemKib);
  const shmemGrownKib = Math.min(shmemKib, sharedGrownKib);
  const shmemLatelyKib = Math.min(shmemKib, sharedLatelyKib);
  const asked = readAsked(scanning, pid, uid);
  if (asked === null || uid < 0) {
    scanning.leftOut += uid < 0 ? 0 : 1;
    return null;
  }
  const process: Process = {
    pid,
    state,
    ...stat,
    oomScore,
    oomScoreAdj,
    rssKib: anonKib + fileKib + shmemKib,
    swapKib,
    tablesKib,
    isDumpingCore,
    sizeKib,
    grownKib: grown(base),
    latelyKib: grown(recent),
    carriedMs: carriedMsAt(base, pid, startMs),
    shmemGrownKib,
    shmemLatelyKib,
    shmemHeldKib: mostHeldKib(scanning.holders, pid, startMs),
    heirKib: base !== null && startMs > base.bootMs ? Math.min(heirKib, sizeKib) : 0,
    uid,
    exe: asked.exe,
    cmdline: asked.cmdline,
    cgroup: asked.cgroup,
    managedPreference: asked.managedPreference,
  };
  noteLocked(scanning.locked, process, lockedKib, {
    grownKib: sharedGrownKib - shmemGrownKib,
    latelyKib: sharedLatelyKib - shmemLatelyKib,
  });
  const { newTables } = scanning;
  if (base !== null && recent !== null && newTables.grownKib + newTables.latelyKib > 0) {
    noteTables(scanning.tables, process, base, recent);
  }
  return process;
}

/** What a forked process may have from its parent, KiB. */
function inheritedKib({ last, sys }: Scanning, pid: number, ppid: number, startMs: number): number {
  const parentKib = readHeirKib(sys, ppid);
  const first = firstKib(last, pid, startMs);
  // By now its parent may have more than it had to leave. Who has its parent's memory, and no copy
  // of it, grows with that.
  return first < parentKib && !hasAsMuch(sys, ppid, pid) ? first : parentKib;
}

type Asked = Pick<Process, "exe" | "cmdline" | "cgroup" | "managedPreference">;

/**
 * What rules ask for. Null when some of it is there and cannot be read: nobody is chosen because it
 * could not be seen that a rule protects it. An executable, which takes CAP_SYS_PTRACE to see, is
 * "" where rules only prefer or avoid it.
 */
function readAsked(scanning: Scanning, pid: number, uid: number): Asked | null {
  const { bytesLeft, needs, sys } = scanning;
  const seen = exeOf(sys, pid);
  const exe = needs.exeProtects ? seen : (seen ?? "");
  const words = needs.cmdline ? readCommandLine(sys, pid, uid, bytesLeft) : "";
  scanning.unknown += words === undefined ? 1 : 0;
  const isUnknown = words === undefined || (words === null && !needs.cmdlineRules);
  const cmdline = isUnknown ? UNKNOWN : words;
  const cgroup = cgroupOf(sys, pid);
  if (exe === null || cmdline === null || cgroup === null) {
    return null;
  }
  return { exe, cmdline, cgroup, managedPreference: managedPreference(sys, cgroup) };
}

/**
 * The path of an executable; a longer one than the kernel tells is no rule's. Null: not readable.
 */
export function exeOf(sys: Sys, pid: number): string | null {
  const length = sys.readProcessFile(pid, "exe");
  return length === -Errno.ENAMETOOLONG ? "" : textOf(sys, length);
}

/** A file's text; "" where there is none, as of kernel threads and the dead; null: not readable. */
function textOf(sys: Sys, length: number): string | null {
  return length < 0 && length !== -Errno.ENOENT ? null : decode(sys.text, length);
}
