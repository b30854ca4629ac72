import { Errno } from "../model/errno.ts";
import type { Sys } from "../sys/sys.ts";
import { listAll } from "./list.ts";
import { wholeNumber } from "./text.ts";

/** How far down the order of `oom_score` a scan looks closely. */
export type Extent = "largest" | "all";

/** Enough for a victim, a next one, and all that protect themselves above them. */
const LARGEST = 64;
const MAX_SCORE = 2048;
const ROOM = 1024;
const ASK_EVERY = 64;

/** Scores of the scan that was made last, in the order of `sys.pids`. */
export let scores = new Int16Array(ROOM);
const histogram = new Int32Array(MAX_SCORE);

/**
 * Reads `oom_score` of every process. That one file tells the kernel's own order: it counts RSS,
 * swap and page tables of all threads, and is 0 for init, kernel threads, the dead and the exempt.
 * How many processes there are; negative when `goOn` broke it off.
 */
export function readScores(sys: Sys, goOn: () => boolean): number {
  const listed = listAll(sys, goOn);
  if (listed === -Errno.EAGAIN) {
    return -1;
  }
  const count = listed > 0 ? listed : 0;
  if (count > scores.length) {
    scores = new Int16Array(count * 2);
  }
  histogram.fill(0);
  for (let i = 0; i < count; i++) {
    if (i % ASK_EVERY === ASK_EVERY - 1 && !goOn()) {
      return -1;
    }
    const score = wholeNumber(sys.text, sys.readProcessFile(sys.pids[i] ?? 0, "oom_score"), 0);
    const kept = score < 0 ? 0 : score < MAX_SCORE ? score : MAX_SCORE - 1;
    scores[i] = kept;
    histogram[kept] = (histogram[kept] ?? 0) + 1;
  }
  return count;
}

/**
 * The lowest score that is still among the largest ones of so many processes. Before Linux 5.9
 * small processes have 0 as well, which exempts nobody then.
 */
export function thresholdOf(extent: Extent, count: number, isOldScale: boolean): number {
  const lowest = isOldScale ? 0 : 1;
  if (extent === "all" || count <= LARGEST) {
    return lowest;
  }
  let above = 0;
  for (let score = MAX_SCORE - 1; score > 0; score--) {
    above += histogram[score] ?? 0;
    if (above > LARGEST) {
      // A crowd that shares one score stays out, unless it is all there is.
      return above - (histogram[score] ?? 0) > 0 ? score + 1 : score;
    }
  }
  return lowest;
}
