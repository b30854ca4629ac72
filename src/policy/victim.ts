import * as limits from "../model/limits.ts";
import { EXEMPT_ADJ, identityOf, PF_EXITING, PF_KTHREAD, type Process } from "../model/process.ts";
import type { Candidate, Selection, Spared, SparedBecause } from "../model/selection.ts";
import {
  ALL_EXPLAINED,
  attribute,
  heldKib,
  sharingOf,
  unexplained,
  type Unexplained,
} from "./attribution.ts";
import { blameCopy, noBlame } from "./copies.ts";
import { faultWeightOf } from "./faults.ts";
import { findGroup, isOutdone } from "./groups.ts";
import { ruleMatches } from "./matching.ts";
import { takerOf } from "./takers.ts";
import { compareCandidates, type Context, isBefore, toCandidate } from "./ranking.ts";

/** Who holds less than this, and less than this share of RAM and swap, is not worth a kill. */
const SMALLEST_KIB = 16 * 1024;
const SMALLEST_SHARE = 0.005;
/** What the daemon and its commands are called. */
const OWN_NAME = "bustd";

/** The first reason why a process may not be chosen, or null. */
function whySpared(process: Process, context: Context): Spared | null {
  const because = intrinsicReason(process, context);
  if (because !== null) {
    return { process, because, origin: "" };
  }
  for (const { effect, match, origin } of context.options.rules) {
    if (effect.kind === "protect" && ruleMatches(match, process, context.takenMs)) {
      return { process, because: "protected", origin };
    }
  }
  return null;
}

/**
 * The daemon and its commands. A service may not see their executables, and an upgrade puts others
 * in their place: root's are known by their name. Anybody else could call himself so.
 */
function isOurs({ comm, exe, pid, uid }: Process, { ownExe, ownPid }: Context): boolean {
  return pid === ownPid || (exe !== "" && exe === ownExe) || (uid === 0 && comm === OWN_NAME);
}

/** The first reason that is no rule's. */
function intrinsicReason(process: Process, context: Context): SparedBecause | null {
  if (process.pid === 1) {
    return "init";
  }
  if (isOurs(process, context)) {
    return "itself";
  }
  // Not by pid 2 and its children: in a container those are programs like any other.
  if ((process.flags & PF_KTHREAD) !== 0) {
    return "kernel-thread";
  }
  if (process.oomScoreAdj === EXEMPT_ADJ) {
    return "oom-score-adj-minus-1000";
  }
  // A first thread that has ended, or hangs in its end, exits in name only while others go on.
  if ((process.flags & PF_EXITING) !== 0 && process.threads <= 1) {
    return "exiting";
  }
  const identity = identityOf(process);
  if (context.dying.size > 0 && context.dying.has(identity)) {
    return "dying";
  }
  if (context.refused.size > 0 && context.refused.has(identity)) {
    return "refused-before";
  }
  if (context.options.ignoreRootUser && process.uid === 0) {
    return "root";
  }
  return process.managedPreference === "omit" ? "managed-oom-omit" : null;
}

/**
 * Others that may share all their memory with a process: then all of it is counted for each, and it
 * is freed when all of them are gone. Whether they do, kcmp(2) tells.
 */
export function twinsOf(process: Process, processes: readonly Process[]): Process[] {
  const { pid, sizeKib } = process;
  return processes.filter(
    (other) =>
      other.pid !== pid &&
      Math.min(other.sizeKib, sizeKib) >= Math.max(other.sizeKib, sizeKib) * limits.TWIN_SHARE,
  );
}

/** All who may be chosen, and all who may not. */
export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly spared: readonly Spared[];
}

/** All who may be chosen, in order. */
export interface Order extends Ranking {
  /** So many of them, from the first one on, would be killed; the others are too small for it. */
  readonly worthwhile: number;
}

/** The processes in the order in which they would be killed; who is too small for it comes last. */
export function rank(processes: readonly Process[], context: Context): Order {
  const selection = selectVictims(processes, context);
  const { candidates, spared } = selection;
  const first = new Set(selection.victims.map(({ process }) => process.pid));
  const rankOf = (candidate: Candidate) =>
    first.has(candidate.process.pid) ? 0 : isWorthwhile(candidate, context.totalKib) ? 1 : 2;
  const ordered = candidates.toSorted((a, b) => rankOf(a) - rankOf(b) || compareCandidates(a, b));
  const worthwhile = ordered.filter((candidate) =>
    isWorthwhile(candidate, context.totalKib),
  ).length;
  return { candidates: ordered, spared, worthwhile };
}

/** Every process is checked alike; those who may be chosen stay in the order of the table. */
function weigh(processes: readonly Process[], context: Context): Ranking {
  const spared: Spared[] = [];
  const candidates: Candidate[] = [];
  const { faults, loss } = context;
  const sharing = sharingOf(processes, loss);
  const faultWeight = faults === null ? 0 : faultWeightOf(processes, loss, sharing);
  for (const process of processes) {
    const reason = whySpared(process, context);
    if (reason === null) {
      const took = attribute(process, loss, sharing);
      candidates.push(toCandidate(process, took, context, faultWeight));
    } else {
      spared.push(reason);
    }
  }
  return { candidates, spared };
}

/** What nobody took, as it seems; the kernel shows nothing of what the dying still hold. */
function restOf(processes: readonly Process[], { dying, loss, refused }: Context): Unexplained {
  return dying.size > 0 || refused.size > 0 ? ALL_EXPLAINED : unexplained(processes, loss);
}

/** Chooses who is killed, and keeps why everybody else is not. */
export function selectVictims(processes: readonly Process[], context: Context): Selection {
  const { candidates: weighed, spared } = weigh(processes, context);
  const { loss, processCount } = context;
  const rest = restOf(processes, context);
  const first = firstVictim(weighed, context);
  const isWide = (first?.scope ?? "process") !== "process";
  const found = isWide ? null : findGroup(weighed, context, rest, first);
  const blame = found === null ? blameCopy(weighed, processes, context, rest) : noBlame(weighed);
  const { blamed } = blame;
  const isBlamed = blamed !== null && firstVictim(blame.candidates, context) === blamed;
  const single = isBlamed ? blamed : first;
  const isGroups =
    found !== null &&
    (single === null || (found.score > single.score && !isOutdone(found, single, loss)));
  const victims = isGroups ? found.victims : single === null ? [] : [single];
  const candidates = isBlamed ? blame.candidates : weighed;
  const mostKib = isBlamed ? blame.mostKib : Infinity;
  if (!isGroups) {
    addCompanions(victims, candidates);
  }
  return {
    victims,
    group: isGroups ? found.group : null,
    next: nextOf(candidates, victims, context),
    candidates,
    taker: takerOf(victims, isGroups ? found : null, mostKib, context),
    loss,
    blamedKib: isBlamed ? blame.claimKib : 0,
    unknownKib: isGroups || isBlamed ? 0 : rest.tookKib,
    spared,
    processCount,
  };
}

/**
 * Whom to kill first among those who are worth it; and when nobody is, among all, if something is
 * missing and all of them together hold it: a crowd of small ones.
 */
function firstVictim(candidates: readonly Candidate[], context: Worth): Candidate | null {
  let first: Candidate | null = null;
  let firstOfAll: Candidate | null = null;
  let allKib = 0;
  for (const candidate of candidates) {
    allKib += candidate.process.sizeKib;
    if (isBefore(candidate, firstOfAll)) {
      firstOfAll = candidate;
    }
    if (isWorthwhile(candidate, context.totalKib) && isBefore(candidate, first)) {
      first = candidate;
    }
  }
  const { needKib } = context.loss;
  return first ?? (needKib > 0 && allKib >= needKib ? firstOfAll : null);
}

/** What it depends on whether killing somebody is worth it. */
type Worth = Pick<Context, "totalKib" | "loss">;

/** Who would be killed next. */
export function nextOf(
  candidates: readonly Candidate[],
  victims: readonly Candidate[],
  context: Worth,
): Candidate | null {
  return firstVictim(
    candidates.filter((candidate) => !victims.includes(candidate)),
    context,
  );
}

/** Who holds less is chosen only where nobody holds as much; of RAM and swap. */
export function smallestKib(totalKib: number): number {
  return Math.min(SMALLEST_KIB, totalKib * SMALLEST_SHARE);
}

/** Killing one that holds next to nothing helps nobody, however low memory is; of RAM and swap. */
export function isWorthwhile(candidate: Candidate, totalKib: number): boolean {
  const { process, scope } = candidate;
  // Of page tables only what is new counts as held.
  const kib = Math.max(heldKib(candidate), process.tablesKib);
  return scope !== "process" || kib >= smallestKib(totalKib);
}

/** Adds who is killed too because the user wants the first one's whole group or cgroup killed. */
function addCompanions(victims: Candidate[], candidates: readonly Candidate[]): void {
  const [victim] = victims;
  if (victim === undefined || victim.scope === "process") {
    return;
  }
  const { cgroup, pgid } = victim.process;
  for (const candidate of candidates) {
    const isCompanion =
      victim.scope === "cgroup"
        ? cgroup.length > 1 && candidate.process.cgroup === cgroup
        : candidate.process.pgid === pgid;
    if (isCompanion && !victims.includes(candidate)) {
      victims.push(candidate);
    }
  }
}
