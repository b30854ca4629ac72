import type { Event } from "../model/event.ts";
import type { Sys } from "../sys/sys.ts";

/**
 * Locks the daemon's memory, so that it stays responsive when everything else is swapped out:
 * pages are locked as they are touched. What became of it is the answer.
 */
export function lockMemory(sys: Sys): Event {
  const result = sys.lockMemory();
  return result < 0
    ? { kind: "not-locked", errno: -result }
    : { kind: "locked", how: "all", kib: 0 };
}
