import type { Sys } from "../sys/sys.ts";
import { wholeNumber } from "./text.ts";

/** How far down the order of `oom_score` a scan looks closely. */
export type Depth = "largest" | "all";

/** Enough for a victim, a next one, and all that protect themselves above them. */
const LARGEST = 64;
const MAX_SCORE = 2048;

/** Pids and scores of the scan that was made last. */
export const scannedPids = new Int32Array(65536);
export const scores = new Int16Array(65536);
const histogram = new Int32Array(MAX_SCORE);

/**
 * Reads `oom_score` of every process. That one file tells the kernel's own order: it counts RSS,
 * swap and page tables of all threads, and is 0 for init, kernel threads, the dead and the exempt.
 * How many processes there are.
 */
export function readScores(sys: Sys): number {
  const count = Math.max(0, sys.listProcesses());
  histogram.fill(0);
  for (let i = 0; i < count; i++) {
    const pid = sys.pids[i] ?? 0;
    scannedPids[i] = pid;
    const score = wholeNumber(sys.text, sys.readProcessFile(pid, "oom_score"), 0);
    const kept = score < 0 ? 0 : score < MAX_SCORE ? score : MAX_SCORE - 1;
    scores[i] = kept;
    histogram[kept] = (histogram[kept] ?? 0) + 1;
  }
  return count;
}

/** The lowest score that is still among the largest ones. */
export function thresholdOf(depth: Depth): number {
  if (depth === "all") {
    return 1;
  }
  let above = 0;
  for (let score = MAX_SCORE - 1; score > 0; score--) {
    above += histogram[score] ?? 0;
    if (above > LARGEST) {
      // A crowd that shares one score stays out, unless it is all there is.
      return above - (histogram[score] ?? 0) > 0 ? score + 1 : score;
    }
  }
  return 1;
}
