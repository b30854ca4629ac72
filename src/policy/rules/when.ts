import * as limits from "../../model/limits.ts";
import type { Comparison, Metric, Options } from "../../model/options.ts";
import { availablePercent, swapFreePercent } from "../../model/reading.ts";
import type { Verdict } from "../../model/verdict.ts";
import { fullStallPercent, stallPercent } from "../course.ts";
import { leastRefilledPercent } from "../returned.ts";
import { isHard, isLow, swapLimits } from "../levels.ts";
import { act, CALM, type Rule, type View, witness } from "../rule.ts";

/** More than all: it may hold however much is available. */
const ALWAYS = 101;

/** The user's own conditions, in place of all other rules. */
export const when: Rule = {
  name: "when",
  because: "a condition of the configuration holds",
  asksUpTo: highestPercent,
  needsPressure: false,
  judge,
  confirm: null,
  scene: {
    options: {
      when: [{ text: "mem < 101", allOf: [{ metric: "mem", operator: "<", value: ALWAYS }] }],
    },
    course: "stands",
  },
};

/** The highest share of available memory at which a condition may hold, in percent. */
function highestPercent(options: Options): number {
  let highest = 0;
  for (const { allOf } of options.when ?? []) {
    let least = ALWAYS;
    for (const { metric, operator, value } of allOf) {
      if (metric === "mem" && operator.startsWith("<")) {
        least = Math.min(least, value);
      }
    }
    highest = Math.max(highest, least);
  }
  return highest;
}

/** The first condition that holds; the hard limits still mean SIGKILL. */
function judge(view: View): Verdict {
  const { options, reading } = view;
  for (const condition of options.when ?? []) {
    const values = condition.allOf.map(({ metric }) => valueOf(metric, view));
    if (condition.allOf.every((comparison, index) => holds(comparison, values[index] ?? 0))) {
      const witnesses = condition.allOf.map((comparison, index) =>
        witness(comparison.metric, values[index] ?? 0, comparison.value),
      );
      return { ...act(when, witnesses), urgency: isHard(reading, options) ? "kill" : "term" };
    }
  }
  return CALM;
}

/** A share in percent, or 0 or 1; -1 when it is not known, as stalls are not without PSI. */
function valueOf(metric: Metric, { course, options, reading }: View): number {
  if (metric.startsWith("psi.") && !reading.hasPressure) {
    return -1;
  }
  switch (metric) {
    case "mem":
      return availablePercent(reading);
    case "swap":
      return swapFreePercent(reading);
    case "psi.some":
      return stallPercent(course, limits.STALL_WINDOW_MS);
    case "psi.full":
      return fullStallPercent(course, limits.STALL_WINDOW_MS);
    case "psi.avg10":
      return reading.atMs - course.reliefAtMs < limits.AVG10_OLD_MS ? -1 : reading.someAvg10;
    case "scarce":
      return isScarce({ course, options, reading }) ? 1 : 0;
  }
}

/** Little is available, or swap is nearly full, or what is in use is evicted and read back. */
function isScarce({ course, options, reading }: View): boolean {
  return (
    isLow(reading, options) ||
    (reading.swapTotalKib > 0 &&
      swapFreePercent(reading) <= swapLimits(options, reading).softPercent) ||
    leastRefilledPercent(course, limits.THRASH_MS, limits.THRASH_MS / limits.THRASH_SLICES) >=
      limits.THRASH_REFILLED_PERCENT
  );
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
