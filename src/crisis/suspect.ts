import type { Selection } from "../model/selection.ts";
import type { Course } from "../policy/course.ts";
import { waitedMs } from "../readings/ready.ts";
import type { Sys } from "../sys/sys.ts";

/** Who would be killed, and what it took. */
type Suspected = Pick<Selection, "taker" | "victims">;

/**
 * Notes how busy a process was when it was suspected first, or another one is: later it waits for
 * memory, and works to free some. It would have run for longer where others did not keep it from
 * that. A group, of pid 0, tells nothing.
 */
export function noteSuspect(sys: Sys, course: Course, { taker, victims }: Suspected): void {
  const [victim] = victims;
  if (taker === null || taker.pid === 0 || taker.pid === course.suspectPid || !victim) {
    return;
  }
  const ageMs = Math.max(1, sys.bootMs() - victim.process.startMs);
  course.suspectPid = taker.pid;
  course.suspectBusyShare = Math.min(1, taker.busyShare + waitedMs(sys, taker.pid) / ageMs);
}
