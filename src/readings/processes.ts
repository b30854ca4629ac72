import { Errno } from "../model/errno.ts";
import type { Needs, Process } from "../model/process.ts";
import type { Sys } from "../sys/sys.ts";
import { cgroupOf, managedPreference } from "./cgroup.ts";
import { commOf, Field, MS_PER_TICK, parseStat, statFields } from "./process-stat.ts";
import { type Depth, readScores, scannedPids, scores, thresholdOf } from "./scores.ts";
import { hadScore, readAdj, readRssKib, scoredKib, sizeBefore, type Sizes } from "./sizes.ts";
import { decimalNumber, decode, SPACE } from "./text.ts";

/** The process table at one moment. */
export interface Snapshot {
  /** The candidates, unordered: those that were looked at closely. */
  readonly processes: readonly Process[];
  /** All processes there are. */
  readonly processCount: number;
  /** Milliseconds since boot, as `Process.startMs` counts. */
  readonly takenMs: number;
}

/** What a scan is to read. */
export interface Plan {
  readonly needs: Needs;
  readonly depth: Depth;
  /** An earlier scan's sizes: those that have grown since are candidates as well. */
  readonly before: Sizes | null;
  /** RAM and swap together, and what is left of both. */
  readonly totalKib: number;
  readonly leftKib: number;
}

/** Younger than a look at sizes and the one before. */
const YOUNG_MS = 2000;

/**
 * Reads the process table; processes that vanish meanwhile are left out. Whose score is what it was
 * has grown by less than 0.15 % of all memory: those are read only when the others' growth does not
 * account for most of what was lost.
 */
export function scan(sys: Sys, plan: Plan): Snapshot {
  const { before, depth, leftKib } = plan;
  const takenMs = readUptimeMs(sys);
  const count = readScores(sys);
  const known: Known = { count, takenMs, threshold: thresholdOf(depth), processes: [] };
  const grownKib = readProcesses(sys, plan, known, before);
  if (before !== null && grownKib * 2 < before.leftKib - leftKib) {
    readProcesses(sys, plan, known, null);
  }
  return { processes: known.processes, processCount: count, takenMs };
}

interface Known {
  readonly count: number;
  readonly takenMs: number;
  readonly threshold: number;
  readonly processes: Process[];
}

/**
 * Reads those that were not read yet, but not who is small and `unchanged`; what they grew. Who is
 * read has a negative score from then on.
 */
function readProcesses(sys: Sys, plan: Plan, known: Known, unchanged: Sizes | null): number {
  let grownKib = 0;
  for (let i = 0; i < known.count; i++) {
    const score = scores[i] ?? 0;
    const pid = scannedPids[i] ?? 0;
    const isLarge = score >= known.threshold;
    if (score <= 0 || (unchanged !== null && hadScore(unchanged, pid, score) && !isLarge)) {
      continue;
    }
    scores[i] = -score;
    const process = readProcess(sys, pid, score, isLarge, known.takenMs, plan);
    if (process !== null) {
      known.processes.push(process);
      grownKib += process.grownKib;
    }
  }
  return grownKib;
}

/** Milliseconds since boot, as processes' start times count; 0 when unknown. proc_uptime(5). */
function readUptimeMs(sys: Sys): number {
  const seconds = decimalNumber(sys.text, sys.readFile("/proc/uptime"), 0);
  return seconds < 0 ? 0 : seconds * 1000;
}

/** What a process that nobody noted before has grown by: all it holds, when it is young. */
function youngKib(sizeKib: number, ageMs: number): number {
  return ageMs < YOUNG_MS ? sizeKib : 0;
}

/** Null when the process is gone, and when it is neither large nor has it grown. */
function readProcess(
  sys: Sys,
  pid: number,
  oomScore: number,
  isLarge: boolean,
  takenMs: number,
  plan: Plan,
): Process | null {
  const { before, needs } = plan;
  const length = sys.readProcessFile(pid, "stat");
  const state = parseStat(sys.text, length);
  if (state === "") {
    return null;
  }
  const ppid = statFields[Field.ppid] ?? 0;
  const pgid = statFields[Field.pgid] ?? 0;
  const sessionId = statFields[Field.sessionId] ?? 0;
  const flags = statFields[Field.flags] ?? 0;
  const threads = statFields[Field.threads] ?? 0;
  const startMs = (statFields[Field.startTicks] ?? 0) * MS_PER_TICK;
  const rssKib = readRssKib(sys, pid, state);
  const oomScoreAdj = readAdj(sys, pid);
  const sizeKib = Math.max(rssKib, scoredKib(oomScore, oomScoreAdj, plan.totalKib));
  const wasKib = before === null ? -1 : sizeBefore(before, pid, startMs);
  const grownKib =
    wasKib < 0 ? youngKib(sizeKib, takenMs - startMs) : Math.max(0, sizeKib - wasKib);
  if (!isLarge && grownKib <= 0) {
    return null;
  }
  // Once more, and only now: the names of all would be much garbage, when there is no memory left.
  const named = sys.readProcessFile(pid, "stat");
  const comm = commOf(sys.text, named);
  const asked = readAsked(sys, pid, needs);
  if (named <= 0 || asked === null) {
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
    grownKib,
    uid: asked.uid,
    exe: asked.exe,
    cmdline: asked.cmdline,
    cgroup: asked.cgroup,
    managedPreference: asked.managedPreference,
  };
}

type Asked = Pick<Process, "uid" | "exe" | "cmdline" | "cgroup" | "managedPreference">;

/**
 * What rules ask for. Null when some of it is there and cannot be read: nobody is chosen because it
 * could not be seen that a rule protects it. An executable, which takes CAP_SYS_PTRACE to see, is
 * "" where rules only prefer or avoid it.
 */
function readAsked(sys: Sys, pid: number, needs: Needs): Asked | null {
  const uid = needs.uid ? sys.ownerOf(`/proc/${pid}`) : -1;
  const seen = needs.exe ? textOf(sys, sys.readProcessFile(pid, "exe")) : "";
  const exe = needs.exeProtects ? seen : (seen ?? "");
  const cmdline = needs.cmdline ? readCommandLine(sys, pid) : "";
  const cgroup = needs.cgroup ? cgroupOf(sys, pid) : "";
  if ((needs.uid && uid < 0) || exe === null || cmdline === null || cgroup === null) {
    return null;
  }
  return {
    uid,
    exe,
    cmdline,
    cgroup,
    managedPreference: managedPreference(sys, cgroup),
  };
}

/** A file's text; "" where there is none, as of kernel threads and the dead; null: not readable. */
function textOf(sys: Sys, length: number): string | null {
  return length < 0 && length !== -Errno.ENOENT ? null : decode(sys.text, length);
}

/** The same of the command line, with blanks between the arguments and none at the end. */
function readCommandLine(sys: Sys, pid: number): string | null {
  const length = sys.readProcessFile(pid, "cmdline");
  let end = 0;
  for (let at = 0; at < length; at++) {
    if (sys.text[at] === 0) {
      sys.text[at] = SPACE;
    }
    end = sys.text[at] === SPACE ? end : at + 1;
  }
  return textOf(sys, length > 0 ? end : length);
}

/**
 * When a process started, milliseconds since boot; -1 when there is no such process, or it is dead
 * and only its parent has not asked for it yet.
 */
export function startOf(sys: Sys, pid: number): number {
  const state = parseStat(sys.text, sys.readProcessFile(pid, "stat"));
  const isDead = state === "Z" && (statFields[Field.threads] ?? 0) <= 1;
  return state === "" || isDead ? -1 : (statFields[Field.startTicks] ?? 0) * MS_PER_TICK;
}
