import * as limits from "../../model/limits.ts";
import { availablePercent } from "../../model/reading.ts";
import type { Verdict } from "../../model/verdict.ts";
import { isMachines, returnedPercent, stallPercent, troubleOf } from "../course.ts";
import { isLow, scarcity } from "../levels.ts";
import { act, CALM, type Rule, type View, witness } from "../rule.ts";

/**
 * What is in use does not fit: it is read back as fast as it is evicted. A program that starts, or
 * settles, evicts what nobody misses.
 */
export const thrashing: Rule = {
  name: "thrashing",
  because: "tasks stall, and memory in use is read back as fast as it is evicted",
  asksUpTo: (options) => (options.psiPercent > 0 ? scarcity(options).softPercent : 0),
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

function judge({ course, options, reading }: View): Verdict {
  const { psiPercent } = options;
  if (!isLow(reading, options) || stallPercent(course, limits.STILL_WINDOW_MS) < psiPercent) {
    return CALM;
  }
  const stall = stallPercent(course, limits.STALL_WINDOW_MS);
  if (stall < psiPercent || troubleOf(course, reading).stallMs < limits.THRASH_STALL_MS) {
    return CALM;
  }
  const returned = returnedPercent(course, limits.RETURN_WINDOW_MS);
  if (returned < limits.RETURNED_PERCENT || !isMachines(course)) {
    return CALM;
  }
  return act(thrashing, [
    witness("stall", stall, psiPercent),
    witness("MemAvailable", availablePercent(reading), scarcity(options).softPercent),
    witness("evicted memory that is read back", returned, limits.RETURNED_PERCENT),
  ]);
}
