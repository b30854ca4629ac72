import type { Sys } from "../sys/sys.ts";
import { wholeNumber } from "./text.ts";

const SPACE = 32;

/**
 * How many times longer a process was ready to run than it ran, 1 or more: on a busy machine it
 * waits for a processor. By its first thread; 1 where the kernel does not tell.
 * `/proc/PID/schedstat` has the time on a processor and the time of waiting for one, nanoseconds;
 * Documentation/scheduler/sched-stats.rst.
 */
export function readyTimes(sys: Sys, pid: number): number {
  const { text } = sys;
  const length = sys.readProcessFile(pid, "schedstat");
  const space = text.indexOf(SPACE);
  const ranNs = wholeNumber(text, length, 0);
  const waitedNs = space < 0 ? -1 : wholeNumber(text, length, space);
  return ranNs > 0 && waitedNs > 0 ? (ranNs + waitedNs) / ranNs : 1;
}
