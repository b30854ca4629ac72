import { lockMemory } from "./action/lock-memory.ts";
import { trimMemory } from "./action/trim-memory.ts";
import { errnoSentence } from "./model/errno.ts";
import { ExitCode } from "./model/exit-codes.ts";
import * as limits from "./model/limits.ts";
import type { Options } from "./model/options.ts";
import { isAmple, isEnough, isScarce, slackKib, sleepMs } from "./policy/pace.ts";
import { refaultsPerS, stallPercent, swapInsPerS } from "./policy/trend.ts";
import { canGlance, isSteady, look } from "./readings/machine.ts";
import { forgetSizes, keepSizes } from "./readings/sizes.ts";
import { rehearsalOf } from "./rehearsal.ts";
import type { Report } from "./report/plain.ts";
import { notify } from "./report/systemd.ts";
import { hear, judge, respond } from "./respond.ts";
import { announce, type Daemon, start } from "./startup.ts";
import { Advice, type Handover, Signal, type Sys, Wake } from "./sys/sys.ts";

/** A sleep that is none: after the first turn nothing is new any more, and before a restart. */
const FIRST_TURN_MS = 1;

/**
 * Watches until it is told to stop; an exit code. The loop is the whole program: wait, read,
 * decide, select, read and decide again, end the victim, wait for relief, report.
 */
export function runDaemon(sys: Sys, options: Options, report: Report, version: string): number {
  const daemon = start(sys, options, report, version);
  if (typeof daemon === "number") {
    return daemon;
  }
  let mend = settle(daemon);
  arrive(daemon);
  while (heed(daemon, turn(daemon, mend === null ? Infinity : FIRST_TURN_MS))) {
    mend?.();
    mend = null;
    if (!wantsAnother(daemon)) {
      daemon.fetched = 0;
    } else if (isFetched(daemon)) {
      startAfresh(daemon);
    }
  }
  return ExitCode.ok;
}

/** Looks, acts where it must, and sleeps, no longer than this; why it woke. */
function turn(daemon: Daemon, longestMs: number): number {
  const { enough, machine, reading, sys } = daemon;
  look(sys, machine, reading, enough);
  const verdict = judge(daemon);
  if (verdict.kind === "act") {
    respond(daemon, verdict);
  }
  if (daemon.heard !== 0) {
    return Wake.SIGNAL;
  }
  if (!isAmple(reading, enough, limits.AMPLE_AGAIN_PERCENT)) {
    daemon.scarceAtMs = reading.atMs;
  }
  if (wantsAnother(daemon)) {
    return sys.wait(limits.SHORTEST_SLEEP_MS);
  }
  const ms = pause(daemon);
  return sleep(daemon, ms < longestMs ? ms : longestMs);
}

/**
 * Sleeps for so long, and where no rule could act, on and on until a whole look is due: in between
 * it only glances at memory. Why it woke.
 */
function sleep(daemon: Daemon, ms: number): number {
  const { enough, machine, reading, sys } = daemon;
  let restMs = mayGlance(daemon, ms) ? limits.WHOLE_LOOK_MS : 0;
  const slack = slackKib(reading, enough);
  for (;;) {
    const wake = sys.wait(ms);
    restMs -= ms;
    if (wake !== 0 || restMs < ms || !isSteady(sys, machine, reading, slack)) {
      return wake;
    }
  }
}

function mayGlance({ enough, machine, options, reading }: Daemon, ms: number): boolean {
  return (
    ms >= limits.SHORTEST_SLEEP_MS &&
    reading.detailed &&
    isEnough(reading, enough) &&
    canGlance(machine) &&
    !options.verbose &&
    (options.watchdogMs <= 0 || options.watchdogMs >= limits.WHOLE_LOOK_MS)
  );
}

/** Takes note of why it woke; false when it is told to stop. */
function heed(daemon: Daemon, wake: number): boolean {
  if ((wake & Wake.PRESSURE_GONE) !== 0) {
    daemon.report({ kind: "pressure-lost" });
  }
  return (wake & Wake.SIGNAL) === 0 || !shallStop(daemon);
}

/** How long to sleep; while memory is scarce, who is how large is noted for the growth since. */
function pause(daemon: Daemon): number {
  const { options, reading, sys } = daemon;
  const ms = sleepMs(reading, daemon.enough);
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

/** Heeds the signals that came; true when one of them means the end. */
function shallStop(daemon: Daemon): boolean {
  const { options, report, sys } = daemon;
  if (hear(daemon)) {
    notify(sys, options.notifySocket, "STOPPING=1");
    report({ kind: "stopped", signal: daemon.heard });
    if (options.pidFile !== "") {
      sys.removeFile(options.pidFile);
    }
    return true;
  }
  if (daemon.heard === Signal.SIGHUP) {
    daemon.heard = 0;
    reload(daemon);
  }
  return false;
}

/** Starts again from the first stage, which reads the files; returns only when that failed. */
function reload(daemon: Daemon): void {
  const { options, report, sys } = daemon;
  report({ kind: "reloading" });
  const state = `RELOADING=1\nMONOTONIC_USEC=${Math.round(sys.nowMs() * 1000)}`;
  notify(sys, options.notifySocket, state);
  restart(daemon, "BUSTD_RELOAD_FD", "no");
}

/** Puts another start in this one's place; returns only when that failed. */
function restart(daemon: Daemon, as: Handover, resume: Options["resume"]): void {
  const { options, pidFileFd, report, sys } = daemon;
  const content = JSON.stringify({ ...options, readyFd: -1, pidFileFd, resume });
  const failed = sys.restart(as, content, options.argv);
  report({ kind: "problem", sentence: `cannot start again, ${errnoSentence(-failed)}` });
}

/**
 * Makes the daemon small, but not when somebody is to be ended: what trimming gives back would have
 * to be read again. What is left to do when memory is locked.
 */
function settle(daemon: Daemon): (() => void) | null {
  if (judge(daemon).kind !== "calm") {
    daemon.troubleAtMs = daemon.reading.atMs;
    return null;
  }
  if (!daemon.options.trim) {
    return null;
  }
  const steps = { arrive, heed, sleep, turn };
  const { mend, startPages } = trimMemory(daemon.sys, () => rehearsalOf(daemon, steps));
  daemon.startPages = startPages;
  return mend;
}

/**
 * Whether the daemon would be another one if it started now: memory is not ample any more, and it
 * has not rehearsed kills; or memory is ample, and what kills take lies in memory for nothing; or a
 * crisis is over, which left behind more than a rehearsal does. Never while memory shrinks near its
 * limits or tasks stall: then it is quicker as it is.
 */
function wantsAnother(daemon: Daemon): boolean {
  const { armed, enough, options, reading, scarceAtMs, stayUntilMs, troubleAtMs } = daemon;
  const sinceMs = troubleAtMs === Infinity ? scarceAtMs : troubleAtMs;
  const isLongOver = reading.atMs - sinceMs > limits.TROUBLE_MS;
  const wants = armed || troubleAtMs !== Infinity ? isLongOver : !isAmple(reading, enough);
  return wants && options.trim && reading.atMs >= stayUntilMs && isCalm(daemon);
}

/** Whether a restart would hinder nobody; where memory is plenty nobody reads how tasks stall. */
function isCalm({ enough, reading, sizes }: Daemon): boolean {
  const { atMs, detailed, someAvg10 } = reading;
  if (!detailed) {
    return true;
  }
  // Sizes are noted again as soon as memory moves.
  const isStill = sizes.newer.count > 0 && atMs - sizes.atMs > limits.STILL_MS;
  const isFar = !isScarce(reading, enough) || (isStill && isEnough(reading, enough));
  return isFar && someAvg10 < limits.CALM_AVG10;
}

/**
 * Whether all that a start reads is in the page cache; fetches the next part of it. It was given
 * back long ago, and while it is read from a slow disk nobody would look.
 */
function isFetched(daemon: Daemon): boolean {
  const { startPages, sys } = daemon;
  for (let bytes = 0; bytes < limits.FETCH_BYTES; daemon.fetched++) {
    const pages = startPages[daemon.fetched];
    if (pages === undefined) {
      return true;
    }
    sys.advise(pages, Advice.WILLNEED);
    bytes += pages.bytes;
  }
  return false;
}

/**
 * Starts the daemon's own stage again in place. Code that ran cannot be forgotten otherwise, and a
 * heap that has been in use is not what was rehearsed. When that fails, all stays as it is.
 */
function startAfresh(daemon: Daemon): void {
  const shallArm = !daemon.armed && !isAmple(daemon.reading, daemon.enough);
  restart(daemon, "BUSTD_OPTIONS_FD", shallArm ? "armed" : "small");
  daemon.stayUntilMs = daemon.reading.atMs + limits.RETRY_MS;
  daemon.fetched = 0;
}

/** The end of the start: keeps the daemon in memory, and says that it is up. */
function arrive(daemon: Daemon): void {
  const locked = lockMemory(daemon.sys);
  if (daemon.options.resume === "no" || locked.kind === "not-locked") {
    daemon.report(locked);
  }
  announce(daemon);
}
