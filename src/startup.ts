import { Errno, errnoSentence } from "./model/errno.ts";
import type { Event } from "./model/event.ts";
import { ExitCode } from "./model/exit-codes.ts";
import * as limits from "./model/limits.ts";
import type { Options } from "./model/options.ts";
import type { Needs } from "./model/process.ts";
import { emptyReading, type Enough, type Reading } from "./model/reading.ts";
import { enoughOf, isAmple } from "./policy/pace.ts";
import { needsAll, needsOf } from "./policy/rules.ts";
import { emptyTrend, type Trend } from "./policy/trend.ts";
import { lookClosely, type Machine, openMachine } from "./readings/machine.ts";
import type { Depth } from "./readings/scores.ts";
import { emptyNotes, type SizeNotes } from "./readings/sizes.ts";
import type { Report } from "./report/plain.ts";
import { notify } from "./report/systemd.ts";
import type { PageRange, Sys } from "./sys/sys.ts";

const INIT = 1;

/** All that the daemon remembers from one look to the next. */
export interface Daemon {
  readonly sys: Sys;
  readonly options: Options;
  /** Held by flock(2), also over a restart; -1 in the foreground. */
  readonly pidFileFd: number;
  readonly report: Report;
  readonly ownPid: number;
  readonly machine: Machine;
  readonly needs: Needs;
  /** Whom a scan looks at first. */
  readonly depth: Depth;
  readonly reading: Reading;
  readonly enough: Enough;
  readonly trend: Trend;
  /** Processes that could not be ended, and until when they are left out. */
  readonly refused: Map<string, number>;
  /** What growth is measured from; empty while memory is plenty. */
  readonly sizes: SizeNotes;
  /** Parent, group or session of the family that was ended last, and until when that counts. */
  earlierFamily: number;
  earlierFamilyUntilMs: number;
  /** A family that was ended may still be dying until then; 0 when it is gone. */
  familyDiesUntilMs: number;
  /** When the daemon last had to act; Infinity when it has not since it was trimmed. */
  troubleAtMs: number;
  /** That nobody can be ended is not said again before this. */
  nobodySaidUntilMs: number;
  /** Whether trimming rehearses kills, and what they take is kept in memory then. */
  armed: boolean;
  /** When memory was not ample for the last time. */
  scarceAtMs: number;
  /** It does not start again in place before this: that failed. */
  stayUntilMs: number;
  /** What a start reads of files, and how many of these are fetched for the next one. */
  startPages: readonly PageRange[];
  fetched: number;
  /** Who may not lock all memory locks page by page, which takes other code. */
  readonly canLock: boolean;
  /** A signal that came and was not heeded yet, or 0; one that means the end before a reload. */
  heard: number;
  /** Nothing is decided before this: a dry run would say the same, or nobody can be ended. */
  quietUntilMs: number;
}

/**
 * Start-up, in the order in which a user wants to hear of it; an exit code when it cannot hold its
 * pid file.
 */
export function start(
  sys: Sys,
  options: Options,
  report: Report,
  version: string,
): Daemon | ExitCode {
  const tell: Report = options.resume === "no" ? report : () => {};
  sys.watchSignals();
  let { pidFileFd } = options;
  if (options.pidFile !== "" && pidFileFd < 0) {
    pidFileFd = sys.holdPidFile(options.pidFile);
    if (pidFileFd < 0) {
      return refusePidFile(sys, options, report, -pidFileFd);
    }
  }
  // In a fork storm nobody of nice 0 gets a processor: 20 s to the first kill, 0.3 s with this
  // (measured). Who may not do it has to live with what it was started with.
  sys.raisePriority();
  const { architecture, host, release, system } = sys.systemName();
  tell({ kind: "started", version, system, host, release, architecture });
  const machine = openMachine(sys);
  const daemon: Daemon = {
    sys,
    options,
    pidFileFd,
    report,
    ownPid: sys.ownPid(),
    machine,
    needs: needsOf(options),
    depth: needsAll(options) ? "all" : "largest",
    reading: emptyReading(),
    enough: enoughOf(options),
    trend: emptyTrend(),
    refused: new Map(),
    sizes: emptyNotes(),
    earlierFamily: 0,
    earlierFamilyUntilMs: 0,
    familyDiesUntilMs: 0,
    troubleAtMs: Infinity,
    nobodySaidUntilMs: 0,
    armed: true,
    scarceAtMs: sys.nowMs(),
    stayUntilMs: 0,
    startPages: [],
    fetched: 0,
    canLock: !options.trim || (sys.lockMemory() >= 0 && sys.unlockMemory() >= 0),
    heard: 0,
    quietUntilMs: 0,
  };
  if (machine.pressureFd < 0) {
    tell({ kind: "no-pressure", errno: -machine.pressureFd });
  } else {
    tell(registerTrigger(sys));
  }
  lookClosely(sys, machine, daemon.reading);
  daemon.armed = options.resume === "armed" || !isAmple(daemon.reading, daemon.enough);
  if (!daemon.reading.detailed) {
    const reason = machine.meminfoFd < 0 ? errnoSentence(-machine.meminfoFd) : "a line is missing";
    const sentence = `cannot read /proc/meminfo, ${reason}: until it can be, nobody is ended`;
    report({ kind: "problem", sentence });
  }
  // Nobody may look at init's but who has CAP_SYS_PTRACE; proc_pid_exe(5).
  if (daemon.needs.exe && sys.readProcessFile(INIT, "exe") < 0) {
    tell(blindOnExe(daemon.needs));
  }
  tell({ kind: "watching", options, reading: daemon.reading });
  return daemon;
}

function blindOnExe({ exeProtects }: Needs): Event {
  const sentence = exeProtects
    ? "rules that protect by exe spare everybody whose executable cannot be seen: " +
      "that takes CAP_SYS_PTRACE"
    : "rules on exe match nobody whose executable cannot be seen: that takes CAP_SYS_PTRACE";
  return { kind: "problem", sentence };
}

/** Tells systemd, or the command that waits for it, that the daemon is up. */
export function announce({ options, sys }: Daemon): void {
  notify(sys, options.notifySocket, "READY=1");
  if (options.readyFd >= 0) {
    sys.write(options.readyFd, "up");
    sys.close(options.readyFd);
  }
}

function refusePidFile(sys: Sys, options: Options, report: Report, errno: number): ExitCode {
  const isHeld = errno === Errno.EAGAIN;
  const because = isHeld ? "another bustd is running and holds it" : errnoSentence(errno);
  const sentence = `cannot use the pid file ${options.pidFile}: ${because}`;
  report({ kind: "problem", sentence });
  if (options.readyFd >= 0) {
    sys.write(options.readyFd, sentence);
  }
  return isHeld ? ExitCode.alreadyRunning : ExitCode.notStarted;
}

/** A PSI trigger with a short window where the kernel lets us, else with the one it lets all. */
function registerTrigger(sys: Sys): Event {
  const short = sys.watchPressure(limits.TRIGGER_STALL_US, limits.TRIGGER_WINDOW_US);
  if (short >= 0) {
    return trigger(limits.TRIGGER_STALL_US, limits.TRIGGER_WINDOW_US);
  }
  const plain = sys.watchPressure(limits.PLAIN_TRIGGER_STALL_US, limits.PLAIN_TRIGGER_WINDOW_US);
  return plain >= 0
    ? trigger(limits.PLAIN_TRIGGER_STALL_US, limits.PLAIN_TRIGGER_WINDOW_US)
    : { kind: "no-trigger", errno: -plain };
}

function trigger(stallUs: number, windowUs: number): Event {
  return { kind: "trigger", stallMs: stallUs / 1000, windowMs: windowUs / 1000 };
}
