import * as limits from "./limits.ts";
import { availablePercent, type Reading } from "./reading.ts";

/** What the rules ask for, as they are set: from where on a look must see more. Percent. */
export interface Asked {
  /** While so much of RAM is free, no rule can ask for more than sysinfo(2); above 100: never. */
  readonly freePercent: number;
  /** No rule can act while more than that is available; above 100: a rule may at any time. */
  readonly availablePercent: number;
  /** The limits that the daemon looks the more often the nearer they are. */
  readonly memPercent: number;
  readonly swapPercent: number;
  /** What was usable when limits that are amounts became shares, KiB; 0 where they are shares. */
  readonly usableThenKib: number;
}

/** Whether so much is available that what was taken before counts for nobody; or so many less. */
export function isComfortable(
  reading: Reading,
  { memPercent }: Pick<Asked, "memPercent">,
  limitsLess = 0,
): boolean {
  return availablePercent(reading) >= memPercent * (limits.COMFORTABLE_LIMITS - limitsLess);
}
