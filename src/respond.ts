import { endVictims } from "./action/end-victims.ts";
import type { Acting, Outcome } from "./model/event.ts";
import * as limits from "./model/limits.ts";
import { availablePercent, leftKib } from "./model/reading.ts";
import type { Process } from "./model/process.ts";
import type { Selection } from "./model/selection.ts";
import { CALM, type Verdict } from "./model/verdict.ts";
import { confirm, decide, isHard } from "./policy/decide.ts";
import { isEnough } from "./policy/pace.ts";
import { clearTrend, noteRelief, remember } from "./policy/trend.ts";
import { maySpare } from "./policy/rules.ts";
import { identityOf, selectVictims } from "./policy/victim.ts";
import { cgroupDirectory, holdsOnly } from "./readings/cgroup.ts";
import { isGroupOf } from "./readings/group.ts";
import { lookClosely } from "./readings/machine.ts";
import { scan, startOf } from "./readings/processes.ts";
import type { Depth } from "./readings/scores.ts";
import { noteFreed, sizesOf } from "./readings/sizes.ts";
import type { Daemon } from "./startup.ts";
import { Signal } from "./sys/sys.ts";

/** Remembers the look that was just taken, and decides. */
export function judge(daemon: Daemon): Verdict {
  const { enough, options, quietUntilMs, reading, trend } = daemon;
  if (!reading.detailed) {
    // What came to pass while nobody looked is no news.
    clearTrend(trend);
    return CALM;
  }
  remember(trend, reading);
  const isQuiet = reading.atMs < quietUntilMs || isEnough(reading, enough);
  return isQuiet ? CALM : decide(reading, trend, options);
}

/** Looks at everything once more, and decides again. */
function judgeAgain(daemon: Daemon): Verdict {
  lookClosely(daemon.sys, daemon.machine, daemon.reading);
  return judge(daemon);
}

/** Chooses a victim and, if memory did not come back meanwhile, ends it. */
export function respond(daemon: Daemon, verdict: Acting): void {
  const { options, reading, report } = daemon;
  daemon.troubleAtMs = reading.atMs;
  const selection = select(daemon);
  // What a dying family holds is about to be free: meanwhile only those born since are ended.
  if (selection.family === null && reading.atMs < daemon.familyDiesUntilMs) {
    return;
  }
  if (selection.victims.length === 0) {
    if (reading.atMs >= daemon.nobodySaidUntilMs) {
      report({ kind: "nobody", verdict, selection });
      daemon.nobodySaidUntilMs = reading.atMs + limits.NOBODY_SAID_MS;
    }
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
    daemon.trend.suspectUntilMs = reading.atMs + limits.SUSPECT_MS;
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
  daemon.troubleAtMs = reading.atMs;
  rememberOutcome(daemon, selection, outcome);
  noteRelief(daemon.trend, reading.atMs);
}

/** Among the largest, and when none of those may be chosen, among all. */
function select(daemon: Daemon): Selection {
  const { depth } = daemon;
  const selection = selectAmong(daemon, depth);
  return selection.victims.length > 0 || depth === "all" ? selection : selectAmong(daemon, "all");
}

function selectAmong(daemon: Daemon, depth: Depth): Selection {
  const { needs, options, reading, sys } = daemon;
  const totalKib = reading.machineKib;
  const before = sizesOf(daemon.sizes);
  const snapshot = scan(sys, { needs, depth, before, totalKib, leftKib: leftKib(reading) });
  forgetRefused(daemon);
  return selectVictims(snapshot.processes, {
    options,
    ownPid: daemon.ownPid,
    takenMs: snapshot.takenMs,
    totalKib,
    processCount: snapshot.processCount,
    refused: daemon.refused,
    earlierFamily: reading.atMs < daemon.earlierFamilyUntilMs ? daemon.earlierFamily : 0,
  });
}

/** Who could not be ended may be chosen again after a while. */
function forgetRefused({ reading, refused }: Daemon): void {
  if (refused.size === 0) {
    return;
  }
  for (const [identity, untilMs] of refused) {
    if (untilMs <= reading.atMs) {
      refused.delete(identity);
    }
  }
}

function end(daemon: Daemon, selection: Selection, urgency: Acting["urgency"]): Outcome {
  const { machine, options, reading, sys } = daemon;
  const victims: Process[] = [];
  for (const { process } of selection.victims) {
    victims.push(process);
  }
  const first = selection.victims[0];
  const cgroup = first?.scope === "cgroup" ? first.process.cgroup : "";
  return endVictims(sys, victims, {
    urgency,
    stuckMs: selection.family === null ? limits.STUCK_MS : limits.FAMILY_STUCK_MS,
    cgroupDirectory: () => (holdsOnly(sys, cgroup, victims) ? cgroupDirectory(cgroup) : ""),
    group: () => (isWholeGroup(daemon, selection) ? (selection.family?.id ?? 0) : 0),
    isSame: (process) => startOf(sys, process.pid) === process.startMs,
    isStopping: () => hear(daemon),
    isHard: () => {
      lookClosely(sys, machine, reading);
      return isHard(reading, options);
    },
  });
}

/** Notes the signals that came; whether one of them means the end. A reload can wait. */
export function hear(daemon: Daemon): boolean {
  const { sys } = daemon;
  while (daemon.heard === 0 || daemon.heard === Signal.SIGHUP) {
    const signal = sys.nextSignal();
    if (signal <= 0) {
      return false;
    }
    daemon.heard = signal;
  }
  return true;
}

/**
 * Whether a family is ended by its process group, so that nobody escapes who is started meanwhile.
 * The first time it is not when one leads a session, who may be somebody's login, or was there long
 * before, as the browser whose tabs the family is.
 */
function isWholeGroup(daemon: Daemon, { family, spared, victims }: Selection): boolean {
  const comm = victims[0]?.process.comm ?? "";
  if (family?.tie !== "process-group" || maySpare(daemon.options, comm)) {
    return false;
  }
  const again =
    daemon.reading.atMs < daemon.earlierFamilyUntilMs && daemon.earlierFamily === family.id;
  for (const { because, process } of spared) {
    if (because !== "exiting" && process.pgid === family.id && process.comm === comm) {
      return false;
    }
  }
  let youngestMs = 0;
  for (const { process } of victims) {
    youngestMs = process.startMs > youngestMs ? process.startMs : youngestMs;
  }
  const sinceMs = again ? 0 : Math.max(1, youngestMs - limits.STORM_MS);
  return isGroupOf(daemon.sys, { pgid: family.id, comm, sinceMs });
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
