import { tendKills } from "./crisis/aftermath.ts";
import { areManyDying } from "./crisis/crisis.ts";
import { judge, respond } from "./crisis/respond.ts";
import type { Daemon, Warner } from "./daemon-state.ts";
import { renew, settle } from "./footprint/renewal.ts";
import type { Report } from "./model/event.ts";
import { ExitCode } from "./model/exit-codes.ts";
import type { Handover } from "./model/handover.ts";
import * as limits from "./model/limits.ts";
import type { Verdict } from "./model/verdict.ts";
import { refaultsPerS, stallPercent, swapInsPerS } from "./policy/course.ts";
import { askedNow, isNear, sleepMs } from "./policy/pace.ts";
import { rememberUnmoved } from "./policy/trouble.ts";
import { hourOver } from "./recorder/counts.ts";
import { Leisure, record } from "./recorder/recorder.ts";
import { notify } from "./report/systemd.ts";
import { heed } from "./sources.ts";
import { announce, start } from "./start.ts";
import { Source, type Sys } from "./sys/sys.ts";
import { isUnmoved, noteUnmoved, waitWhileUnmoved } from "./watch/glance.ts";
import { isNoting, keepLedger } from "./watch/ledger.ts";
import { look } from "./watch/look.ts";
import { followTotals } from "./watch/shifts.ts";

/**
 * Watches until it is told to stop; an exit code. The loop is the whole program: wait, look,
 * decide, choose, look and decide again, kill, wait for relief, report.
 */
export function runDaemon(
  sys: Sys,
  handover: Handover,
  report: Report,
  version: string,
  warner: Warner | null = null,
): number {
  const daemon = start(sys, handover, report, version, warner);
  if (typeof daemon === "number") {
    return daemon;
  }
  // From here on the daemon may not give up any more: whatever fails is said, and it goes on.
  settle(daemon, turn);
  announce(daemon);
  while (turn(daemon)) {
    renew(daemon);
  }
  return ExitCode.ok;
}

/**
 * While many victims are dying, the time between two turns is so many times what one took: each
 * reads all of them, and no victim ends while the daemon has the processor.
 */
const DYING_REST = 3;

/** Looks, acts where it must, and sleeps; false when it is told to stop. */
function turn(daemon: Daemon): boolean {
  const { asked, ledger, machine, options, reading, recorder, sys } = daemon;
  const beganMs = sys.nowMs();
  look(sys, machine, reading, asked);
  daemon.asked = askedNow(asked, options, reading);
  if (machine.isBlind !== machine.isBlindSaid) {
    machine.isBlindSaid = machine.isBlind;
    daemon.report({ kind: "meminfo", isLost: machine.isBlind });
  }
  tendKills(daemon);
  const verdict = judge(daemon);
  if (verdict.kind === "act") {
    respond(daemon);
  }
  if (recorder !== null) {
    record(recorder, reading, isNear(reading, daemon.asked), leisureOf(daemon, verdict));
  }
  if (options.hourly && recorder !== null && recorder.ring !== null) {
    const over = hourOver(recorder.ring, reading.atMs);
    if (over !== null) {
      daemon.report({ kind: "hour", ...over });
    }
  }
  if (daemon.warner !== null) {
    daemon.warner.look(daemon);
  }
  followTotals(ledger, machine, reading);
  keepLedger(sys, ledger, machine, reading, asked);
  return heed(daemon, rest(daemon, pause(daemon, sys.nowMs() - beganMs)));
}

/**
 * Waits; where looks are frequent and what is left has not moved for a while, until it does, or a
 * whole turn of the loop is due.
 */
function rest(daemon: Daemon, ms: number): number {
  const { asked, course, crisis, inheritance, ledger, machine, options, reading, sys, warner } =
    daemon;
  const isBusy = crisis.kills.length > 0 || isNoting(ledger) || isAwaited(daemon);
  noteUnmoved(machine, reading);
  if (ms > limits.DYING_LOOK_MS && areManyDying(crisis.kills)) {
    // One after the other is gone.
    sys.watch(Source.victim, -1);
  }
  if (
    ms > limits.NEAR_LOOK_MS ||
    options.verbose ||
    isBusy ||
    !isUnmoved(machine, reading, asked)
  ) {
    return sys.wait(ms);
  }
  const { atMs } = reading;
  const mostMs = heardInTime(limits.UNMOVED_LOOK_MS, inheritance.watchdogMs);
  const wake = waitWhileUnmoved(sys, machine, reading, asked, ms, mostMs);
  rememberUnmoved(course, reading, atMs);
  warner?.stayed(reading);
  return wake;
}

/** Whether an incident waits to be written. */
function isAwaited({ recorder }: Daemon): boolean {
  return recorder !== null && recorder.pending.length > 0;
}

/** What time there is to write: the signals come first, then whether memory is at ease. */
function leisureOf({ crisis, reading }: Daemon, verdict: Verdict): Leisure {
  for (const { kill } of crisis.kills) {
    if (kill.sigkillAtMs < 0) {
      return Leisure.none;
    }
  }
  // While nothing is decided, calm says nothing.
  const isDecided = reading.atMs >= crisis.quietUntilMs;
  return isDecided && verdict.kind === "calm" && crisis.kills.length === 0
    ? Leisure.all
    : Leisure.some;
}

/** How long to sleep after a turn that took so long. */
function pause(daemon: Daemon, tookMs: number): number {
  const { inheritance, options, reading, sys } = daemon;
  const { notifySocket, watchdogMs } = inheritance;
  const ms = restMs(daemon, tookMs);
  if (options.verbose) {
    reportLook(daemon, ms);
  }
  if (
    watchdogMs > 0 &&
    reading.atMs - daemon.watchdogAtMs >= watchdogMs * limits.WATCHDOG_REST_SHARE
  ) {
    const isTold = notify(sys, notifySocket, "WATCHDOG=1");
    daemon.watchdogAtMs = isTold ? reading.atMs : daemon.watchdogAtMs;
  }
  return heardInTime(ms, watchdogMs);
}

/** No longer than the watchdog, where there is one, waits for word of the daemon. */
function heardInTime(ms: number, watchdogMs: number): number {
  const mostMs = watchdogMs * (1 - limits.WATCHDOG_REST_SHARE);
  return watchdogMs > 0 && mostMs < ms ? mostMs : ms;
}

function restMs(daemon: Daemon, tookMs: number): number {
  const { asked, crisis, ledger, machine, reading } = daemon;
  if (crisis.kills.length > 0 || isNoting(ledger)) {
    return areManyDying(crisis.kills)
      ? Math.max(limits.DYING_LOOK_MS, Math.min(tookMs * DYING_REST, limits.TERM_TO_KILL_MS))
      : limits.DYING_LOOK_MS;
  }
  const awaitedMs = machine.awaitedAtMs - reading.atMs;
  const usualMs = sleepMs(reading, asked);
  const ms = awaitedMs > 0 && awaitedMs < usualMs ? awaitedMs : usualMs;
  if (machine.isBlind && ms > limits.REOPEN_MS) {
    return limits.REOPEN_MS;
  }
  return isAwaited(daemon) && ms > limits.AFTER_LOOK_MS ? limits.AFTER_LOOK_MS : ms;
}

function reportLook({ course, reading, report }: Daemon, ms: number): void {
  report({
    kind: "look",
    reading,
    stallPercent: stallPercent(course, limits.STALL_WINDOW_MS),
    refaultsPerS: refaultsPerS(course, limits.STALL_WINDOW_MS),
    swapInsPerS: swapInsPerS(course, limits.STALL_WINDOW_MS),
    sleepMs: ms,
  });
}
