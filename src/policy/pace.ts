import type { Asked } from "../model/asked.ts";
import * as limits from "../model/limits.ts";
import type { Options } from "../model/options.ts";
import { availablePercent, Depth, type Reading, usableKib } from "../model/reading.ts";
import { scarcity, swapLimits } from "./levels.ts";
import { rulesOf } from "./rules.ts";

/**
 * How long the daemon may sleep: the time in which the present headroom could be filled at the
 * fastest rate ever seen (earlyoom's and the original's formula), milliseconds. Of swap's time, no
 * more than a moment: who takes memory must be seen before it is low. A PSI trigger can wake it
 * before; this is the safety net for what PSI does not see.
 */
export function sleepMs(reading: Reading, asked: Asked): number {
  const { memPercent, swapPercent } = asked;
  const memKib = reading.availableKib - (usableKib(reading) * memPercent) / 100;
  const swapKib = reading.swapFreeKib - (reading.swapTotalKib * swapPercent) / 100;
  const memMs = memKib > 0 ? (memKib / 1024 / limits.FILL_MIB_PER_S) * 1000 : 0;
  const swapMs = swapKib > 0 ? (swapKib / 1024 / limits.SWAP_FILL_MIB_PER_S) * 1000 : 0;
  const ms = memMs + (swapMs > limits.NEAR_LOOK_MS ? limits.NEAR_LOOK_MS : swapMs);
  const longest = isNear(reading, asked) ? limits.NEAR_LOOK_MS : limits.LONGEST_SLEEP_MS;
  // No Math.min: without a JIT it is a call out of the interpreter, and this runs at each look.
  return ms > longest ? longest : ms < limits.SHORTEST_SLEEP_MS ? limits.SHORTEST_SLEEP_MS : ms;
}

/** Whether a limit is near. */
export function isNear(reading: Reading, { memPercent }: Asked): boolean {
  return (
    reading.depth !== Depth.free && availablePercent(reading) < memPercent + limits.NEAR_PERCENT
  );
}

/** Free memory above this share of all is plenty, whatever the page cache holds. */
const PLENTY_PERCENT = 40;
/** More than all: memory is never plenty. */
const NEVER = 101;

/** What the rules in force ask for; a rule that may act at any time has a look see everything. */
export function askedOf(options: Options, reading: Reading): Asked {
  let highest = 0;
  for (const rule of rulesOf(options)) {
    const percent = rule.asksUpTo(options, reading);
    highest = percent > highest ? percent : highest;
  }
  return {
    freePercent: highest * 2 > 100 ? NEVER : Math.max(PLENTY_PERCENT, highest * 2),
    availablePercent: highest,
    memPercent: highest > 100 ? scarcity(options, reading).softPercent : highest,
    swapPercent: swapLimits(options, reading).softPercent,
    // Limits that are amounts are other shares when what is usable changes.
    usableThenKib: options.mem.softKib === undefined ? 0 : usableKib(reading),
  };
}

/** Asks anew where limits are amounts, and what is usable has changed by a tenth. */
export function askedNow(asked: Asked, options: Options, reading: Reading): Asked {
  const { usableThenKib } = asked;
  const isOther =
    usableThenKib > 0 && Math.abs(usableKib(reading) - usableThenKib) * 10 > usableThenKib;
  return isOther ? askedOf(options, reading) : asked;
}

/** What must come back for memory to be at ease, KiB: somewhat more than the limit. */
export function needKib(reading: Reading, options: Options): number {
  const { softPercent } = scarcity(options, reading);
  const atEase = Math.min(softPercent * limits.RELIEF_LIMITS, softPercent + limits.RELIEF_PERCENT);
  const percent = Math.min(100, atEase);
  const availableKib = reading.availableKib + reading.perCpuKib;
  return Math.max(0, (usableKib(reading) * percent) / 100 - availableKib);
}
