import * as limits from "../../model/limits.ts";
import { availablePercent } from "../../model/reading.ts";
import type { Taker } from "../../model/selection.ts";
import type { Acting, Verdict, Witness } from "../../model/verdict.ts";
import { leastStallPercent, stallPercent } from "../course.ts";
import { faultWitness, isAtIt, isOthersAffair, LEAST_SHARE, stillTakes } from "../faults.ts";
import {
  isAllComingBack,
  leastRefilledPercent,
  returnedTimes,
  swappedInPercent,
  unusedNowPercent,
} from "../returned.ts";
import { isLow, scarcity, stallsUpTo } from "../levels.ts";
import { isMachines } from "../reclaim.ts";
import { act, ALWAYS_LOW, CALM, type Rule, type View, witness } from "../rule.ts";

/** Not all of any time is stalled, however much is asked for. */
const MOST_STALL_PERCENT = 90;
/** Whatever MemAvailable says. */
const ALWAYS = 100;

/**
 * What is in use does not fit: it is read back as fast as it is evicted. A program that starts, or
 * settles, evicts what nobody misses.
 */
export const thrashing: Rule = {
  name: "thrashing",
  because: "tasks stall, and memory in use is read back as fast as it is evicted",
  asksUpTo: stallsUpTo,
  slowlyUpTo: (options) => (options.psiPercent > 0 ? ALWAYS : 0),
  weighsFaults: true,
  needsPressure: true,
  judge,
  confirm,
  scene: { options: ALWAYS_LOW, course: "thrashes" },
};

function judge(view: View): Verdict {
  const { course, options, reading } = view;
  const isStill = stallPercent(course, limits.STILL_WINDOW_MS) >= options.psiPercent;
  if (!isStill || !isMachines(course)) {
    return CALM;
  }
  const judgeOver = isLow(reading, options) ? judgeLow : judgeAbove;
  const verdict = judgeOver(view, limits.THRASH_MS);
  return verdict.kind === "act" ? verdict : judgeOver(view, limits.THRASH_LASTING_MS);
}

function judgeLow(view: View, windowMs: number): Verdict {
  const { options, reading } = view;
  const seen = thrash(view, windowMs);
  const limit = scarcity(options, reading).softPercent;
  return seen === null || isAllComingBack(view.course, reading, windowMs)
    ? CALM
    : act(thrashing, [
        seen.stall,
        witness("MemAvailable", availablePercent(reading), limit),
        seen.refilled,
      ]);
}

/** Files that are read back when they are evicted are in use: they are not available. */
function judgeAbove(view: View, windowMs: number): Verdict {
  const { course, options, reading } = view;
  const seen = thrash(view, windowMs);
  const times = windowMs < limits.THRASH_LASTING_MS ? limits.THRASH_ABOVE_TIMES : 1;
  const stallLimit = Math.min(MOST_STALL_PERCENT, options.psiPercent * times);
  if (seen === null || seen.stall.value < stallLimit) {
    return CALM;
  }
  const swappedInLimit = limits.THRASH_SWAPPED_IN_PERCENT;
  const unusedLimit = scarcity(options, reading).softPercent;
  const swappedIn = swappedInPercent(course, windowMs);
  const unused = unusedNowPercent(course, reading, windowMs);
  return swappedIn < swappedInLimit || unused > unusedLimit
    ? CALM
    : act(thrashing, [
        { ...seen.stall, limit: stallLimit },
        witness("MemAvailable without files in use", unused, unusedLimit),
        seen.refilled,
        witness("of that from swap", swappedIn, swappedInLimit),
      ]);
}

/**
 * Low memory: it acts at once on one that took half of what was lost and still takes. For any other
 * it must be known who waits; and unless that one took a tenth, and still takes or waits most, the
 * thrashing must last: what a newcomer drove out comes back for seconds once that has settled, and
 * size decides only where nobody waits more than others. Above the limit it acts only on one that
 * took a tenth of what was lost and had half of all major faults.
 */
function confirm(verdict: Acting, _taker: Taker, view: View, chosen: Taker | null): Verdict {
  const { options, reading } = view;
  if (isLow(reading, options)) {
    return confirmLow(verdict, view, chosen);
  }
  if (chosen === null || chosen.share < LEAST_SHARE) {
    return CALM;
  }
  const faults = 100 * chosen.faultShare;
  const faultsLimit = 100 * limits.TAKER_SHARE;
  const itsFaults = witness("major faults that are its own", faults, faultsLimit);
  return faults >= faultsLimit
    ? { ...verdict, witnesses: [...verdict.witnesses, itsFaults] }
    : CALM;
}

function confirmLow(verdict: Acting, view: View, chosen: Taker | null): Verdict {
  if (chosen !== null && chosen.share >= limits.TAKER_SHARE && stillTakes(chosen)) {
    return verdict;
  }
  if (chosen === null || isOthersAffair(chosen)) {
    return CALM;
  }
  const found = faultWitness(chosen);
  const lasting = isAtIt(chosen) ? verdict : judgeLow(view, limits.THRASH_LASTING_MS);
  return lasting.kind === "act" && found.value >= found.limit
    ? { ...lasting, witnesses: [...lasting.witnesses, found] }
    : lasting;
}

interface Thrash {
  readonly stall: Witness;
  readonly refilled: Witness;
}

/** Whether it thrashes in each slice of this window; how much in the one where it is least. */
function thrash({ course, options }: View, windowMs: number): Thrash | null {
  const sliceMs = windowMs / limits.THRASH_SLICES;
  const stall = leastStallPercent(course, windowMs, sliceMs);
  if (stall < options.psiPercent) {
    return null;
  }
  const refilled = leastRefilledPercent(course, windowMs, sliceMs);
  return refilled >= limits.THRASH_REFILLED_PERCENT &&
    returnedTimes(course, windowMs) <= limits.THRASH_MOST_TIMES
    ? {
        stall: witness("stall", stall, options.psiPercent),
        refilled: witness(
          "filled memory that was evicted before",
          refilled,
          limits.THRASH_REFILLED_PERCENT,
        ),
      }
    : null;
}
