import * as limits from "../../model/limits.ts";
import { availablePercent, unusedPercent } from "../../model/reading.ts";
import type { Taker } from "../../model/selection.ts";
import type { Acting, Verdict, Witness } from "../../model/verdict.ts";
import { isMachines, leastStallPercent, stallPercent } from "../course.ts";
import { faultWitness, isAtIt, isOthersAffair, LEAST_SHARE, stillTakes } from "../faults.ts";
import {
  filesReturnedPercent,
  leastReturnedPercent,
  returnedPercent,
  swappedInPercent,
} from "../returned.ts";
import { isLow, scarcity } from "../levels.ts";
import { act, CALM, type Rule, type View, witness } from "../rule.ts";

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
  asksUpTo: (options, reading) =>
    options.psiPercent > 0 ? scarcity(options, reading).softPercent : 0,
  slowlyUpTo: (options) => (options.psiPercent > 0 ? ALWAYS : 0),
  weighsFaults: true,
  needsPressure: true,
  judge,
  confirm,
  scene: {
    options: {
      mem: { softPercent: 100, hardPercent: -1 },
      swap: { softPercent: -1, hardPercent: -1 },
      psiPercent: 1.25,
    },
    course: "thrashes",
  },
};

function judge(view: View): Verdict {
  const { course, options, reading } = view;
  const isStill = stallPercent(course, limits.STILL_WINDOW_MS) >= options.psiPercent;
  if (!isStill || !isMachines(course)) {
    return CALM;
  }
  if (!isLow(reading, options)) {
    return judgeAbove(view);
  }
  for (const window of limits.THRASH_WINDOWS) {
    const verdict = judgeLow(view, window);
    if (verdict.kind === "act") {
      return verdict;
    }
  }
  return CALM;
}

function judgeLow(view: View, window: limits.ThrashWindow): Verdict {
  const { options, reading } = view;
  const seen = thrash(view, window);
  const limit = scarcity(options, reading).softPercent;
  return seen === null
    ? CALM
    : act(thrashing, [
        seen.stall,
        witness("MemAvailable", availablePercent(reading), limit),
        seen.returned,
      ]);
}

/** Files that are read back when they are evicted are in use: they are not available. */
function judgeAbove(view: View): Verdict {
  const { course, options, reading } = view;
  const swappedInLimit = limits.THRASH_SWAPPED_IN_PERCENT;
  const unusedLimit = scarcity(options, reading).softPercent;
  for (const window of limits.THRASH_ABOVE) {
    const seen = thrash(view, window);
    if (seen === null) {
      continue;
    }
    const swappedIn = swappedInPercent(course, window.windowMs);
    const unused = unusedPercent(reading, filesReturnedPercent(course, window.windowMs));
    if (swappedIn >= swappedInLimit && unused <= unusedLimit) {
      return act(thrashing, [
        seen.stall,
        witness("MemAvailable without files in use", unused, unusedLimit),
        seen.returned,
        witness("of that from swap", swappedIn, swappedInLimit),
      ]);
    }
  }
  return CALM;
}

/**
 * It is sure at once of who took most of what was lost and goes on. Else it is to be known who
 * waits, and it must last, unless for one who took some of it, and goes on or waits most: what a
 * newcomer drove out comes back for seconds once that has settled, and size decides only where
 * nobody waits more than others. Above the limit it is sure only of who took some of what was
 * lost, and waits most for it.
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
  const lasting = isAtIt(chosen) ? verdict : judgeLow(view, limits.THRASH_LASTING);
  return lasting.kind === "act" && found.value >= found.limit
    ? { ...lasting, witnesses: [...lasting.witnesses, found] }
    : lasting;
}

interface Thrash {
  readonly stall: Witness;
  readonly returned: Witness;
}

/** Whether it thrashes; the longer it goes on, the less must tasks stall for it. */
function thrash({ course, options }: View, window: limits.ThrashWindow): Thrash | null {
  const { returnedPercent: limit, stallTimes, windowMs } = window;
  const stallLimit = Math.min(MOST_STALL_PERCENT, options.psiPercent * stallTimes);
  const stall = stallPercent(course, windowMs);
  const returned = returnedPercent(course, windowMs);
  // Where hardly anything is evicted for it any more, all that is read back fits.
  const returnedNow = returnedPercent(course, limits.STALL_WINDOW_MS);
  return stall >= stallLimit &&
    // As much as ever: of what comes back while a newcomer settles, less and less is missed.
    stallPercent(course, limits.STALL_WINDOW_MS) >= stallLimit &&
    returned >= limit &&
    // Not by and by: what comes back when a burst of evictions is over was not missed meanwhile.
    leastReturnedPercent(course, windowMs, limits.THRASH_SLICE_MS) >=
      limit * limits.THRASH_SLICE_SHARE &&
    returnedNow >= 0 &&
    returnedNow <= limits.THRASH_MOST_RETURNED_PERCENT &&
    leastStallPercent(course, windowMs, limits.THRASH_SLICE_MS) >= options.psiPercent
    ? {
        stall: witness("stall", stall, stallLimit),
        returned: witness("evicted memory that is read back", returned, limit),
      }
    : null;
}
