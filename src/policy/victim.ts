import { PF_EXITING, PF_KTHREAD, type Process } from "../model/process.ts";
import type { Candidate, Grower, Selection, Spared, SparedBecause } from "../model/selection.ts";
import { findFamily } from "./family.ts";
import { compareCandidates, type Context, isGuiltier, toCandidate } from "./guilt.ts";
import { ruleMatches } from "./rules.ts";

/** Who holds less than this, and less than this share of RAM and swap, is not worth ending. */
const SMALLEST_KIB = 16 * 1024;
const SMALLEST_SHARE = 0.005;

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

/** All who may be chosen, and all who may not. */
export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly spared: readonly Spared[];
  /** What all processes together grew since the scan before. */
  readonly grownKib: number;
}

/** The processes in the order in which they would die. */
export function rank(processes: readonly Process[], context: Context): Ranking {
  const weighed = weigh(processes, context);
  return { ...weighed, candidates: weighed.candidates.toSorted(compareCandidates) };
}

/** Every process is checked alike; those who may be chosen stay in the order of the table. */
function weigh(processes: readonly Process[], context: Context): Ranking {
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
  return { candidates, spared, grownKib };
}

/** Chooses who dies, and keeps why everybody else does not. */
export function selectVictims(processes: readonly Process[], context: Context): Selection {
  const { candidates, grownKib, spared } = weigh(processes, context);
  const { processCount } = context;
  const grower = growerOf(processes);
  const found = findFamily(candidates, grownKib, context.totalKib, context.earlierFamily);
  const victims = found?.members ?? firstVictim(candidates, context);
  if (victims.length === 0) {
    const next = mostGuilty(candidates, victims);
    return { victims, family: null, next, grower, spared, processCount };
  }
  addCompanions(victims, candidates);
  const next = mostGuilty(candidates, victims);
  const family = found?.family ?? null;
  return { victims, family, next, grower: familyGrower(found) ?? grower, spared, processCount };
}

/** The most guilty one who is worth it; a list, for others may die with it. */
function firstVictim(candidates: readonly Candidate[], context: Context): Candidate[] {
  let first: Candidate | null = null;
  for (const candidate of candidates) {
    if (isWorthwhile(candidate, context) && isGuiltier(candidate, first)) {
      first = candidate;
    }
  }
  return first === null ? [] : [first];
}

/** The most guilty one who is none of the victims. */
function mostGuilty(
  candidates: readonly Candidate[],
  victims: readonly Candidate[],
): Candidate | null {
  let most: Candidate | null = null;
  for (const candidate of candidates) {
    if (isGuiltier(candidate, most) && !victims.includes(candidate)) {
      most = candidate;
    }
  }
  return most;
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
