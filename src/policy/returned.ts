import {
  inSwapKib,
  isWholeMachine,
  type Reading,
  UNIT_KIB,
  unusedPercent,
  usableKib,
} from "../model/reading.ts";
import { type Course, growth, least, lookBefore, Series } from "./course.ts";

/** Of less of what was filled it is not told which files are in use. */
const FILES_SHARE = 0.1;
const MOST_PERCENT = 50;
const BACK_MS = 60_000;

/**
 * How much of the memory that was filled in a window had been evicted before, percent, in the slice
 * in which it was least; -1 when unknown, and where nothing was filled. Who takes memory fills it
 * with something new; what is in use and does not fit is filled with what was just evicted.
 */
export function leastRefilledPercent(course: Course, windowMs: number, sliceMs: number): number {
  return least(course, windowMs, sliceMs, refilledBetween);
}

/** The same in all of a window, without what is of swap: of files. -1 also where they are few. */
function filesRefilledPercent(course: Course, windowMs: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, windowMs);
  if (from < 0) {
    return -1;
  }
  const swapIns = growth(looks, from, newest, Series.swapIns);
  const filled = filledPages(looks, from, newest);
  const ofFiles = filled - swapIns;
  return ofFiles <= 0 || ofFiles < filled * FILES_SHARE
    ? -1
    : (100 * (returnedPages(looks, from, newest) - swapIns)) / ofFiles;
}

/** What is available now without files in use, as many as a window shows to be; percent. */
export function unusedNowPercent(course: Course, reading: Reading, windowMs: number): number {
  return unusedPercent(reading, filesRefilledPercent(course, windowMs));
}

/** How much of what was read back in a window came from swap, percent; -1 when unknown. */
export function swappedInPercent(course: Course, windowMs: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, windowMs);
  const returned = from < 0 ? 0 : returnedPages(looks, from, newest);
  return returned <= 0 ? -1 : (100 * growth(looks, from, newest, Series.swapIns)) / returned;
}

/**
 * Whether most of what is read back is from swap, and all that is still there fits and is back
 * within a minute at this pace: programs that were not in use for long, and are again.
 */
export function isAllComingBack(course: Course, reading: Reading, windowMs: number): boolean {
  const { looks } = course;
  const from = lookBefore(course, windowMs);
  if (from < 0 || !isWholeMachine(reading) || swappedInPercent(course, windowMs) < MOST_PERCENT) {
    return false;
  }
  const swappedKib = inSwapKib(reading);
  const backKib = (looks[from + Series.inSwapKib] ?? 0) - swappedKib;
  const unused = unusedNowPercent(course, reading, windowMs);
  const isBackSoon = backKib * BACK_MS > swappedKib * windowMs;
  return isBackSoon && 100 * swappedKib <= unused * usableKib(reading);
}

/** How many times more was read back in a window than was evicted; Infinity: nothing was. */
export function returnedTimes(course: Course, windowMs: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, windowMs);
  const evicted = from < 0 ? 0 : growth(looks, from, newest, Series.evicted);
  return evicted <= 0 ? Infinity : returnedPages(looks, from, newest) / evicted;
}

function refilledBetween(looks: Float64Array, from: number, to: number): number {
  const filled = filledPages(looks, from, to);
  return filled <= 0 ? -1 : (100 * returnedPages(looks, from, to)) / filled;
}

/**
 * Units of 4 KiB that were filled: what was evicted less what is still free of it. Where more than
 * that was read back, somebody gave memory back meanwhile: that much counts on top of all that was
 * read back, whose share is the less the more room there is for it.
 */
function filledPages(looks: Float64Array, from: number, to: number): number {
  const freedKib = (looks[to + Series.freeKib] ?? 0) - (looks[from + Series.freeKib] ?? 0);
  const filled = growth(looks, from, to, Series.evicted) - freedKib / UNIT_KIB;
  const returned = returnedPages(looks, from, to);
  const givenBack = returned - filled;
  return givenBack > 0 ? returned + givenBack : filled;
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
