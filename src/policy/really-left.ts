import { LOSS_WINDOW_MS } from "../model/limits.ts";
import { leftKib, type Reading } from "../model/reading.ts";
import { type Course, growth, lookBefore, Series } from "./course.ts";

/** How well swap compresses is not told by less of it than such shares of RAM: in all, of late. */
const TELLING_SHARE = 1 / 16;
const TELLING_LATELY_SHARE = 1 / 64;

/**
 * What can still be taken before memory runs out, KiB: available memory and free swap, and where
 * all of that is compressed into RAM, as zram is, only what is gained by it. Of pages that do not
 * compress that is nothing, however large the device is; what comes next is told by what went last.
 */
export function reallyLeftKib(course: Course, reading: Reading): number {
  const { availableKib, compressedKib, swapFreeKib, swapTotalKib, totalKib } = reading;
  if (reading.isSwapOnDisk) {
    return leftKib(reading);
  }
  const swappedKib = swapTotalKib - swapFreeKib;
  const inAll = compressedKib / Math.max(1, swappedKib + totalKib * TELLING_SHARE);
  const takenShare = Math.min(1, latelyTakenShare(course, totalKib, inAll));
  return availableKib + swapFreeKib * (1 - takenShare);
}

/** What compressed pages take of RAM for each KiB that is swapped out of late, or in all. */
function latelyTakenShare(course: Course, totalKib: number, inAll: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, LOSS_WINDOW_MS);
  if (from < 0) {
    return inAll;
  }
  const swappedKib = growth(looks, from, newest, Series.swappedKib);
  const compressedKib = growth(looks, from, newest, Series.compressedKib);
  const leastKib = Math.max(1, totalKib * TELLING_LATELY_SHARE);
  return (compressedKib + inAll * leastKib) / (swappedKib + leastKib);
}
