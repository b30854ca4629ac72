import type { Options, Scope } from "../model/options.ts";
import type { Process } from "../model/process.ts";
import type { Candidate, Points } from "../model/selection.ts";
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
/**
 * … and nobody gets more than so many times what it grew by itself, in 1 to 2 s: who had a file
 * evicted and reads it back has soon done with growing.
 */
const GROWS_ON = 8;
/** Far below all others, so that they die last, as in systemd-oomd. */
const MANAGED_AVOID_POINTS = -2000;

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
  if (process.grownKib <= 0 || grownKib <= context.totalKib * GROWTH_FLOOR) {
    return 0;
  }
  const share = process.grownKib / grownKib;
  const most = (GROWS_ON * 1000 * OOM_SCALE * process.grownKib) / context.totalKib;
  return Math.round(Math.min(GROWTH_POINTS * share, most));
}

/** A process with its score, and all that made it. */
export function toCandidate(process: Process, grownKib: number, context: Context): Candidate {
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

/** Whether one is to be ended before another one, or there is no other one. */
export function isGuiltier(candidate: Candidate, than: Candidate | null): boolean {
  return than === null || compareCandidates(candidate, than) < 0;
}
