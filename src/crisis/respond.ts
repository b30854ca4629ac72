import type { Daemon } from "../daemon-state.ts";
import * as limits from "../model/limits.ts";
import { identityOf, type Process } from "../model/process.ts";
import { Depth, untakenKib } from "../model/reading.ts";
import type { Selection } from "../model/selection.ts";
import { type Acting, CALM, type Verdict } from "../model/verdict.ts";
import { beginAnew, remember } from "../policy/course.ts";
import { isLow } from "../policy/levels.ts";
import { ruleMatches } from "../policy/matching.ts";
import { confirm, decide, weighsFaults } from "../policy/rules.ts";
import { untilBelievedMs, noteTrouble, rememberLeft } from "../policy/trouble.ts";
import { awaitsFirstNote } from "../watch/first-note.ts";
import { lookClosely } from "../watch/look.ts";
import { noteAsked, noteStruck } from "./crisis.ts";
import { begin } from "./kill.ts";
import { selectNow } from "./select.ts";
import { noteSuspect } from "./suspect.ts";
import { wholeOf } from "./whole.ts";
import { sayBlameless, sayCameBack, sayDry, sayNobody, sayUnknown } from "./without-kill.ts";

/** Remembers the look that was just taken, and decides. */
export function judge(daemon: Daemon): Verdict {
  const { course, crisis, options, reading } = daemon;
  if (reading.depth === Depth.free) {
    // What came to pass while nobody looked is no news.
    beginAnew(course, reading.atMs);
    noteTrouble(course, reading, false);
    crisis.drySaid = "";
    return CALM;
  }
  rememberLeft(course, reading);
  if (reading.depth !== Depth.stalls) {
    return CALM;
  }
  remember(course, reading);
  noteTrouble(course, reading, isLow(reading, options));
  if (reading.atMs < crisis.quietUntilMs) {
    return CALM;
  }
  const verdict = decide({ course, options, reading });
  if (verdict.kind === "calm") {
    crisis.drySaid = "";
  }
  return verdict;
}

/** Chooses a victim and, if memory did not come back meanwhile, kills it. */
export function respond(daemon: Daemon): void {
  const { crisis, options, reading, sys, warner } = daemon;
  const isAwaited = crisis.kills.some(({ isHopeless: isGivenUp }) => !isGivenUp);
  // A storm starts others while it dies: they are killed beside it.
  if ((isAwaited && !crisis.struck.isStorm) || warner?.isHolding(daemon) === true) {
    return;
  }
  lookClosely(sys, daemon.machine, reading);
  const verdict = judge(daemon);
  if (verdict.kind === "calm") {
    // The close look found that enough is left.
    return;
  }
  noteAsked(crisis, reading.atMs);
  if (isLow(reading, options) && awaitsFirstNote(daemon.ledger, reading)) {
    // Decided again at the next look, when it is known who grows.
    return;
  }
  const selection = selectNow(daemon, verdict);
  if (isAwaited && (selection === null || selection.group?.isStorm !== true)) {
    return;
  }
  if (selection === null) {
    sayCameBack(daemon, verdict);
    return;
  }
  if (selection.victims.length === 0) {
    sayNobody(daemon, verdict, selection);
    return;
  }
  const again = confirmNow(daemon, selection, verdict);
  if (again === null) {
    return;
  }
  if (again.kind === "calm") {
    sayCameBack(daemon, verdict);
    return;
  }
  if (warner?.holds(daemon, again, selection) === true) {
    return;
  }
  if (options.dryRun) {
    sayDry(daemon, again, selection);
    return;
  }
  killThese(daemon, again, selection);
  sayUnknown(daemon);
}

function killThese(daemon: Daemon, verdict: Acting, selection: Selection): void {
  const { crisis, reading, report, sys } = daemon;
  // The signal first: nothing that is written can keep it from being sent.
  const whole = wholeOf(daemon, selection);
  const victims: Process[] = [];
  let tookKib = 0;
  for (const victim of selection.victims) {
    victims.push(victim.process);
    tookKib += victim.tookKib;
    crisis.dying.add(identityOf(victim.process));
  }
  const { group } = selection;
  // Of a storm's members it is not known what each of them took.
  tookKib = group?.isStorm === true ? Math.max(tookKib, group.tookKib) : tookKib;
  const left = untakenKib(reading) + reading.perCpuKib;
  const kill = begin(sys, victims, verdict.urgency, graceMs(daemon, victims), whole);
  if (group?.isStorm === true) {
    noteStruck(crisis, selection, left, reading.atMs, sys.bootMs());
  }
  crisis.kills.push({
    kill,
    selection,
    verdict,
    whole,
    leftKib: left,
    tookKib,
    goneAtMs: -1,
    livesOn: crisis.livesOn,
    isHopeless: false,
  });
  report({ kind: "killing", verdict, selection, dryRun: false });
}

/** How long victims have between SIGTERM and SIGKILL: of all that rules grant them, the longest. */
function graceMs({ options, sys }: Daemon, victims: readonly Process[]): number {
  let longestMs = -1;
  for (const { killAfterMs, match } of options.rules) {
    if (killAfterMs !== undefined && killAfterMs > longestMs) {
      for (const process of victims) {
        longestMs = ruleMatches(match, process, sys.bootMs()) ? killAfterMs : longestMs;
      }
    }
  }
  return longestMs < 0 ? options.killAfterMs : longestMs;
}

/**
 * Looks at everything once more and decides again, now that it is known who would be killed; calm
 * when memory came back, null when it is worth no kill yet.
 */
function confirmNow(daemon: Daemon, selection: Selection, first: Acting): Verdict | null {
  const { course, machine, options, reading, sys, warner } = daemon;
  lookClosely(sys, machine, reading);
  const view = { course, options, reading };
  let verdict = judge(daemon);
  if (verdict.kind === "calm") {
    return CALM;
  }
  if (selection.taker !== null && selection.taker.tookKib > 0) {
    noteSuspect(sys, course, selection);
  }
  while (verdict.kind === "act" && isFor(verdict, first)) {
    const confirmed = confirm(verdict, selection, view);
    if (confirmed.kind === "act") {
      return confirmed;
    }
    doubt(daemon, verdict, selection);
    warner?.doubts(daemon, verdict, selection);
    const next = decide(view);
    if (next.kind === "act" && next.rule === verdict.rule) {
      return null;
    }
    verdict = next;
  }
  return null;
}

/**
 * Whether who was chosen for one verdict is right for another one: not where that weighs what the
 * first does not, unless there is no time to choose again.
 */
function isFor({ rule, urgency }: Acting, first: Acting): boolean {
  return urgency === "kill" || weighsFaults(rule) === weighsFaults(first.rule);
}

/** Its doubts delay this rule alone: another one may have its reasons all the same. */
function doubt(daemon: Daemon, verdict: Acting, selection: Selection): void {
  const { course, crisis, machine, options, reading } = daemon;
  const { taker } = selection;
  const { rule } = verdict;
  // Who waits is known from one scan to the next, if that comes soon.
  const isOfFaults = weighsFaults(rule);
  const isUnknown = isOfFaults && (taker === null || taker.faultShare < 0);
  if (isOfFaults && !isUnknown) {
    sayBlameless(daemon, verdict, selection);
  }
  const soonMs = reading.atMs + limits.FAULTS_MS / 2;
  machine.awaitedAtMs = isUnknown ? soonMs : machine.awaitedAtMs;
  const restedMs = crisis.scanMs * limits.REST;
  const againMs = Math.min(limits.SUSPECT_MS, untilBelievedMs(course, reading));
  const untilMs = isUnknown ? soonMs : reading.atMs + Math.max(againMs, restedMs);
  course.doubts.set(rule, { untilMs, isLow: isLow(reading, options) });
}
