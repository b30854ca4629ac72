import * as limits from "../model/limits.ts";
import type { Options } from "../model/options.ts";
import { availablePercent, type Enough, type Reading, usableKib } from "../model/reading.ts";
import { scarcity } from "./decide.ts";

/**
 * How long the daemon may sleep: the time in which the present headroom could be filled at the
 * fastest rate ever seen (earlyoom's and the original's formula), milliseconds. A PSI trigger can
 * wake it before; this is the safety net for what PSI does not see.
 */
export function sleepMs(reading: Reading, enough: Enough): number {
  const { memLimitPercent, swapLimitPercent } = enough;
  const memKib = headroomKib(reading, enough);
  const swapKib = reading.swapFreeKib - (reading.swapTotalKib * swapLimitPercent) / 100;
  const memMs = memKib > 0 ? (memKib / 1024 / limits.FILL_MIB_PER_S) * 1000 : 0;
  const swapMs = swapKib > 0 ? (swapKib / 1024 / limits.SWAP_FILL_MIB_PER_S) * 1000 : 0;
  const ms = memMs + swapMs;
  const isNear = isBelow(reading, memLimitPercent + limits.SCARCE_ABOVE_PERCENT);
  const longest = isNear ? limits.SCARCE_LOOK_MS : limits.LONGEST_SLEEP_MS;
  // No Math.min: without a JIT it is a call out of the interpreter, and this runs at each look.
  return ms > longest ? longest : ms < limits.SHORTEST_SLEEP_MS ? limits.SHORTEST_SLEEP_MS : ms;
}

/** Available memory above its limit, KiB; negative when it is below. */
function headroomKib(reading: Reading, { memLimitPercent }: Enough): number {
  return reading.availableKib - (usableKib(reading) * memLimitPercent) / 100;
}

/** So much less of available memory or free swap, KiB, changes nothing: a part of the headroom. */
export function slackKib(reading: Reading, enough: Enough): number {
  return headroomKib(reading, enough) / limits.SLACK_OF_HEADROOM;
}

/** Whether the limits are near. */
export function isScarce(reading: Reading, { memLimitPercent }: Enough): boolean {
  return isBelow(reading, memLimitPercent + limits.SCARCE_ABOVE_PERCENT);
}

function isBelow(reading: Reading, percent: number): boolean {
  return reading.detailed && availablePercent(reading) < percent;
}

/** Whether no rule can act, whatever else is true. */
export function isEnough(reading: Reading, enough: Enough): boolean {
  return availablePercent(reading) > enough.availablePercent;
}

/*
 * What is available, from plenty to nothing, and what changes there:
 *
 *   plenty   40 % of all, or twice the limit, is free: a look asks sysinfo(2) alone
 *   ample    as much is available, and no less than 256 MiB above the limit: no kill is near, and
 *            the daemon may be small (isAmple)
 *   scarce   less than 10 % above the limit: ten looks a second, sizes are noted (isScarce)
 *   limit    no rule acts above it (isEnough)
 */

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
    // Conditions that ask for no memory are the trigger's.
    memLimitPercent: asked > 100 ? scarcity(options).softPercent : asked,
    swapLimitPercent: options.swap.softPercent,
  };
}

/** Whether so much is available, and by so many percent of all more, that a kill is far away. */
export function isAmple(reading: Reading, enough: Enough, morePercent = 0): boolean {
  const moreKib = (usableKib(reading) * morePercent) / 100;
  return (
    availablePercent(reading) >= enough.freePercent + morePercent &&
    headroomKib(reading, enough) >= limits.AMPLE_KIB + moreKib
  );
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
