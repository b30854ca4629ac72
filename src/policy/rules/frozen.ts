import * as limits from "../../model/limits.ts";
import { availablePercent } from "../../model/reading.ts";
import type { Taker } from "../../model/selection.ts";
import type { Acting, Verdict } from "../../model/verdict.ts";
import { movedKib, stallPercent } from "../course.ts";
import { faultWitness, isOthersAffair } from "../faults.ts";
import { isLow, scarcity, stallsUpTo } from "../levels.ts";
import { awaitsMachine, isMachines } from "../reclaim.ts";
import { isAllComingBack } from "../returned.ts";
import { act, ALWAYS_LOW, CALM, type Rule, type View, witness } from "../rule.ts";

/**
 * Nearly everybody waits for memory, for long, and nothing comes of it: what is left neither
 * shrinks nor grows. Whatever the reason, waiting longer does not help; nor does it to kill
 * somebody who has nothing to do with it, or while a cgroup sleeps at its own limit.
 */
export const frozen: Rule = {
  name: "frozen",
  because: "tasks have stalled nearly all the time for seconds, and it gets no better",
  asksUpTo: stallsUpTo,
  weighsFaults: true,
  needsPressure: true,
  judge,
  confirm,
  scene: { options: ALWAYS_LOW, course: "stands" },
};

function judge({ course, options, reading }: View): Verdict {
  if (!isLow(reading, options) || !isMachines(course)) {
    return CALM;
  }
  const percent = Math.max(options.psiPercent, limits.FROZEN_PERCENT);
  const still = stallPercent(course, limits.STALL_WINDOW_MS);
  const stall = stallPercent(course, limits.FROZEN_WINDOW_MS);
  const moved = movedKib(course, limits.FROZEN_WINDOW_MS);
  const movedPercent = (100 * moved) / Math.max(1, reading.totalKib);
  if (
    still < percent ||
    stall < percent ||
    moved < 0 ||
    movedPercent > limits.FROZEN_MOVED_PERCENT ||
    !awaitsMachine(course, limits.FROZEN_WINDOW_MS) ||
    isAllComingBack(course, reading, limits.FROZEN_WINDOW_MS)
  ) {
    return CALM;
  }
  return act(frozen, [
    witness("stall", stall, percent),
    witness("MemAvailable", availablePercent(reading), scarcity(options, reading).softPercent),
    witness("change of what is left", movedPercent, limits.FROZEN_MOVED_PERCENT),
  ]);
}

/** Nobody dies merely for being large. */
function confirm(verdict: Acting, _taker: Taker, _view: View, chosen: Taker | null): Verdict {
  const found = faultWitness(chosen);
  return isOthersAffair(chosen) || found.value < found.limit
    ? CALM
    : { ...verdict, witnesses: [...verdict.witnesses, found] };
}
