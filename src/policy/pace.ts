import * as limits from "../model/limits.ts";
import type { Options } from "../model/options.ts";
import { availablePercent, type Reading } from "../model/reading.ts";
import { scarcity } from "./decide.ts";

/**
 * How long the daemon may sleep: the time in which the present headroom could be filled at the
 * fastest rate ever seen (earlyoom's and the original's formula), milliseconds. A PSI trigger can
 * wake it before; this is the safety net for what PSI does not see.
 */
export function sleepMs(reading: Reading, options: Options): number {
  const memKib = reading.availableKib - (reading.totalKib * options.mem.softPercent) / 100;
  const swapKib = reading.swapFreeKib - (reading.swapTotalKib * options.swap.softPercent) / 100;
  const ms =
    (Math.max(0, memKib) / 1024 / limits.FILL_MIB_PER_S) * 1000 +
    (Math.max(0, swapKib) / 1024 / limits.SWAP_FILL_MIB_PER_S) * 1000;
  const isScarce =
    reading.detailed && availablePercent(reading) < 2 * scarcity(options).softPercent;
  const longest = isScarce ? limits.SCARCE_LOOK_MS : limits.LONGEST_SLEEP_MS;
  return Math.min(longest, Math.max(limits.SHORTEST_SLEEP_MS, ms));
}

/** Free memory above this share of all is plenty, whatever the page cache holds. */
const PLENTY_PERCENT = 40;
/** More than all: memory is never plenty. */
const NEVER = 101;

/**
 * Above which share of free memory no rule can ask for more than sysinfo(2), in percent: twice what
 * the highest limit on available memory is, and never when a condition asks for other things alone.
 */
export function plentyPercent(options: Options): number {
  const asked =
    options.when === null
      ? [scarcity(options).softPercent]
      : options.when.map((condition) =>
          condition.allOf.reduce(
            (least, { metric, operator, value }) =>
              metric === "mem" && operator.startsWith("<") ? Math.min(least, value) : least,
            NEVER,
          ),
        );
  const highest = Math.max(...asked, 0) * 2;
  return highest > 100 ? NEVER : Math.max(PLENTY_PERCENT, highest);
}
