/** Whether it is the machine's memory that tasks wait for, or a cgroup's own. */
import { type Course, growth, lookBefore, oldestWithin, Series } from "./course.ts";

/** Reclaim comes in bursts; less will do where no more is remembered. */
const OWN_WINDOW_MS = 2_000;

/**
 * Whether the machine itself frees memory: its own reclaim moves only then. A cgroup at its limit
 * makes its tasks stall as well, and read back what was evicted, but that is its own affair.
 */
export function isMachines(course: Course): boolean {
  const { looks, newest } = course;
  const from = oldestWithin(course, OWN_WINDOW_MS);
  return (
    growth(looks, from, newest, Series.evicted) > 0 ||
    growth(looks, from, newest, Series.allocStalls) > 0
  );
}

/** Hardly a read of a page takes longer than this, or a search for a free one; milliseconds. */
const LONGEST_READ_MS = 100;
const LONGEST_SEARCH_MS = 1_000;

/**
 * Whether what tasks waited for in this window may be the machine's memory: each such wait ends
 * with a page that is read back, or with free ones that a task found for itself. A task above the
 * `memory.high` of its cgroup sleeps instead, which counts as a stall; and what kswapd frees, a
 * little of it all the time, lets nobody wait.
 */
export function awaitsMachine(course: Course, windowMs: number): boolean {
  const { looks, newest } = course;
  const from = lookBefore(course, windowMs);
  if (from < 0) {
    return false;
  }
  const reads = Math.max(
    growth(looks, from, newest, Series.refaults),
    growth(looks, from, newest, Series.swapIns),
    growth(looks, from, newest, Series.majorFaults),
  );
  const searches = growth(looks, from, newest, Series.allocStalls);
  const stallMs = growth(looks, from, newest, Series.stallUs) / 1000;
  return reads * LONGEST_READ_MS + searches * LONGEST_SEARCH_MS >= stallMs;
}
