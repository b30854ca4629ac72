import { endVictims } from "./action/end-victims.ts";
import { lockMemory } from "./action/lock-memory.ts";
import { type Mend, trimMemory } from "./action/trim-memory.ts";
import { errnoSentence } from "./model/errno.ts";
import type { Acting, Outcome } from "./model/event.ts";
import { ExitCode } from "./model/exit-codes.ts";
import * as limits from "./model/limits.ts";
import type { Options } from "./model/options.ts";
import { availablePercent, leftKib } from "./model/reading.ts";
import type { Selection } from "./model/selection.ts";
import { CALM, type Verdict } from "./model/verdict.ts";
import { confirm, decide, isHard } from "./policy/decide.ts";
import { isScarce, sleepMs } from "./policy/pace.ts";
import { needsAll } from "./policy/rules.ts";
import { clearTrend, refaultsPerS, remember, stallPercent, swapInsPerS } from "./policy/trend.ts";
import { identityOf, selectVictims } from "./policy/victim.ts";
import { cgroupDirectory, holdsOnly } from "./readings/cgroup.ts";
import { isGroupOf } from "./readings/group.ts";
import { look, lookClosely } from "./readings/machine.ts";
import { scan, startOf } from "./readings/processes.ts";
import { forgetSizes, keepSizes, noteFreed, sizesOf } from "./readings/sizes.ts";
import { rehearsalOf } from "./rehearsal.ts";
import type { Report } from "./report/plain.ts";
import { notify } from "./report/systemd.ts";
import { announce, type Daemon, start } from "./startup.ts";
import { Signal, type Sys, Wake } from "./sys/sys.ts";

/** After trimming the first sleep is short: after the first turn nothing is new any more. */
const FIRST_TURN_MS = 1;

/**
 * Watches until it is told to stop; an exit code. The loop is the whole program: wait, read,
 * decide, select, read and decide again, end the victim, wait for relief, report.
 */
export function runDaemon(sys: Sys, options: Options, report: Report, version: string): number {
  const daemon = start(sys, options, report, version);
  if (daemon === null) {
    return ExitCode.alreadyRunning;
  }
  let mend = settle(daemon);
  arrive(daemon);
  while (heed(daemon, turn(daemon, mend === null ? Infinity : FIRST_TURN_MS))) {
    const again = isOver(daemon);
    mend?.();
    mend = again ? settleAgain(daemon) : null;
  }
  return ExitCode.ok;
}

/** Looks, acts where it must, and sleeps, no longer than this; why it woke. */
function turn(daemon: Daemon, longestMs: number): number {
  look(daemon.sys, daemon.machine, daemon.reading, daemon.enough);
  const verdict = judge(daemon);
  if (verdict.kind === "act") {
    respond(daemon, verdict);
  }
  const ms = pause(daemon);
  return daemon.sys.wait(ms < longestMs ? ms : longestMs);
}

/** Takes note of why it woke; false when it is told to stop. */
function heed(daemon: Daemon, wake: number): boolean {
  if ((wake & Wake.PRESSURE_GONE) !== 0) {
    daemon.report({ kind: "pressure-lost" });
  }
  return (wake & Wake.SIGNAL) === 0 || !shallStop(daemon);
}

/** Remembers the look that was just taken, and decides. */
function judge(daemon: Daemon): Verdict {
  const { options, reading, trend } = daemon;
  if (!reading.detailed) {
    // What came to pass while nobody looked is no news.
    clearTrend(trend);
    return CALM;
  }
  if (!reading.complete) {
    // More is available than any rule asks for.
    return CALM;
  }
  remember(trend, reading);
  return decide(reading, trend, options);
}

/** Looks at everything once more, and decides again. */
function judgeAgain(daemon: Daemon): Verdict {
  lookClosely(daemon.sys, daemon.machine, daemon.reading);
  return judge(daemon);
}

/** Chooses a victim and, if memory did not come back meanwhile, ends it. */
function respond(daemon: Daemon, verdict: Acting): void {
  const { options, reading, report } = daemon;
  const suspectUntilMs = verdict.rule === "leak" ? daemon.suspectUntilMs : 0;
  if (reading.atMs < Math.max(daemon.quietUntilMs, suspectUntilMs)) {
    return;
  }
  daemon.troubleAtMs = reading.atMs;
  const selection = select(daemon);
  // What a dying family holds is about to be free: meanwhile only those born since are ended.
  if (selection.family === null && reading.atMs < daemon.familyDiesUntilMs) {
    return;
  }
  if (selection.victims.length === 0) {
    report({ kind: "nobody", verdict, selection });
    daemon.quietUntilMs = reading.atMs + limits.NOBODY_QUIET_MS;
    return;
  }
  const again = judgeAgain(daemon);
  if (again.kind === "calm") {
    report({ kind: "recovered", verdict });
    return;
  }
  const confirmed = confirm(again, selection, reading);
  if (confirmed.kind === "calm") {
    daemon.suspectUntilMs = reading.atMs + limits.SUSPECT_MS;
    return;
  }
  report({ kind: "killing", verdict: confirmed, selection, dryRun: options.dryRun });
  if (options.dryRun) {
    daemon.quietUntilMs = reading.atMs + limits.DRY_RUN_QUIET_MS;
    return;
  }
  const beforeKib = leftKib(reading);
  const outcome = end(daemon, selection, confirmed.urgency);
  lookClosely(daemon.sys, daemon.machine, reading);
  noteFreed(daemon.sizes, Math.max(0, leftKib(reading) - beforeKib));
  const available = availablePercent(reading);
  report({ kind: "ended", selection, outcome, availablePercent: available });
  rememberOutcome(daemon, selection, outcome);
  // avg10 stays high for up to 14 s after relief; only stalls from now on count.
  clearTrend(daemon.trend);
}

function select(daemon: Daemon): Selection {
  const { needs, options, reading, sys } = daemon;
  const depth = needsAll(options) ? "all" : "largest";
  const totalKib = reading.totalKib + reading.swapTotalKib;
  const before = sizesOf(daemon.sizes);
  const snapshot = scan(sys, { needs, depth, before, totalKib, leftKib: leftKib(reading) });
  const refused = new Set<string>();
  for (const [identity, untilMs] of daemon.refused) {
    if (untilMs > reading.atMs) {
      refused.add(identity);
    } else {
      daemon.refused.delete(identity);
    }
  }
  return selectVictims(snapshot.processes, {
    options,
    ownPid: sys.ownPid(),
    takenMs: snapshot.takenMs,
    totalKib,
    processCount: snapshot.processCount,
    refused,
    earlierFamily: reading.atMs < daemon.earlierFamilyUntilMs ? daemon.earlierFamily : 0,
  });
}

function end(daemon: Daemon, selection: Selection, urgency: Acting["urgency"]): Outcome {
  const { machine, options, reading, sys } = daemon;
  const victims = selection.victims.map((candidate) => candidate.process);
  const first = selection.victims[0];
  const cgroup = first?.scope === "cgroup" ? first.process.cgroup : "";
  const pids = new Set(victims.map(({ pid }) => pid));
  return endVictims(sys, victims, {
    urgency,
    stuckMs: selection.family === null ? limits.STUCK_MS : limits.FAMILY_STUCK_MS,
    cgroupDirectory: () => (holdsOnly(sys, cgroup, pids) ? cgroupDirectory(cgroup) : ""),
    group: () => (isWholeGroup(daemon, selection) ? (selection.family?.id ?? 0) : 0),
    isSame: (process) => startOf(sys, process.pid) === process.startMs,
    isHard: () => {
      lookClosely(sys, machine, reading);
      return isHard(reading, options);
    },
  });
}

/**
 * Whether a family is ended by its process group, so that nobody escapes who is started meanwhile.
 * Who leads a session is spared the first time: it may be somebody's login.
 */
function isWholeGroup(daemon: Daemon, { family, victims }: Selection): boolean {
  const comm = victims[0]?.process.comm ?? "";
  const again = daemon.reading.atMs < daemon.earlierFamilyUntilMs;
  return (
    family?.tie === "process-group" &&
    isGroupOf(daemon.sys, family.id, comm, again && daemon.earlierFamily === family.id)
  );
}

/** Who could not be ended is left out of the choice for a while; so is known who had a family. */
function rememberOutcome(daemon: Daemon, selection: Selection, outcome: Outcome): void {
  if (selection.family !== null) {
    daemon.earlierFamily = selection.family.id;
    daemon.earlierFamilyUntilMs = daemon.reading.atMs + limits.REFUSED_MS;
    daemon.familyDiesUntilMs =
      outcome.ending === "stuck" ? daemon.reading.atMs + limits.STUCK_MS : 0;
  }
  if (outcome.ending === "refused" || outcome.ending === "stuck") {
    for (const { process } of selection.victims) {
      daemon.refused.set(identityOf(process), daemon.reading.atMs + limits.REFUSED_MS);
    }
  }
}

/** How long to sleep; while memory is scarce, who is how large is noted for the growth since. */
function pause(daemon: Daemon): number {
  const { options, reading, sys } = daemon;
  const ms = sleepMs(reading, options);
  if (ms > limits.SCARCE_LOOK_MS) {
    forgetSizes(daemon.sizes);
  } else {
    keepSizes(sys, daemon.sizes, reading);
  }
  if (options.verbose) {
    reportLook(daemon, ms);
  }
  if (options.watchdogMs > 0) {
    notify(sys, options.notifySocket, "WATCHDOG=1");
    return Math.min(ms, options.watchdogMs);
  }
  return ms;
}

function reportLook({ reading, report, trend }: Daemon, ms: number): void {
  report({
    kind: "look",
    reading,
    stallPercent: stallPercent(trend, limits.STALL_WINDOW_MS),
    refaultsPerS: refaultsPerS(trend, limits.STALL_WINDOW_MS),
    swapInsPerS: swapInsPerS(trend, limits.STALL_WINDOW_MS),
    sleepMs: ms,
  });
}

/** Takes the signals that came; true when one of them means the end. */
function shallStop({ options, report, sys }: Daemon): boolean {
  for (let signal = sys.nextSignal(); signal > 0; signal = sys.nextSignal()) {
    if (signal === Signal.SIGHUP) {
      report({ kind: "reloading" });
      notify(
        sys,
        options.notifySocket,
        `RELOADING=1\nMONOTONIC_USEC=${Math.round(sys.nowMs() * 1000)}`,
      );
      const failed = sys.restart(
        "BUSTD_RELOAD_FD",
        JSON.stringify({ ...options, readyFd: -1 }),
        options.argv,
      );
      report({ kind: "problem", sentence: `cannot start again, ${errnoSentence(-failed)}` });
      continue;
    }
    notify(sys, options.notifySocket, "STOPPING=1");
    report({ kind: "stopped", signal });
    if (options.pidFile !== "") {
      sys.removeFile(options.pidFile);
    }
    return true;
  }
  return false;
}

/**
 * Makes the daemon small, but not in the middle of a crisis: what trimming gives back would have to
 * be read again.
 */
function settle(daemon: Daemon): Mend | null {
  const isCalm = judge(daemon).kind === "calm";
  return daemon.options.trim && isCalm
    ? trimMemory(daemon.sys, rehearsalOf(daemon, { arrive, heed, turn }))
    : null;
}

/** Whether a crisis is over: what trimming gives back is not needed and gone in a moment. */
function isOver({ options, reading, troubleAtMs }: Daemon): boolean {
  if (reading.atMs - troubleAtMs <= limits.TROUBLE_MS) {
    return false;
  }
  const isCalm = !isScarce(reading, options) && reading.someAvg10 < limits.CALM_AVG10;
  return isCalm || !reading.detailed;
}

/** When a crisis is over, the daemon becomes as small as it was. */
function settleAgain(daemon: Daemon): Mend | null {
  daemon.troubleAtMs = Infinity;
  daemon.sys.unlockMemory();
  const mend = settle(daemon);
  lockMemory(daemon.sys);
  return mend;
}

/** The end of the start: keeps the daemon in memory, and says that it is up. */
function arrive(daemon: Daemon): void {
  daemon.report(lockMemory(daemon.sys));
  announce(daemon);
}
