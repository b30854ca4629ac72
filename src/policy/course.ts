import { SHORTEST_SLEEP_MS } from "../model/limits.ts";
import { inSwapKib, isWholeMachine, leftKib, type Reading } from "../model/reading.ts";

/** Looks that are remembered: the last 15 s, at one each 20 ms. */
const SIZE = 768;

/** What is remembered of a look, one behind the other: a look touches little memory. */
export const Series = {
  atMs: 0,
  stallUs: 1,
  fullStallUs: 2,
  refaults: 3,
  swapIns: 4,
  leftKib: 5,
  evicted: 6,
  allocStalls: 7,
  majorFaults: 8,
  freeKib: 9,
  swappedKib: 10,
  compressedKib: 11,
  inSwapKib: 12,
} as const;
const WIDTH = Object.keys(Series).length;
const LENGTH = SIZE * WIDTH;

/** The course of the last looks, in one array of a fixed size so that a look allocates nothing. */
export interface Course {
  readonly looks: Float64Array;
  /** Looks remembered so far, and where the newest one begins. */
  count: number;
  newest: number;
  /**
   * What was before does not count in any window: a kill, or a time in which nobody looked. What is
   * remembered stays.
   */
  sinceMs: number;
  /** When a victim was gone last: averages of a time before that are old news. */
  reliefAtMs: number;
  /** When memory became low, or -Infinity; stalls by then, and how fast memory went. */
  troubleAtMs: number;
  troubleStallUs: number;
  troubleFullUs: number;
  ownRateKibPerS: number;
  /** The last time that tasks stalled for longer than a moment, and stalls by then. */
  stalledAtMs: number;
  stalledUs: number;
  /** The last time that what is left had become less by more than it trembles; KiB left then. */
  shrunkAtMs: number;
  shrunkKib: number;
  /** Who was suspected first of a leak since then, and how busy it was; pid 0: nobody. */
  suspectPid: number;
  suspectBusyShare: number;
  /** What was left at the last looks of any depth: time and KiB, one behind the other. */
  readonly lefts: Float64Array;
  newestLeft: number;
  /** By their names, the rules that suspected somebody in vain. */
  readonly doubts: Map<string, Doubt>;
}

/** Why a rule is not asked. */
interface Doubt {
  readonly untilMs: number;
  /** Whether memory was low then: doubts above the limit are none below it. */
  readonly isLow: boolean;
}

/** What was left is remembered for 64 looks: of each its time, and KiB. */
export const LEFTS_LENGTH = 2 * 64;

export function emptyCourse(): Course {
  return {
    looks: new Float64Array(LENGTH),
    count: 0,
    newest: 0,
    sinceMs: -Infinity,
    reliefAtMs: -Infinity,
    troubleAtMs: -Infinity,
    troubleStallUs: 0,
    troubleFullUs: 0,
    ownRateKibPerS: 0,
    stalledAtMs: 0,
    stalledUs: 0,
    shrunkAtMs: 0,
    shrunkKib: Infinity,
    suspectPid: 0,
    suspectBusyShare: 0,
    lefts: new Float64Array(LEFTS_LENGTH),
    newestLeft: 0,
    doubts: new Map(),
  };
}

/** Whether a rule suspected somebody in vain a moment ago, and is not asked again yet. */
export function isDoubted({ doubts }: Course, rule: string, atMs: number, isLow: boolean): boolean {
  const doubt = doubts.get(rule);
  return doubt !== undefined && atMs < doubt.untilMs && doubt.isLow === isLow;
}

/** Lets windows begin anew at this time. */
export function beginAnew(course: Course, atMs: number): void {
  course.sinceMs = atMs;
}

/**
 * Lets windows begin anew because a victim is gone: only what happens from now on counts. Whose
 * group lives on may not have ended the trouble.
 */
export function noteRelief(course: Course, atMs: number, isGroupLeft: boolean): void {
  course.sinceMs = atMs;
  course.reliefAtMs = atMs;
  // What came back may be taken again.
  course.shrunkKib = Infinity;
  course.troubleAtMs = isGroupLeft ? course.troubleAtMs : -Infinity;
}

/**
 * Remembers a look that read how tasks stall. One that came shortly after the one before it gives
 * way: else older ones would be pushed out where turns look twice and more.
 */
export function remember(course: Course, reading: Reading): void {
  const { count, looks, newest } = course;
  const before = newest === 0 ? LENGTH - WIDTH : newest - WIDTH;
  const apartMs = (looks[newest] ?? 0) - (looks[before] ?? 0);
  const givesWay = count > 1 && apartMs >= 0 && apartMs < SHORTEST_SLEEP_MS / 2;
  const at = givesWay ? newest : (newest + WIDTH) % LENGTH;
  looks[at + Series.atMs] = reading.atMs;
  looks[at + Series.stallUs] = reading.someTotalUs;
  looks[at + Series.fullStallUs] = reading.fullTotalUs;
  looks[at + Series.refaults] = reading.refaults;
  looks[at + Series.swapIns] = reading.swapIns;
  looks[at + Series.leftKib] = leftKib(reading);
  looks[at + Series.evicted] = reading.evicted;
  looks[at + Series.allocStalls] = reading.allocStalls;
  looks[at + Series.majorFaults] = reading.majorFaults;
  looks[at + Series.swappedKib] = reading.swapTotalKib - reading.swapFreeKib;
  looks[at + Series.compressedKib] = reading.compressedKib;
  looks[at + Series.inSwapKib] = inSwapKib(reading);
  looks[at + Series.freeKib] = isWholeMachine(reading) ? reading.freeKib : 0;
  course.newest = at;
  course.count = givesWay || count === SIZE ? count : count + 1;
}

/** Where the youngest look that is at least so old begins, or -1 when windows began anew since. */
export function lookBefore({ count, looks, newest, sinceMs }: Course, windowMs: number): number {
  const nowMs = looks[newest] ?? 0;
  let at = newest;
  for (let back = 1; back < count; back++) {
    at = at === 0 ? LENGTH - WIDTH : at - WIDTH;
    const atMs = looks[at] ?? 0;
    if (atMs < sinceMs) {
      return -1;
    }
    if (nowMs - atMs >= windowMs) {
      return at;
    }
  }
  return -1;
}

/** Where the youngest look that is at least so old begins, or else the oldest since they count. */
export function oldestWithin({ count, looks, newest, sinceMs }: Course, windowMs: number): number {
  const nowMs = looks[newest] ?? 0;
  let from = newest;
  for (let back = 1; back < count && nowMs - (looks[from] ?? 0) < windowMs; back++) {
    const at = from === 0 ? LENGTH - WIDTH : from - WIDTH;
    if ((looks[at] ?? 0) < sinceMs) {
      break;
    }
    from = at;
  }
  return from;
}

/** How much a counter grew from one look to a later one; 0 when it went back. */
export function growth(looks: Float64Array, from: number, to: number, series: number): number {
  const grown = (looks[to + series] ?? 0) - (looks[from + series] ?? 0);
  return grown > 0 ? grown : 0;
}

/** How fast a series grew over a window, per second; -1 when there is no look that old. */
function rate(course: Course, series: number, windowMs: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, windowMs);
  const elapsedMs = from < 0 ? 0 : (looks[newest] ?? 0) - (looks[from] ?? 0);
  return elapsedMs <= 0 ? -1 : (1000 * growth(looks, from, newest, series)) / elapsedMs;
}

/** How long some task waited for memory since the look before, or this long before now; µs. */
export function lastStallUs(course: Course, mostMs: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, 1);
  const elapsedMs = from < 0 ? 0 : (looks[newest] ?? 0) - (looks[from] ?? 0);
  const stallUs = from < 0 ? 0 : growth(looks, from, newest, Series.stallUs);
  return elapsedMs > mostMs ? (stallUs * mostMs) / elapsedMs : stallUs;
}

/** Share of the window in which some task waited for memory, in percent; -1 when unknown. */
export function stallPercent(course: Course, windowMs: number): number {
  const stallUsPerS = rate(course, Series.stallUs, windowMs);
  return stallUsPerS < 0 ? -1 : stallUsPerS / 10_000;
}

/** Something that is measured between two looks, in percent. */
type Measure = (looks: Float64Array, from: number, to: number) => number;

/** Of all slices of a window, the least that is measured in one of them; -1 when unknown. */
export function least(course: Course, windowMs: number, sliceMs: number, measure: Measure): number {
  const { looks, newest } = course;
  let lowest = Infinity;
  let to = newest;
  for (let agoMs = sliceMs; agoMs <= windowMs; agoMs += sliceMs) {
    const from = lookBefore(course, agoMs);
    if (from < 0) {
      return -1;
    }
    // Looks may be further apart than a slice is long.
    if ((looks[to] ?? 0) > (looks[from] ?? 0)) {
      const percent = measure(looks, from, to);
      lowest = percent < lowest ? percent : lowest;
      to = from;
    }
  }
  return lowest < Infinity ? lowest : -1;
}

function stallBetween(looks: Float64Array, from: number, to: number): number {
  const elapsedMs = (looks[to] ?? 0) - (looks[from] ?? 0);
  return growth(looks, from, to, Series.stallUs) / 10 / elapsedMs;
}

/**
 * Of all slices of a window, the least share in which some task waited for memory, in percent;
 * -1 when unknown.
 */
export function leastStallPercent(course: Course, windowMs: number, sliceMs: number): number {
  return least(course, windowMs, sliceMs, stallBetween);
}

/** Share of the window in which all tasks waited for memory at once, in percent; -1: unknown. */
export function fullStallPercent(course: Course, windowMs: number): number {
  const stallUsPerS = rate(course, Series.fullStallUs, windowMs);
  return stallUsPerS < 0 ? -1 : stallUsPerS / 10_000;
}

/** Pages per second that came back after they had been evicted while in use; -1 when unknown. */
export function refaultsPerS(course: Course, windowMs: number): number {
  return rate(course, Series.refaults, windowMs);
}

/** Pages per second that were read back from swap; -1 when unknown. */
export function swapInsPerS(course: Course, windowMs: number): number {
  return rate(course, Series.swapIns, windowMs);
}

/** KiB per second by which available memory and free swap together shrank; -1 when unknown. */
export function lossKibPerS(course: Course, windowMs: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, windowMs);
  const elapsedMs = from < 0 ? 0 : (looks[newest] ?? 0) - (looks[from] ?? 0);
  if (elapsedMs <= 0) {
    return -1;
  }
  return (1000 * growth(looks, newest, from, Series.leftKib)) / elapsedMs;
}

/** How far what is left moved in a window, up or down, KiB; -1 when unknown. */
export function movedKib(course: Course, windowMs: number): number {
  const { looks, newest } = course;
  const from = lookBefore(course, windowMs);
  const was = looks[from + Series.leftKib] ?? 0;
  return from < 0 ? -1 : Math.abs((looks[newest + Series.leftKib] ?? 0) - was);
}
