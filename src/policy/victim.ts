import type { Options, Scope } from "../model/options.ts";
import { PF_EXITING, PF_KTHREAD, type Process } from "../model/process.ts";
import type {
  Candidate,
  Grower,
  Points,
  Selection,
  Spared,
  SparedBecause,
} from "../model/selection.ts";
import { findFamily } from "./family.ts";
import { ruleMatches } from "./rules.ts";

/** What a choice depends on beside the processes themselves. */
export interface Context {
  readonly options: Options;
  readonly ownPid: number;
  /** Time of the scan, milliseconds since boot. */
  readonly takenMs: number;
  /** RAM and swap together. */
  readonly totalKib: number;
  readonly processCount: number;
  /** `pid:startMs` of processes that could not be ended a while ago. */
  readonly refused: Pick<ReadonlySet<string>, "has" | "size">;
  /** Parent, group or session of a family that was ended a short while ago, or 0. */
  readonly earlierFamily: number;
}

/** `oom_score` counts 1000 for all memory, then takes two thirds; mm/oom_kill.c, fs/proc/base.c. */
const OOM_SCALE = 2 / 3;
/** What a process gets that did all the growing; as much as earlyoom's `--prefer`. */
const GROWTH_POINTS = 300;
/** Growth below this share of all memory is noise. */
const GROWTH_FLOOR = 0.01;
/** Who holds less than this, and less than this share of RAM and swap, is not worth ending. */
const SMALLEST_KIB = 16 * 1024;
const SMALLEST_SHARE = 0.005;
/** Far below all others, so that they die last, as in systemd-oomd. */
const MANAGED_AVOID_POINTS = -2000;

/** Identifies a process for as long as the machine is up. */
export function identityOf(process: Process): string {
  return `${process.pid}:${process.startMs}`;
}

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

/** The first reason that is no rule's. */
function intrinsicReason(process: Process, context: Context): SparedBecause | null {
  if (process.pid === 1) {
    return "init";
  }
  if (process.pid === context.ownPid) {
    return "itself";
  }
  // Not by pid 2 and its children: in a container those are programs like any other.
  if ((process.flags & PF_KTHREAD) !== 0) {
    return "kernel-thread";
  }
  if (process.oomScoreAdj === -1000) {
    return "oom-score-adj-minus-1000";
  }
  // A first thread that has ended exits in name only while others go on.
  if ((process.flags & PF_EXITING) !== 0 && !(process.state === "Z" && process.threads > 1)) {
    return "exiting";
  }
  if (context.refused.size > 0 && context.refused.has(identityOf(process))) {
    return "refused-before";
  }
  if (context.options.ignoreRootUser && process.uid === 0) {
    return "root";
  }
  return process.managedPreference === "omit" ? "managed-oom-omit" : null;
}

/** The score before any rule: the kernel's, or the share of memory when RSS is asked for. */
function baseScore(process: Process, context: Context): number {
  const { adjPolicy, sortBy } = context.options;
  if (sortBy === "rss") {
    return (1000 * OOM_SCALE * process.rssKib) / Math.max(1, context.totalKib);
  }
  if (adjPolicy === "respect") {
    return process.oomScore;
  }
  const adj = adjPolicy === "ignore" ? process.oomScoreAdj : Math.max(0, process.oomScoreAdj);
  return process.oomScore - adj * OOM_SCALE;
}

function growthPoints(process: Process, grownKib: number, context: Context): number {
  const counts = grownKib > context.totalKib * GROWTH_FLOOR;
  const share = counts ? Math.max(0, process.grownKib) / grownKib : 0;
  return Math.round(GROWTH_POINTS * share);
}

function toCandidate(process: Process, grownKib: number, context: Context): Candidate {
  const base = baseScore(process, context);
  const points: Points[] = [];
  let scope: Scope = context.options.scope;
  const growth = growthPoints(process, grownKib, context);
  if (growth > 0) {
    points.push({ origin: "growth", points: growth });
  }
  if (process.managedPreference === "avoid") {
    points.push({ origin: "ManagedOOMPreference=avoid", points: MANAGED_AVOID_POINTS });
  }
  for (const { effect, match, origin } of context.options.rules) {
    if (effect.kind === "protect" || !ruleMatches(match, process, context.takenMs)) {
      continue;
    }
    if (effect.kind === "group") {
      scope = effect.scope;
      continue;
    }
    const wanted = effect.kind === "points" ? effect.points : (base * (effect.percent - 100)) / 100;
    // Who asked to be spared is never made a likelier victim (earlyoom's issue 159).
    if (wanted < 0 || process.oomScoreAdj >= 0) {
      points.push({ origin, points: Math.round(wanted) });
    }
  }
  let score = base;
  for (const item of points) {
    score += item.points;
  }
  return { process, score, points, scope };
}

/** Most guilty first; the order is total, so that the order of the table does not matter. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    b.score - a.score ||
    b.process.rssKib - a.process.rssKib ||
    b.process.startMs - a.process.startMs ||
    b.process.pid - a.process.pid
  );
}

/** All who may be chosen, most guilty first, and all who may not. */
export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly spared: readonly Spared[];
  /** What all processes together grew since the scan before. */
  readonly grownKib: number;
}

/** Puts processes in the order in which they would die. Every process is checked alike. */
export function rank(processes: readonly Process[], context: Context): Ranking {
  const spared: Spared[] = [];
  const eligible: Process[] = [];
  let grownKib = 0;
  for (const process of processes) {
    const reason = whySpared(process, context);
    grownKib += process.grownKib;
    if (reason === null) {
      eligible.push(process);
    } else {
      spared.push(reason);
    }
  }
  const candidates: Candidate[] = [];
  for (const process of eligible) {
    candidates.push(toCandidate(process, grownKib, context));
  }
  candidates.sort(compareCandidates);
  return { candidates, spared, grownKib };
}

/** Chooses who dies, and keeps why everybody else does not. */
export function selectVictims(processes: readonly Process[], context: Context): Selection {
  const { candidates, grownKib, spared } = rank(processes, context);
  const { processCount } = context;
  const grower = growerOf(processes);
  const found = findFamily(candidates, grownKib, context.totalKib, context.earlierFamily);
  const victims = found?.members ?? firstWorthwhile(candidates, context);
  if (victims.length === 0) {
    const next = candidates[0] ?? null;
    return { victims, family: null, next, grower, spared, processCount };
  }
  addCompanions(victims, candidates);
  const next = firstBeside(victims, candidates);
  const family = found?.family ?? null;
  return { victims, family, next, grower: familyGrower(found) ?? grower, spared, processCount };
}

function firstWorthwhile(candidates: readonly Candidate[], context: Context): Candidate[] {
  for (const candidate of candidates) {
    if (isWorthwhile(candidate, context)) {
      return [candidate];
    }
  }
  return [];
}

function firstBeside(
  victims: readonly Candidate[],
  candidates: readonly Candidate[],
): Candidate | null {
  for (const candidate of candidates) {
    if (!victims.includes(candidate)) {
      return candidate;
    }
  }
  return null;
}

/** Ending one that holds next to nothing helps nobody, however low memory is. */
function isWorthwhile({ process, scope }: Candidate, { totalKib }: Context): boolean {
  const floorKib = Math.min(SMALLEST_KIB, totalKib * SMALLEST_SHARE);
  return scope !== "process" || process.sizeKib >= floorKib;
}

function familyGrower(found: ReturnType<typeof findFamily>): Grower | null {
  const first = found?.members[0];
  if (found === null || first === undefined) {
    return null;
  }
  const { grownKib, sizeKib } = found.family;
  return { name: first.process.comm, pid: first.process.pid, sizeKib, grownKib };
}

/** Who grew most; of equals the larger, then the later pid, so that the order does not matter. */
function growerOf(processes: readonly Process[]): Grower | null {
  let most: Process | null = null;
  for (const process of processes) {
    if (process.grownKib > 0 && (most === null || hasGrownMore(process, most))) {
      most = process;
    }
  }
  return most === null
    ? null
    : { name: most.comm, pid: most.pid, sizeKib: most.sizeKib, grownKib: most.grownKib };
}

function hasGrownMore(a: Process, b: Process): boolean {
  return (a.grownKib - b.grownKib || a.sizeKib - b.sizeKib || a.pid - b.pid) > 0;
}

/** Adds who dies too because the user wants the first one's whole group or cgroup ended. */
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
