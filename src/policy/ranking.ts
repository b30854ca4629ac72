import * as limits from "../model/limits.ts";
import type { Options, Scope } from "../model/options.ts";
import type { Process } from "../model/process.ts";
import type { Candidate, Loss, Points } from "../model/selection.ts";
import { explains, type Explaining, type Took } from "./attribution.ts";
import { faultPoints, type Faults } from "./faults.ts";
import { ruleMatches } from "./matching.ts";

/** What a choice depends on beside the processes themselves. */
export interface Context {
  readonly options: Options;
  readonly ownPid: number;
  /** The daemon's executable, which its commands run as well; "" where it is not known. */
  readonly ownExe: string;
  /** Time of the scan, milliseconds since boot. */
  readonly takenMs: number;
  /** The parent of each pid that took some of what was lost, and of its parents up to init. */
  readonly parents: Pick<ReadonlyMap<number, number>, "get">;
  /** RAM and swap together. */
  readonly totalKib: number;
  readonly loss: Loss;
  /** Memory is below the hard limits: there is no time for one at a time. */
  readonly isHard: boolean;
  readonly processCount: number;
  /** `pid:startMs` of processes that could not be killed a while ago, and of the dying. */
  readonly refused: Pick<ReadonlySet<string>, "has" | "size">;
  readonly dying: Pick<ReadonlySet<string>, "has" | "size">;
  /** What was done to groups a short while ago. */
  readonly struck: Struck;
  /** Before Linux 5.9 the kernel's score is of another scale. */
  readonly isOldScale: boolean;
  /**
   * Whether a forked copy may be blamed for what nobody took: not once that was in vain, nor where
   * somebody could not be read.
   */
  readonly mayBlame: boolean;
  /** Who had how many major faults a moment ago; null: nobody knows. */
  readonly faults: Faults | null;
  /** Kills gave back nothing of what is missing: `oom_score_adj` and small sizes do not count. */
  readonly isInVain: boolean;
}

/** A group of which somebody was killed a short while ago. */
export interface Struck {
  /** `TIE ID`, or "". */
  readonly name: string;
  readonly isStorm: boolean;
  /** How often members of it were killed, and how many in all. */
  readonly kills: number;
  readonly victims: number;
  /** Of those, who was started since the first kill; and how many members there were then. */
  readonly bornVictims: number;
  readonly firstCount: number;
  /** What was left when the last of them was to be killed, KiB. */
  readonly leftKib: number;
  /** Milliseconds since boot: who is younger takes the place of one who was killed. */
  readonly sinceMs: number;
}

export const NOT_STRUCK: Struck = {
  name: "",
  isStorm: false,
  kills: 0,
  victims: 0,
  bornVictims: 0,
  firstCount: 0,
  leftKib: -1,
  sinceMs: Infinity,
};

/** `oom_score` counts 1000 for all memory, then takes two thirds; mm/oom_kill.c, fs/proc/base.c. */
const OOM_SCALE = 2 / 3;
/** Far below all others, so that they are killed last, as in systemd-oomd. */
const MANAGED_AVOID_POINTS = -2000;
/** Whom a rule prefers by so many points counts twice for what it took, as often as it goes. */
const PREFERENCE_POINTS = 300;

/** Points that each choice gives anew, and no rule. */
export const OF_LOSS = "took what was lost";
const OF_FAULTS = "major faults";
const OF_CORE = "is dead and dumps its core";
export const NO_RULES: ReadonlySet<string> = new Set([OF_LOSS, OF_FAULTS, OF_CORE]);

/** What the kernel's score counts for so much memory, of RAM and swap. */
export function sizePoints(kib: number, totalKib: number): number {
  return (1000 * OOM_SCALE * kib) / Math.max(1, totalKib);
}

/** The score before any rule: the kernel's, or the share of memory when RSS is asked for. */
function baseScore(process: Process, context: Context): number {
  const { isInVain, isOldScale, options, totalKib } = context;
  const { adjPolicy, sortBy } = options;
  if (sortBy === "rss" || isInVain) {
    const kib = isInVain ? process.sizeKib : process.rssKib;
    return sizePoints(kib, totalKib);
  }
  const { oomScore, oomScoreAdj, sizeKib } = process;
  const thousandths = 1000 + oomScoreAdj + (1000 * sizeKib) / Math.max(1, totalKib);
  const score = isOldScale ? OOM_SCALE * thousandths : oomScore;
  if (adjPolicy === "respect") {
    return score;
  }
  return score - (adjPolicy === "ignore" ? oomScoreAdj : Math.max(0, oomScoreAdj)) * OOM_SCALE;
}

/** A process with its score, and all that made it. */
export function toCandidate(
  process: Process,
  took: Took,
  context: Context,
  faultWeight = 0,
): Candidate {
  const base = baseScore(process, context);
  const points: Points[] = [];
  let { scope }: { scope: Scope } = context.options;
  let wanted = 0;
  if (process.managedPreference === "avoid") {
    points.push({ origin: "ManagedOOMPreference=avoid", points: MANAGED_AVOID_POINTS });
    wanted += MANAGED_AVOID_POINTS;
  }
  for (const { effect, match, origin } of context.options.rules) {
    if (effect.kind === "protect" || !ruleMatches(match, process, context.takenMs)) {
      continue;
    }
    if (effect.kind === "group") {
      ({ scope } = effect);
      continue;
    }
    const asked = effect.kind === "points" ? effect.points : (base * (effect.percent - 100)) / 100;
    // Who asked to be spared is never made a likelier victim (earlyoom's issue 159).
    if (asked < 0 || process.oomScoreAdj >= 0) {
      points.push({ origin, points: Math.round(asked) });
      wanted += asked;
    }
  }
  const loss = lossPoints(took, wanted);
  if (loss > 0) {
    points.push({ origin: OF_LOSS, points: loss });
  }
  const { needKib } = context.loss;
  if (process.isDumpingCore && needKib > 0 && process.sizeKib >= needKib) {
    // Nobody who lives is to die while what it holds would do: it waits for the disk.
    points.push({ origin: OF_CORE, points: Math.round(limits.LOSS_POINTS * weightOf(wanted)) });
  }
  if (context.faults !== null) {
    const weight = faultWeight * weightOf(wanted);
    const faults = Math.round(faultPoints(process, context.faults) * weight);
    points.push(...(faults > 0 ? [{ origin: OF_FAULTS, points: faults }] : []));
  }
  let score = base;
  for (const item of points) {
    score += item.points;
  }
  const { latelyShare, share, tookKib } = took;
  return { process, score, points, scope, tookKib, share, latelyShare };
}

/** The same where it does not count who waits: somebody explains the loss. */
export function withoutFaults(candidate: Candidate): Candidate {
  const points = candidate.points.filter(({ origin }) => origin !== OF_FAULTS);
  const without = candidate.points.find(({ origin }) => origin === OF_FAULTS)?.points ?? 0;
  return without === 0 ? candidate : { ...candidate, points, score: candidate.score - without };
}

/**
 * What somebody gets for its part of the loss: more than anybody's size can be worth when it is all
 * of it. Whom rules want to live is not chosen for it.
 */
export function lossPoints(took: Explaining, wanted: number): number {
  return Math.round(limits.LOSS_POINTS * explains(took) * weightOf(wanted));
}

/** How far that counts which speaks against somebody, by what rules want: 0 to 2. */
function weightOf(wanted: number): number {
  return Math.min(2, Math.max(0, 1 + wanted / PREFERENCE_POINTS));
}

/** Whom to kill first; the order is total, so that the order of the table does not matter. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    b.score - a.score ||
    b.process.sizeKib - a.process.sizeKib ||
    b.process.startMs - a.process.startMs ||
    b.process.pid - a.process.pid
  );
}

/** Whether one is to be killed before another one, or there is no other one. */
export function isBefore(candidate: Candidate, than: Candidate | null): boolean {
  return than === null || compareCandidates(candidate, than) < 0;
}

/** Whether rules, or systemd, want it to be killed later than its size says. */
export function isAvoided({ points }: Candidate): boolean {
  let sum = 0;
  for (const item of points) {
    sum += NO_RULES.has(item.origin) ? 0 : item.points;
  }
  return sum < 0;
}
