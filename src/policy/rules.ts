import type { Options } from "../model/options.ts";
import { availablePercent, Depth } from "../model/reading.ts";
import type { Selection } from "../model/selection.ts";
import { type Acting, CALM, type Verdict } from "../model/verdict.ts";
import { isDoubted } from "./course.ts";
import { isLow } from "./levels.ts";
import type { Rule, View } from "./rule.ts";
import { exhaustion } from "./rules/exhaustion.ts";
import { frozen } from "./rules/frozen.ts";
import { leak } from "./rules/leak.ts";
import { thrashing } from "./rules/thrashing.ts";
import { when } from "./rules/when.ts";
import { takerOfLate } from "./takers.ts";

/** Every reason to kill, in the order in which they are asked. */
const RULES: readonly Rule[] = [exhaustion, thrashing, leak, frozen];
const OWN_CONDITIONS: readonly Rule[] = [when];

/** The rules that are in force: the user's own conditions stand in place of all others. */
export function rulesOf(options: Options): readonly Rule[] {
  return options.when === null ? RULES : OWN_CONDITIONS;
}

/** All there are, for a rehearsal. */
export const EVERY_RULE: readonly Rule[] = [...RULES, ...OWN_CONDITIONS];

/** Whether a rule of this name is about memory in use: who waits for it counts in the choice. */
export function weighsFaults(name: string): boolean {
  return EVERY_RULE.some((rule) => rule.name === name && rule.weighsFaults === true);
}

/**
 * Whether somebody must be killed now, by the first rule that says so, and its numbers. A rule that
 * was not confirmed a moment ago is not asked: it says nothing else until then.
 */
export function decide(view: View): Verdict {
  const { course, options, reading } = view;
  if (reading.depth !== Depth.stalls) {
    return CALM;
  }
  const available = availablePercent(reading);
  const isLowNow = isLow(reading, options);
  for (const rule of rulesOf(options)) {
    const upTo = (rule.slowlyUpTo ?? rule.asksUpTo)(options, reading);
    const isSilent =
      upTo <= 0 ||
      available > upTo ||
      (rule.needsPressure && !reading.hasPressure) ||
      isDoubted(course, rule.name, reading.atMs, isLowNow);
    const verdict = isSilent ? CALM : rule.judge(view);
    if (verdict.kind === "act") {
      return verdict;
    }
  }
  return CALM;
}

/** The same verdict once it is known who took what was lost, or calm when that makes it none. */
export function confirm(verdict: Acting, selection: Selection, view: View): Verdict {
  const { group, taker, victims } = selection;
  let confirmed: Verdict = verdict;
  for (const rule of rulesOf(view.options)) {
    if (rule.name === verdict.rule && rule.confirm !== null) {
      confirmed = rule.confirm(verdict, takerOfLate(selection), view, taker);
    }
  }
  // Of a storm, one that is asked to end would start another one before it does; and who dumps its
  // core hears nothing but SIGKILL: signal(7), core(5).
  const isDeaf = victims[0]?.process.isDumpingCore === true;
  return confirmed.kind === "act" && (isDeaf || group?.isStorm === true)
    ? { ...confirmed, urgency: "kill" }
    : confirmed;
}
