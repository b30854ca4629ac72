import * as limits from "../model/limits.ts";
import type { Options } from "../model/options.ts";
import type { Reading } from "../model/reading.ts";

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
  return Math.min(limits.LONGEST_SLEEP_MS, Math.max(limits.SHORTEST_SLEEP_MS, ms));
}
