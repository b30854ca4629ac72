import type { Taker } from "../model/selection.ts";
import type { Course } from "../policy/course.ts";
import { readyTimes } from "../readings/ready.ts";
import type { Sys } from "../sys/sys.ts";

/**
 * Notes how busy a process was when it was suspected first, or another one is: later it waits for
 * memory, and works to free some. It would have run for longer where others did not keep it from
 * that. A group, of pid 0, tells nothing.
 */
export function noteSuspect(sys: Sys, course: Course, taker: Taker | null): void {
  if (taker !== null && taker.pid !== 0 && taker.pid !== course.suspectPid) {
    course.suspectPid = taker.pid;
    course.suspectBusyShare = Math.min(1, taker.busyShare * readyTimes(sys, taker.pid));
  }
}
