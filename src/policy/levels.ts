import * as limits from "../model/limits.ts";
import { limitPercents, type Limits, type Options } from "../model/options.ts";
import { availablePercent, type Reading, swapFreePercent, usableKib } from "../model/reading.ts";

/** The limits of available memory, in percent of all that is usable now; soft 0: switched off. */
export function memLimits({ mem }: Options, reading: Reading): Limits {
  return limitPercents(mem, usableKib(reading));
}

/** The limits of free swap, in percent of all swap. */
export function swapLimits({ swap }: Options, reading: Reading): Limits {
  return limitPercents(swap, reading.swapTotalKib);
}

/** What is little memory, in percent of all that is usable: also where `-m 0` is given. */
export function scarcity(options: Options, reading: Reading): Limits {
  return options.mem.softPercent > 0 ? memLimits(options, reading) : limits.SCARCE;
}

/** The most that may be available when a rule that judges by stalls acts, percent; 0: it is off. */
export function stallsUpTo(options: Options, reading: Reading): number {
  return options.psiPercent > 0 ? scarcity(options, reading).softPercent : 0;
}

/** Whether available memory is at its limit or below, for the rules that judge by stalls. */
export function isLow(reading: Reading, options: Options): boolean {
  return availablePercent(reading) <= scarcity(options, reading).softPercent;
}

/** Whether both are below their hard limits, for who must act also where `-m 0` is given. */
export function isDire(reading: Reading, options: Options): boolean {
  return (
    availablePercent(reading) <= scarcity(options, reading).hardPercent &&
    swapFreePercent(reading) <= swapLimits(options, reading).hardPercent
  );
}

/** Whether SIGKILL cannot wait: available memory and free swap are both below their hard limits. */
export function isHard(reading: Reading, options: Options): boolean {
  return options.mem.softPercent > 0 && isDire(reading, options);
}
