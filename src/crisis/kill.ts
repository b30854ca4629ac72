import { Errno } from "../model/errno.ts";
import type { Ending } from "../model/event.ts";
import * as limits from "../model/limits.ts";
import type { Process } from "../model/process.ts";
import { readHeldKib } from "../readings/process-memory.ts";
import { hasEnded, isUnlocked, startOf } from "../readings/alive.ts";
import { Signal, Source, type Sys } from "../sys/sys.ts";

/** One victim of a kill. */
interface Target {
  readonly process: Process;
  /** -1 where the kernel gives none: then kill(2), with the start time checked. */
  readonly pidfd: number;
  isGone: boolean;
}

/** A kill that was begun and is not over yet. */
export interface Kill {
  readonly targets: readonly Target[];
  readonly startMs: number;
  /** SIGKILL follows then; victims who give back memory get as long again. */
  killAtMs: number;
  readonly graceMs: number;
  /** When SIGKILL was sent, or -1. */
  sigkillAtMs: number;
  /** Processes that were signalled, and the process group that was killed whole, or 0. */
  signalled: number;
  group: number;
  /** Positive number of the first refusal when nobody took the signal, else 0. */
  errno: number;
  /** What the victims held when they were looked at last, and when that became less. */
  heldKib: number;
  gaveBackAtMs: number;
  /** The same when they were signalled, and when SIGKILL was put off last. */
  firstKib: number;
  hadKib: number;
  /** What was left of the machine's memory when it had risen last, KiB, or -1; when that was. */
  leftKib: number;
  roseAtMs: number;
}

/** How the machine stands while victims die. */
export interface Standing {
  /** Memory is below the hard limits. */
  readonly isHard: boolean;
  /** What is left of memory and swap, KiB; -1 where what comes back may be another kill's. */
  readonly leftKib: number;
  /** Less than this is no change, KiB. */
  readonly stepKib: number;
}

/** What else is killed with the victims by SIGKILL. */
export interface Whole {
  /** The directory of a cgroup that may be killed whole by now, or "". */
  readonly cgroupDirectory: () => string;
  /** A process group that may be killed whole by now, with whom it starts meanwhile, or 0. */
  readonly group: () => number;
}

/**
 * Signals those who were chosen, and nobody else: each by a pidfd that was opened before its start
 * time was checked, so that who has the pid by then is not hit. What becomes of it, `tend` tells.
 */
export function begin(
  sys: Sys,
  victims: readonly Process[],
  urgency: "term" | "kill",
  graceMs: number,
  whole: Whole,
): Kill {
  const startMs = sys.nowMs();
  const targets: Target[] = [];
  for (const process of victims) {
    const target = openTarget(sys, process);
    if (target !== null) {
      targets.push(target);
    }
  }
  const kill: Kill = {
    targets,
    startMs,
    killAtMs: startMs + graceMs,
    graceMs,
    sigkillAtMs: -1,
    signalled: 0,
    group: 0,
    errno: 0,
    heldKib: Infinity,
    gaveBackAtMs: startMs,
    firstKib: 0,
    hadKib: 0,
    leftKib: -1,
    roseAtMs: startMs,
  };
  signalAll(sys, kill, urgency === "kill", whole);
  if (urgency === "term") {
    noteHeld(sys, kill, startMs);
    kill.firstKib = kill.heldKib;
    kill.hadKib = kill.heldKib;
  }
  // The next wait ends when the first one is gone.
  sys.watch(Source.victim, targets[0]?.pidfd ?? -1);
  return kill;
}

/** Null when the process is gone, or its pid is somebody else's by now. */
function openTarget(sys: Sys, process: Process): Target | null {
  const pidfd = sys.openPidfd(process.pid);
  if (pidfd === -Errno.ESRCH) {
    return null;
  }
  let isSame = startOf(sys, process.pid) === process.startMs;
  if (isSame || pidfd < 0) {
    return isSame ? { process, pidfd: pidfd < 0 ? -1 : pidfd, isGone: false } : null;
  }
  // The pidfd may have been the last descriptor that there was.
  sys.close(pidfd);
  isSame = startOf(sys, process.pid) === process.startMs;
  return isSame ? { process, pidfd: -1, isGone: false } : null;
}

/** Signals all who are there; SIGKILL also to what may be killed whole. */
function signalAll(sys: Sys, kill: Kill, isSigkill: boolean, whole: Whole): void {
  if (isSigkill) {
    kill.sigkillAtMs = sys.nowMs();
    killWhole(sys, kill, whole);
  }
  let refusal = 0;
  let taken = 0;
  for (const target of kill.targets) {
    if (target.isGone) {
      continue;
    }
    const result = signalOne(sys, target, isSigkill ? Signal.SIGKILL : Signal.SIGTERM);
    taken += result >= 0 ? 1 : 0;
    if (isSigkill && result >= 0) {
      // It frees its memory itself, and in a fork storm it would wait long for a processor.
      sys.hurry(target.process.pid);
    }
    // Nobody waits for one that may not be signalled.
    target.isGone = result < 0;
    refusal = result < 0 && result !== -Errno.ESRCH && refusal === 0 ? -result : refusal;
  }
  kill.signalled = Math.max(kill.signalled, taken);
  kill.errno = taken > 0 ? 0 : refusal;
}

/** By the pidfd; and where a filter refuses that, or there is none, by kill(2). */
function signalOne(sys: Sys, { pidfd, process }: Target, signal: number): number {
  const result = pidfd >= 0 ? sys.sendSignal(pidfd, signal) : -Errno.ENOSYS;
  if (result >= 0 || result === -Errno.ESRCH) {
    return result;
  }
  return startOf(sys, process.pid) === process.startMs
    ? sys.signalProcess(process.pid, signal)
    : -Errno.ESRCH;
}

function killWhole(sys: Sys, kill: Kill, whole: Whole): void {
  const cgroupDirectory = whole.cgroupDirectory();
  if (cgroupDirectory !== "") {
    sys.writeFile(`${cgroupDirectory}/cgroup.kill`, "1");
  }
  const group = whole.group();
  if (group > 1 && sys.signalGroup(group, Signal.SIGKILL) >= 0) {
    kill.group = group;
  }
}

/**
 * Sees to a kill that was begun: SIGKILL when its time has come or memory is below the hard limits,
 * and help for one that lingers, of whose memory nothing comes back. How it ended, or null while
 * victims are dying.
 */
export function tend(sys: Sys, kill: Kill, standing: Standing, whole: Whole): Ending | null {
  if (kill.targets.length === 0) {
    return "gone-before";
  }
  if (kill.errno !== 0) {
    return "refused";
  }
  const first = noteGone(sys, kill);
  if (first === null) {
    return "gone";
  }
  const nowMs = sys.nowMs();
  if (kill.sigkillAtMs < 0) {
    kill.leftKib = standing.leftKib;
    if (standing.isHard || (nowMs >= kill.killAtMs && !isGivingBack(sys, kill, nowMs))) {
      signalAll(sys, kill, true, whole);
    }
    return null;
  }
  noteHeld(sys, kill, nowMs);
  noteLeft(kill, standing, nowMs);
  if (idleMs(kill, nowMs) >= limits.LINGERS_MS && kill.signalled === 1) {
    help(sys, first);
  }
  const sinceMs = nowMs - Math.max(kill.sigkillAtMs, kill.roseAtMs);
  return sinceMs >= limits.STUCK_MS ? "stuck" : null;
}

/** For how long victims have given back nothing since SIGKILL was sent. */
function idleMs({ gaveBackAtMs, sigkillAtMs }: Kill, nowMs: number): number {
  return nowMs - Math.max(sigkillAtMs, gaveBackAtMs);
}

/** Notes who is gone; the first who is not, whom the next wait watches. */
function noteGone(sys: Sys, kill: Kill): Target | null {
  let first: Target | null = null;
  for (const target of kill.targets) {
    target.isGone ||=
      target.pidfd >= 0
        ? sys.hasEnded(target.pidfd)
        : hasEnded(sys, target.process.pid, target.process.startMs);
    if (!target.isGone && first === null) {
      first = target;
    }
  }
  sys.watch(Source.victim, first === null ? -1 : first.pidfd);
  return first;
}

/** Of so many victims it is asked what they hold; of the others, whether they are gone. */
const ASKED = 16;

/** Notes whether victims show that they give back memory. */
function noteHeld(sys: Sys, kill: Kill, nowMs: number): void {
  let heldKib = 0;
  let asked = 0;
  for (const { isGone, process } of kill.targets) {
    if (!isGone && asked < ASKED) {
      heldKib += readHeldKib(sys, process.pid);
      asked++;
    } else if (!isGone) {
      heldKib += process.sizeKib;
    }
  }
  if (heldKib < kill.heldKib) {
    kill.gaveBackAtMs = kill.heldKib < Infinity ? nowMs : kill.gaveBackAtMs;
    kill.heldKib = heldKib;
  }
}

/**
 * Notes whether the machine's memory comes back. The kernel shows nothing of a process any more
 * from the moment when it begins to free its memory, which takes seconds where that is a lot.
 */
function noteLeft(kill: Kill, { leftKib, stepKib }: Standing, nowMs: number): void {
  if (leftKib < 0 || kill.leftKib < 0) {
    kill.leftKib = leftKib;
  } else if (leftKib - kill.leftKib >= stepKib) {
    kill.leftKib = leftKib;
    kill.roseAtMs = nowMs;
    kill.gaveBackAtMs = nowMs;
  }
}

/**
 * Whether victims do what SIGTERM asks for: they gave back a part of what they held since this was
 * asked last, and then have as long again. SIGKILL would help no more, and cost what an orderly end
 * saves: PostgreSQL ends every session when one of them is killed.
 */
function isGivingBack(sys: Sys, kill: Kill, nowMs: number): boolean {
  noteHeld(sys, kill, nowMs);
  if (kill.hadKib - kill.heldKib <= kill.firstKib * limits.GIVING_BACK_SHARE) {
    return false;
  }
  kill.hadKib = kill.heldKib;
  kill.killAtMs = nowMs + kill.graceMs;
  return true;
}

/**
 * Frees the memory of one who lingers, as the kernel's own killer does: it may get no processor.
 * Not while somebody holds the lock that the call would wait for, and no signal would end that.
 */
function help(sys: Sys, { pidfd, process }: Target): void {
  if (pidfd >= 0 && isUnlocked(sys, process.pid)) {
    sys.releaseMemory(pidfd);
  }
}

/** Whether waiting for a kill brings nothing: it has given back nothing for a while. */
export function isHopeless(kill: Kill, nowMs: number, isHard: boolean): boolean {
  const patienceMs = isHard ? limits.HARD_STUCK_MS : limits.SOFT_STUCK_MS;
  return kill.sigkillAtMs >= 0 && idleMs(kill, nowMs) >= patienceMs;
}

/** Closes what a kill had open. */
export function finish(sys: Sys, kill: Kill): void {
  sys.watch(Source.victim, -1);
  for (const { pidfd } of kill.targets) {
    if (pidfd >= 0) {
      sys.close(pidfd);
    }
  }
}
