import type { Sys } from "../sys/sys.ts";
import { key, numberOf, SPACE, wholeNumber } from "./text.ts";

const YIELDED = key("voluntary_ctxt_switches:");
const PREEMPTED = key("nonvoluntary_ctxt_switches:");

/**
 * How long a process was ready to run and waited for a processor, milliseconds, by its first
 * thread: the second number of `/proc/PID/schedstat`, in nanoseconds;
 * Documentation/scheduler/sched-stats.rst. 0 where the kernel does not tell, and for one that went
 * to sleep more often than it lost its turn to others: it waits when it wakes (on Linux 6.12 the
 * leak of `bench-oom --course` for 20 % of its life), and had it not, it would only have slept.
 */
export function waitedMs(sys: Sys, pid: number): number {
  const { text } = sys;
  if (!wasPreempted(sys, pid)) {
    return 0;
  }
  const length = sys.readProcessFile(pid, "schedstat");
  const space = text.indexOf(SPACE);
  const waitedNs = space < 0 ? -1 : wholeNumber(text, length, space);
  return waitedNs > 0 ? waitedNs / 1e6 : 0;
}

/** Whether most of its turns ended because others had theirs; proc_pid_status(5). */
function wasPreempted(sys: Sys, pid: number): boolean {
  const length = sys.readProcessFile(pid, "status");
  return numberOf(sys.text, length, PREEMPTED) > numberOf(sys.text, length, YIELDED);
}
