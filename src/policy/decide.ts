import * as limits from "../model/limits.ts";
import type { Comparison, Condition, Limits, Metric, Options } from "../model/options.ts";
import type { Selection } from "../model/selection.ts";
import { availablePercent, leftKib, type Reading, swapFreePercent } from "../model/reading.ts";
import { CALM, type RuleName, type Verdict, type Witness } from "../model/verdict.ts";
import {
  fullStallPercent,
  refaultsPerS,
  shrinkKibPerS,
  stallPercent,
  type Trend,
} from "./trend.ts";

/** The unit of what a reading counts of vmstat. */
const UNIT_KIB = 4;

/**
 * Decides whether somebody must die now. Each rule carries its second witness, and each verdict the
 * numbers it rests on; docs of the rules are in the README, "How it decides".
 */
export function decide(reading: Reading, trend: Trend, options: Options): Verdict {
  if (!reading.detailed) {
    return CALM;
  }
  if (options.when !== null) {
    return whenVerdict(reading, trend, options, options.when);
  }
  const exhaustion = exhaustionVerdict(reading, options);
  if (exhaustion.kind === "act" || !reading.hasPressure || options.psiPercent <= 0) {
    return exhaustion;
  }
  return pressureVerdict(reading, trend, options);
}

/** Both are used up: what is available and what swap could still take. */
function exhaustionVerdict(reading: Reading, options: Options): Verdict {
  const { mem, swap } = options;
  const available = availablePercent(reading);
  const free = swapFreePercent(reading);
  if (mem.softPercent <= 0 || available > mem.softPercent || free > swap.softPercent) {
    return CALM;
  }
  const hard = isHard(reading, options);
  const memLimit = hard ? mem.hardPercent : mem.softPercent;
  const witnesses = [witness("MemAvailable", available, memLimit)];
  if (reading.swapTotalKib > 0) {
    witnesses.push(witness("free swap", free, hard ? swap.hardPercent : swap.softPercent));
  }
  return { kind: "act", rule: "exhaustion", urgency: hard ? "kill" : "term", witnesses };
}

/** Whether SIGKILL cannot wait: both are below their hard limits. */
export function isHard(reading: Reading, { mem, swap }: Options): boolean {
  return (
    mem.softPercent > 0 &&
    availablePercent(reading) <= mem.hardPercent &&
    swapFreePercent(reading) <= swap.hardPercent
  );
}

function witness(name: string, value: number, limit: number, unit: Witness["unit"] = "%"): Witness {
  return { name, value, limit, unit };
}

/**
 * Tasks stall while little is available: because somebody takes all that is left, because what is
 * in use is evicted and read back, or for so long that it does not matter why.
 */
function pressureVerdict(reading: Reading, trend: Trend, options: Options): Verdict {
  const { psiPercent } = options;
  const mem = scarcity(options);
  const available = availablePercent(reading);
  if (available > mem.softPercent) {
    return CALM;
  }
  const still = stallPercent(trend, limits.STILL_WINDOW_MS);
  if (still < psiPercent) {
    return CALM;
  }
  const low = witness("MemAvailable", available, mem.softPercent);
  const frozenPercent = Math.max(psiPercent, limits.FROZEN_PERCENT);
  const long = stallPercent(trend, limits.FROZEN_WINDOW_MS);
  if (long >= frozenPercent && still >= frozenPercent && available <= mem.hardPercent) {
    return act("frozen", [witness("stall", long, frozenPercent), low]);
  }
  const short = stallPercent(trend, limits.STALL_WINDOW_MS);
  const refaults = refaultPercent(reading, trend);
  if (short >= psiPercent && refaults >= limits.REFAULT_PERCENT) {
    const evicted = witness("memory read back per second", refaults, limits.REFAULT_PERCENT);
    return act("thrashing", [witness("stall", short, psiPercent), low, evicted]);
  }
  if (reading.atMs < trend.suspectUntilMs) {
    return CALM;
  }
  const shrinking = Math.max(
    shrinkKibPerS(trend, limits.GROWTH_WINDOW_MS),
    shrinkKibPerS(trend, limits.STILL_WINDOW_MS),
  );
  if (shrinking <= 0) {
    return CALM;
  }
  // Whether it is one shows only when it is known who grows: see `confirm`.
  return act("leak", [witness("stall", still, psiPercent), low]);
}

function act(rule: RuleName, witnesses: readonly Witness[]): Verdict {
  return { kind: "act", rule, urgency: "term", witnesses };
}

/** Memory read back after it was evicted in use, percent of RAM per second. */
function refaultPercent(reading: Reading, trend: Trend): number {
  const refaultKibPerS = refaultsPerS(trend, limits.REFAULT_WINDOW_MS) * UNIT_KIB;
  return (100 * refaultKibPerS) / Math.max(1, reading.totalKib);
}

/** What is little memory for the rules that ask for more than that: also where `-m 0` is given. */
export function scarcity({ mem }: Options): Limits {
  return mem.softPercent > 0 ? mem : limits.SCARCE;
}

/** Little is available, or swap is nearly full, or what is in use is evicted. */
function isScarce(reading: Reading, trend: Trend, options: Options): boolean {
  const { swap } = options;
  return (
    availablePercent(reading) <= scarcity(options).softPercent ||
    (reading.swapTotalKib > 0 && swapFreePercent(reading) <= swap.softPercent) ||
    refaultPercent(reading, trend) >= limits.REFAULT_PERCENT
  );
}

/**
 * Tells a leak from a newcomer that settles, once it is known who grows. Nobody knows how large it
 * wants to be; what it has taken so far is the only measure. It is a leak when taking a third of
 * that on top would use up all that is left; or as much again, when it holds half of RAM, and twice
 * as much, when it holds all of it. Other verdicts stand as they are, but a family is ended by
 * SIGKILL at once.
 */
export function confirm(verdict: Verdict, selection: Selection, reading: Reading): Verdict {
  if (verdict.kind === "calm") {
    return CALM;
  }
  // One that is asked to end would start another one before it does.
  const urgency = selection.family === null ? verdict.urgency : "kill";
  if (verdict.rule !== "leak") {
    return { ...verdict, urgency };
  }
  const { family, grower } = selection;
  const left = leftKib(reading);
  const totalKib = reading.totalKib + reading.swapTotalKib;
  if (grower === null || grower.grownKib * 100 < totalKib * limits.GROWTH_NOISE_PERCENT) {
    return CALM;
  }
  const { sizeKib } = grower;
  const isLarge = sizeKib * 100 >= reading.totalKib * limits.LARGE_PERCENT;
  // What the members of a family share counts once for each.
  const isHuge = family === null && sizeKib * 100 >= reading.totalKib * limits.HUGE_PERCENT;
  const share = isHuge ? limits.HUGE_GROWS_ON : isLarge ? limits.LARGE_GROWS_ON : limits.GROWS_ON;
  const wantedKib = sizeKib * share;
  if (wantedKib < left) {
    return CALM;
  }
  const rest = witness("memory and swap left", left / 1024, wantedKib / 1024, "MiB");
  return { ...verdict, urgency, witnesses: [...verdict.witnesses, rest] };
}

function valueOf(metric: Metric, reading: Reading, trend: Trend, options: Options): number {
  switch (metric) {
    case "mem":
      return availablePercent(reading);
    case "swap":
      return swapFreePercent(reading);
    case "psi.some":
      return stallPercent(trend, limits.STALL_WINDOW_MS);
    case "psi.full":
      return fullStallPercent(trend, limits.STALL_WINDOW_MS);
    case "psi.avg10":
      return reading.atMs - trend.reliefAtMs < limits.AVG10_OLD_MS ? -1 : reading.someAvg10;
    case "scarce":
      return isScarce(reading, trend, options) ? 1 : 0;
  }
}

function holds({ operator, value: limit }: Comparison, value: number): boolean {
  // What nobody has seen all of, or is of a time before a kill, is neither much nor little.
  if (value < 0) {
    return false;
  }
  switch (operator) {
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
  }
}

/** The first of the user's own conditions that holds; the hard limits still mean SIGKILL. */
function whenVerdict(
  reading: Reading,
  trend: Trend,
  options: Options,
  conditions: readonly Condition[],
): Verdict {
  for (const condition of conditions) {
    const values = condition.allOf.map(({ metric }) => valueOf(metric, reading, trend, options));
    if (condition.allOf.every((comparison, index) => holds(comparison, values[index] ?? 0))) {
      return {
        kind: "act",
        rule: "when",
        urgency: isHard(reading, options) ? "kill" : "term",
        witnesses: condition.allOf.map((comparison, index) =>
          witness(comparison.metric, values[index] ?? 0, comparison.value),
        ),
      };
    }
  }
  return CALM;
}
