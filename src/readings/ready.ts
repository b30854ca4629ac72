import type { Sys } from "../sys/sys.ts";
import { wholeNumber } from "./text.ts";

const SPACE = 32;

/**
 * How long a process was ready to run and waited for a processor, milliseconds, by its first
 * thread; 0 where the kernel does not tell. The second number of `/proc/PID/schedstat`, in
 * nanoseconds; Documentation/scheduler/sched-stats.rst.
 */
export function waitedMs(sys: Sys, pid: number): number {
  const { text } = sys;
  const length = sys.readProcessFile(pid, "schedstat");
  const space = text.indexOf(SPACE);
  const waitedNs = space < 0 ? -1 : wholeNumber(text, length, space);
  return waitedNs > 0 ? waitedNs / 1e6 : 0;
}
