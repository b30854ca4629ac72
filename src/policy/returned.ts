import { type Course, growth, least, lookBefore, Series } from "./course.ts";

/** Of less of what was evicted it is not told which files are in use. */
const FILES_SHARE = 0.1;

/**
 * How much of what was evicted in a window was read back because it was in use, percent; more than
 * 100 where less is evicted than returns. -1 when unknown, and where next to nothing moved.
 */
export function returnedPercent(course: Course, windowMs: number): number {
  const from = lookBefore(course, windowMs);
  return from < 0 ? -1 : returnedBetween(course.looks, from, course.newest);
}

/** The same of the slice of a window in which it was least. */
export function leastReturnedPercent(course: Course, windowMs: number, sliceMs: number): number {
  return least(course, windowMs, sliceMs, returnedBetween);
}

/** How much of what was evicted in a window was read back from swap, percent; -1 when unknown. */
export function swappedInPercent(course: Course, windowMs: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, windowMs);
  const evicted = from < 0 ? 0 : growth(looks, from, newest, Series.evicted);
  return evicted <= 0 ? -1 : (100 * growth(looks, from, newest, Series.swapIns)) / evicted;
}

/**
 * How much of what was evicted of files in a window was read back, percent; -1 when unknown, and
 * where they were so small a part of it that it tells nothing of all files.
 */
export function filesReturnedPercent(course: Course, windowMs: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, windowMs);
  if (from < 0) {
    return -1;
  }
  const evicted = growth(looks, from, newest, Series.evicted);
  const files = evicted - growth(looks, from, newest, Series.swapOuts);
  const swapIns = growth(looks, from, newest, Series.swapIns);
  return files <= 0 || files < evicted * FILES_SHARE
    ? -1
    : (100 * (returnedPages(looks, from, newest) - swapIns)) / files;
}

function returnedBetween(looks: Float64Array, from: number, to: number): number {
  const evicted = growth(looks, from, to, Series.evicted);
  const returned = returnedPages(looks, from, to);
  return evicted + returned <= 0 ? -1 : (100 * returned) / Math.max(1, evicted);
}

function returnedPages(looks: Float64Array, from: number, to: number): number {
  const refaults = growth(looks, from, to, Series.refaults);
  // Of anonymous pages, MGLRU counts hardly any as refaults, and Linux before 5.9 none; of a file's
  // pages MGLRU counts few before Linux 6.4 (lru_gen_refault() of mm/workingset.c).
  const swapIns = growth(looks, from, to, Series.swapIns);
  const majorFaults = growth(looks, from, to, Series.majorFaults);
  const most = refaults > swapIns ? refaults : swapIns;
  return most > majorFaults ? most : majorFaults;
}
