import type { Daemon } from "../daemon-state.ts";
import type { Ending, Outcome, Report } from "../model/event.ts";
import * as limits from "../model/limits.ts";
import { availablePercent, noteStepKib, type Reading, untakenKib } from "../model/reading.ts";
import { beginAnew, noteRelief, remember } from "../policy/course.ts";
import { isHard, isLow } from "../policy/levels.ts";
import { identityOf } from "../model/process.ts";
import { forgetSize, noteFreed } from "../watch/shifts.ts";
import { lookClosely } from "../watch/look.ts";
import {
  forget,
  type Going,
  isAwaitedAlone,
  noteStruck,
  noteVain,
  tookLatelyKib,
} from "./crisis.ts";
import { finish, isHopeless, tend } from "./kill.ts";

/** Sees to the kills that were begun; when one ends, everything is looked at again at once. */
export function tendKills(daemon: Daemon): void {
  const { crisis, options, reading, sys } = daemon;
  for (let i = crisis.kills.length - 1; i >= 0; i--) {
    const going = crisis.kills[i];
    if (going === undefined) {
      continue;
    }
    const hard = isHard(reading, options);
    const leftKib = isAwaitedAlone(crisis.kills, going) ? untakenKib(reading) : -1;
    const now = {
      isHard: hard,
      leftKib,
      stepKib: Math.min(noteStepKib(reading), limits.MOST_STEP_KIB),
    };
    const ending = tend(sys, going.kill, now, going.whole);
    if (ending === "gone" && isYetToComeBack(daemon, going)) {
      continue;
    }
    if (ending !== null) {
      crisis.kills.splice(i, 1);
      end(daemon, going, ending);
    } else {
      going.isHopeless = isHopeless(going.kill, sys.nowMs(), hard);
    }
  }
}

/** Whether the memory of victims who are gone has yet to come back. */
function isYetToComeBack({ machine, options, reading, sys }: Daemon, going: Going): boolean {
  const nowMs = sys.nowMs();
  going.goneAtMs = going.goneAtMs < 0 ? nowMs : going.goneAtMs;
  const longestMs = isHard(reading, options) ? limits.HARD_STUCK_MS : limits.SOFT_STUCK_MS;
  const isWaitedFor = !going.livesOn && nowMs - going.goneAtMs < longestMs;
  if (!isLow(reading, options) || !isWaitedFor) {
    return false;
  }
  lookClosely(sys, machine, reading);
  const changeKib = changeOf(going, reading);
  const isTaken = -changeKib > noteStepKib(reading);
  return !isTaken && changeKib < going.tookKib * limits.GIVEN_BACK_SHARE;
}

/** What is left more than when the kill began, KiB; negative: less. */
function changeOf(going: Going, reading: Reading): number {
  return untakenKib(reading) + reading.perCpuKib - going.leftKib;
}

/** The end of a kill: what it gave back, and what is to be remembered of it. */
function end(daemon: Daemon, going: Going, ending: Ending): void {
  const { course, crisis, ledger, machine, options, reading, report, sys } = daemon;
  const outcome = finishAs(sys, going, ending);
  for (const { process } of going.selection.victims) {
    crisis.dying.delete(identityOf(process));
    if (ending === "refused" || ending === "stuck") {
      crisis.refused.set(identityOf(process), reading.atMs + limits.REFUSED_MS);
    } else if (ending === "gone") {
      forgetSize(ledger, process.pid);
    }
  }
  lookClosely(sys, machine, reading);
  remember(course, reading);
  const changeKib = changeOf(going, reading);
  const freedKib = Math.max(0, changeKib);
  if (ending !== "refused") {
    noteFreed(ledger, freedKib, going.tookKib, tookLatelyKib(going.selection));
    for (const other of crisis.kills) {
      other.leftKib += freedKib;
    }
  }
  const isGone = ending === "gone";
  // What was not killed gave nothing back, and says nothing of whom to kill.
  const isKill = isGone || ending === "stuck";
  if (isKill) {
    noteVain(crisis, going.selection, changeKib, {
      isGone,
      isStillLow: isLow(reading, options),
      tookMs: outcome.tookMs,
    });
  }
  const isKept = isGone && going.livesOn && freedKib < going.tookKib * limits.GIVEN_BACK_SHARE;
  crisis.keptByUid = isKept ? (going.selection.victims[0]?.process.uid ?? -1) : -1;
  crisis.lastAtMs = reading.atMs;
  const { group } = going.selection;
  if (isKill && group?.isStorm !== true) {
    noteStruck(crisis, going.selection, going.leftKib, reading.atMs, sys.bootMs());
  }
  if (ending === "refused") {
    beginAnew(course, reading.atMs);
  } else {
    noteRelief(course, reading.atMs, group !== null);
  }
  forget(crisis, reading.atMs);
  reportKilled(report, going, outcome, reading);
}

function reportKilled(report: Report, going: Going, outcome: Outcome, reading: Reading): void {
  report({
    kind: "killed",
    rule: going.verdict.rule,
    selection: going.selection,
    outcome,
    availablePercent: availablePercent(reading),
    freedKib: Math.max(0, changeOf(going, reading)),
  });
}

function finishAs(sys: Daemon["sys"], { kill }: Going, ending: Ending): Outcome {
  finish(sys, kill);
  const { errno, group, signalled, sigkillAtMs, startMs } = kill;
  return {
    ending,
    sigkill: sigkillAtMs >= 0,
    tookMs: sys.nowMs() - startMs,
    errno,
    signalled,
    group,
  };
}

/** The daemon is told to stop: it says who had not ended yet. */
export function abandonKills(daemon: Daemon): void {
  const { crisis, reading, report, sys } = daemon;
  for (const going of crisis.kills.splice(0)) {
    const outcome = finishAs(sys, going, "interrupted");
    reportKilled(report, going, outcome, reading);
  }
}
