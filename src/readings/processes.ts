import { Errno } from "../model/errno.ts";
import type { Needs, Process } from "../model/process.ts";
import type { Sys } from "../sys/sys.ts";
import { cgroupOf, managedPreference } from "./cgroup.ts";
import { commOf, Field, parseStat, statFields } from "./process-stat.ts";
import { decode, wholeNumber } from "./text.ts";

/** The process table at one moment. */
export interface Snapshot {
  /** The candidates, unordered: those that were looked at closely. */
  readonly processes: readonly Process[];
  /** All processes there are. */
  readonly processCount: number;
  /** Milliseconds since boot, as `Process.startMs` counts. */
  readonly takenMs: number;
}

/** Size of each process at an earlier scan, by pid and start; what growth is measured from. */
export type Sizes = ReadonlyMap<number, number>;

/** How far down the order of `oom_score` a scan looks closely. */
export type Depth = "largest" | "all";

/** What a scan is to read. */
export interface Plan {
  readonly needs: Needs;
  readonly depth: Depth;
  /** An earlier scan's sizes; then all processes are looked at, for how much each has grown. */
  readonly before: Sizes | null;
  /** RAM and swap together. */
  readonly totalKib: number;
}

/** Enough for a victim, a next one, and all that protect themselves above them. */
const LARGEST = 64;
const MAX_SCORE = 2048;
/** Scheduler ticks of 10 ms are the unit of all such fields, whatever the kernel's own; time(7). */
const MS_PER_TICK = 10;

const pidsOfScan = new Int32Array(65536);
const scores = new Int16Array(65536);
const histogram = new Int32Array(MAX_SCORE);

/**
 * Reads `oom_score` of every process. That one file tells the kernel's own order: it counts RSS,
 * swap and page tables of all threads, and is 0 for init, kernel threads, the dead and the exempt.
 */
function readScores(sys: Sys): number {
  const count = Math.max(0, sys.listProcesses());
  histogram.fill(0);
  for (let i = 0; i < count; i++) {
    const pid = sys.pids[i] ?? 0;
    pidsOfScan[i] = pid;
    const score = wholeNumber(sys.text, sys.readProcessFile(pid, "oom_score"), 0);
    const kept = Math.max(0, Math.min(MAX_SCORE - 1, score));
    scores[i] = kept;
    histogram[kept] = (histogram[kept] ?? 0) + 1;
  }
  return count;
}

/** The lowest score that is still among the largest ones. */
function thresholdOf(depth: Depth): number {
  if (depth === "all") {
    return 1;
  }
  let above = 0;
  for (let score = MAX_SCORE - 1; score > 0; score--) {
    above += histogram[score] ?? 0;
    if (above > LARGEST) {
      // A crowd that shares one score stays out, unless it is all there is.
      return above - (histogram[score] ?? 0) > 0 ? score + 1 : score;
    }
  }
  return 1;
}

/** A pid and its start in one number, so that a pid's second use is another process. */
function identity(pid: number, startMs: number): number {
  return (startMs % 2 ** 31) * 2 ** 22 + pid;
}

/** What a later scan measures growth from. */
export function sizesOf(snapshot: Snapshot): Sizes {
  return new Map(
    snapshot.processes.map(({ pid, startMs, sizeKib }) => [identity(pid, startMs), sizeKib]),
  );
}

/** Reads the process table; processes that vanish meanwhile are left out. */
export function scan(sys: Sys, plan: Plan): Snapshot {
  const count = readScores(sys);
  const threshold = thresholdOf(plan.before === null ? plan.depth : "all");
  const processes: Process[] = [];
  for (let i = 0; i < count; i++) {
    const score = scores[i] ?? 0;
    if (score >= threshold) {
      const process = readProcess(sys, pidsOfScan[i] ?? 0, score, plan);
      if (process !== null) {
        processes.push(process);
      }
    }
  }
  const seconds = Number.parseFloat(decode(sys.text, sys.readFile("/proc/uptime")));
  return { processes, processCount: count, takenMs: Number.isFinite(seconds) ? seconds * 1000 : 0 };
}

function readProcess(sys: Sys, pid: number, oomScore: number, plan: Plan): Process | null {
  const { before, needs } = plan;
  const length = sys.readProcessFile(pid, "stat");
  const state = parseStat(sys.text, length);
  if (state === "") {
    return null;
  }
  const comm = commOf(sys.text, length);
  const [ppid = 0, pgid = 0, sessionId = 0] = statFields.subarray(Field.ppid, Field.flags);
  const flags = statFields[Field.flags] ?? 0;
  const threads = statFields[Field.threads] ?? 0;
  const startMs = (statFields[Field.startTicks] ?? 0) * MS_PER_TICK;
  const rssPages = statFields[Field.rssPages] ?? 0;
  const pages = state === "Z" && threads > 1 ? livingThreadPages(sys, pid) : rssPages;
  const rssKib = pages * sys.pageKib;
  const oomScoreAdj = readAdj(sys, pid);
  const sizeKib = Math.max(rssKib, scoredKib(oomScore, oomScoreAdj, plan.totalKib));
  const beforeKib = before?.get(identity(pid, startMs)) ?? 0;
  const asked = readAsked(sys, pid, needs);
  if (asked === null) {
    return null;
  }
  return {
    pid,
    comm,
    state,
    ppid,
    pgid,
    sessionId,
    flags,
    threads,
    startMs,
    oomScore,
    oomScoreAdj,
    rssKib,
    sizeKib,
    grownKib: before === null ? 0 : Math.max(0, sizeKib - beforeKib),
    ...asked,
  };
}

type Asked = Pick<Process, "uid" | "exe" | "cmdline" | "cgroup" | "managedPreference">;

/**
 * What rules ask for. Null when some of it is there and cannot be read: nobody is chosen because it
 * could not be seen that a rule protects it.
 */
function readAsked(sys: Sys, pid: number, needs: Needs): Asked | null {
  const uid = needs.uid ? sys.ownerOf(`/proc/${pid}`) : -1;
  const exe = needs.exe ? readText(sys, pid, "exe") : "";
  const cmdline = needs.cmdline ? readText(sys, pid, "cmdline") : "";
  const cgroup = needs.cgroup ? cgroupOf(sys, pid) : "";
  if ((needs.uid && uid < 0) || exe === null || cmdline === null || cgroup === null) {
    return null;
  }
  return {
    uid,
    exe,
    // With blanks between the arguments.
    cmdline: cmdline.replaceAll("\0", " ").trimEnd(),
    cgroup,
    managedPreference: managedPreference(sys, cgroup),
  };
}

/** A file's text; "" where there is none, as of kernel threads and the dead; null: not readable. */
function readText(sys: Sys, pid: number, name: "exe" | "cmdline"): string | null {
  const length = sys.readProcessFile(pid, name);
  return length < 0 && length !== -Errno.ENOENT ? null : decode(sys.text, length);
}

/**
 * RSS, swap and page tables together, from what the kernel made of them:
 * `oom_score` = (1000 + adj + 1000 · size / total) · 2/3 since Linux 5.9; fs/proc/base.c.
 */
function scoredKib(oomScore: number, oomScoreAdj: number, totalKib: number): number {
  return Math.max(0, ((oomScore * 1.5 - 1000 - oomScoreAdj) * totalKib) / 1000);
}

function readAdj(sys: Sys, pid: number): number {
  const length = sys.readProcessFile(pid, "oom_score_adj");
  const negative = sys.text[0] === 45;
  const value = wholeNumber(sys.text, length, negative ? 1 : 0);
  return value < 0 ? 0 : negative ? -value : value;
}

/** All threads share their memory, but the kernel shows none for a first one that has ended. */
function livingThreadPages(sys: Sys, pid: number): number {
  const count = sys.listTasks(pid);
  const tids = sys.pids.slice(0, Math.max(0, count));
  for (const tid of tids) {
    const length = sys.readTaskStatm(pid, tid);
    const space = length > 0 ? sys.text.indexOf(32) : -1;
    const pages = space < 0 ? 0 : wholeNumber(sys.text, length, space + 1);
    if (pages > 0) {
      return pages;
    }
  }
  return 0;
}

/** When a process started, milliseconds since boot; -1 when there is no such process. */
export function startOf(sys: Sys, pid: number): number {
  const state = parseStat(sys.text, sys.readProcessFile(pid, "stat"));
  return state === "" ? -1 : (statFields[Field.startTicks] ?? 0) * MS_PER_TICK;
}
