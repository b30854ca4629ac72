import * as limits from "../../model/limits.ts";
import { availablePercent } from "../../model/reading.ts";
import type { Verdict } from "../../model/verdict.ts";
import {
  isMachines,
  leastReturnedPercent,
  leastStallPercent,
  returnedPercent,
  stallPercent,
} from "../course.ts";
import { scarcity } from "../levels.ts";
import { act, CALM, type Rule, type View, witness } from "../rule.ts";

type Window = limits.ThrashWindow;

const MOST_ABOVE = Math.max(...limits.THRASH_WINDOWS.map(({ abovePercent }) => abovePercent));
/** Not all of any time is stalled, however much is asked for. */
const MOST_STALL_PERCENT = 90;

/**
 * What is in use does not fit: it is read back as fast as it is evicted. A program that starts, or
 * settles, evicts what nobody misses.
 */
export const thrashing: Rule = {
  name: "thrashing",
  because: "tasks stall, and memory in use is read back as fast as it is evicted",
  asksUpTo: (options, reading) =>
    options.psiPercent > 0 ? scarcity(options, reading).softPercent : 0,
  slowlyUpTo: (options, reading) =>
    options.psiPercent > 0 ? scarcity(options, reading).softPercent + MOST_ABOVE : 0,
  needsPressure: true,
  judge,
  confirm: null,
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
  const { course, options } = view;
  const isStill = stallPercent(course, limits.STILL_WINDOW_MS) >= options.psiPercent;
  if (!isStill || !isMachines(course)) {
    return CALM;
  }
  for (const window of limits.THRASH_WINDOWS) {
    const verdict = judgeWindow(view, window);
    if (verdict.kind === "act") {
      return verdict;
    }
  }
  return CALM;
}

/** The longer it goes on, the less must tasks stall for it; or the more may be available. */
function judgeWindow(
  { course, options, reading }: View,
  { abovePercent, returnedPercent: limit, stallPercent: least, stallTimes, windowMs }: Window,
): Verdict {
  const available = availablePercent(reading);
  const availableLimit = scarcity(options, reading).softPercent + abovePercent;
  if (available > availableLimit) {
    return CALM;
  }
  const stallLimit = Math.min(MOST_STALL_PERCENT, Math.max(least, options.psiPercent * stallTimes));
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
    ? act(thrashing, [
        witness("stall", stall, stallLimit),
        witness("MemAvailable", available, availableLimit),
        witness("evicted memory that is read back", returned, limit),
      ])
    : CALM;
}
