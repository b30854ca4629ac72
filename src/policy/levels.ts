import * as limits from "../model/limits.ts";
import type { Limits, Options } from "../model/options.ts";
import { availablePercent, type Reading, swapFreePercent } from "../model/reading.ts";

/** What is little memory, in percent of all that is usable: also where `-m 0` is given. */
export function scarcity({ mem }: Options): Limits {
  return mem.softPercent > 0 ? mem : limits.SCARCE;
}

/** Whether available memory is at its limit or below, for the rules that judge by stalls. */
export function isLow(reading: Reading, options: Options): boolean {
  return availablePercent(reading) <= scarcity(options).softPercent;
}

/** Whether SIGKILL cannot wait: available memory and free swap are both below their hard limits. */
export function isHard(reading: Reading, { mem, swap }: Options): boolean {
  return (
    mem.softPercent > 0 &&
    availablePercent(reading) <= mem.hardPercent &&
    swapFreePercent(reading) <= swap.hardPercent
  );
}
