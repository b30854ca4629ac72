import * as limits from "../model/limits.ts";
import type { Options } from "../model/options.ts";
import { availablePercent, type Enough, type Reading } from "../model/reading.ts";
import { scarcity } from "./decide.ts";

/**
 * How long the daemon may sleep: the time in which the present headroom could be filled at the
 * fastest rate ever seen (earlyoom's and the original's formula), milliseconds. A PSI trigger can
 * wake it before; this is the safety net for what PSI does not see.
 */
export function sleepMs(reading: Reading, options: Options): number {
  const softPercent = limitPercent(options);
  const memKib = reading.availableKib - (reading.totalKib * softPercent) / 100;
  const swapKib = reading.swapFreeKib - (reading.swapTotalKib * options.swap.softPercent) / 100;
  const memMs = memKib > 0 ? (memKib / 1024 / limits.FILL_MIB_PER_S) * 1000 : 0;
  const swapMs = swapKib > 0 ? (swapKib / 1024 / limits.SWAP_FILL_MIB_PER_S) * 1000 : 0;
  const ms = memMs + swapMs;
  const isNear = isBelow(reading, softPercent + limits.SCARCE_ABOVE_PERCENT);
  const longest = isNear ? limits.SCARCE_LOOK_MS : limits.LONGEST_SLEEP_MS;
  // No Math.min: without a JIT it is a call out of the interpreter, and this runs at each look.
  return ms > longest ? longest : ms < limits.SHORTEST_SLEEP_MS ? limits.SHORTEST_SLEEP_MS : ms;
}

/** Whether the limits are near. */
export function isScarce(reading: Reading, options: Options): boolean {
  return isBelow(reading, limitPercent(options) + limits.SCARCE_ABOVE_PERCENT);
}

function isBelow(reading: Reading, percent: number): boolean {
  return reading.detailed && availablePercent(reading) < percent;
}

/** The limit on available memory; conditions that ask for none are the trigger's. */
function limitPercent(options: Options): number {
  const asked = askedPercent(options);
  return asked > 100 ? scarcity(options).softPercent : asked;
}

/** Free memory above this share of all is plenty, whatever the page cache holds. */
const PLENTY_PERCENT = 40;
/** More than all: memory is never plenty. */
const NEVER = 101;

/**
 * From where on a look need not see everything. Much free memory is twice what the highest limit on
 * available memory is; a condition that asks for other things alone can hold however much there is.
 */
export function enoughOf(options: Options): Enough {
  const asked = askedPercent(options);
  return {
    freePercent: asked * 2 > 100 ? NEVER : Math.max(PLENTY_PERCENT, asked * 2),
    availablePercent: asked,
  };
}

/** Whether so much is available that a kill is far away. */
export function isAmple(reading: Reading, { freePercent }: Enough): boolean {
  return availablePercent(reading) >= freePercent;
}

/** The highest share of available memory at which a rule may act, in percent. */
function askedPercent(options: Options): number {
  if (options.when === null) {
    return scarcity(options).softPercent;
  }
  let highest = 0;
  for (const { allOf } of options.when) {
    let least = NEVER;
    for (const { metric, operator, value } of allOf) {
      if (metric === "mem" && operator.startsWith("<")) {
        least = Math.min(least, value);
      }
    }
    highest = Math.max(highest, least);
  }
  return highest;
}
