import { availablePercent, swapFreePercent } from "../../model/reading.ts";
import type { Verdict } from "../../model/verdict.ts";
import { isHard, memLimits, swapLimits } from "../levels.ts";
import { act, CALM, type Rule, type View, witness } from "../rule.ts";

/** Both are used up: what is available, and what swap could still take. */
export const exhaustion: Rule = {
  name: "exhaustion",
  because: "memory is used up",
  asksUpTo: (options, reading) => memLimits(options, reading).softPercent,
  needsPressure: false,
  judge,
  confirm: null,
  scene: {
    options: {
      mem: { softPercent: 100, hardPercent: 100 },
      swap: { softPercent: 100, hardPercent: 100 },
    },
    course: "stands",
  },
};

function judge({ options, reading }: View): Verdict {
  const mem = memLimits(options, reading);
  const swap = swapLimits(options, reading);
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
  return { ...act(exhaustion, witnesses), urgency: hard ? "kill" : "term" };
}
