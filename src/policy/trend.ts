import { leftKib, type Reading } from "../model/reading.ts";

/** Looks that are remembered: at a look each 20 ms, the last 10 s. */
const SIZE = 512;

/** What is remembered of a look, one behind the other: a look touches little memory. */
const Series = {
  atMs: 0,
  stallUs: 1,
  fullStallUs: 2,
  refaults: 3,
  swapIns: 4,
  takenKib: 5,
} as const;
const WIDTH = 8;
const LENGTH = SIZE * WIDTH;

/**
 * The course of the last looks, in one array of a fixed size so that a look allocates nothing.
 * Emptied after a kill, so that only stalls that are new since then count.
 */
export interface Trend {
  readonly looks: Float64Array;
  /** Looks remembered so far, and where the newest one begins. */
  count: number;
  newest: number;
  /** When somebody was ended last: averages of a time before that are old news. */
  reliefAtMs: number;
  /** A leak that was suspected in vain is not looked for again before this. */
  suspectUntilMs: number;
}

export function emptyTrend(): Trend {
  return {
    looks: new Float64Array(LENGTH),
    count: 0,
    newest: 0,
    reliefAtMs: -Infinity,
    suspectUntilMs: 0,
  };
}

/** Forgets all looks. */
export function clearTrend(trend: Trend): void {
  trend.count = 0;
}

/** Forgets all looks, because somebody was ended: only stalls from now on count. */
export function noteRelief(trend: Trend, atMs: number): void {
  clearTrend(trend);
  trend.reliefAtMs = atMs;
}

/** Remembers a look. */
export function remember(trend: Trend, reading: Reading): void {
  const { looks } = trend;
  const at = (trend.newest + WIDTH) % LENGTH;
  looks[at + Series.atMs] = reading.atMs;
  looks[at + Series.stallUs] = reading.someTotalUs;
  looks[at + Series.fullStallUs] = reading.fullTotalUs;
  looks[at + Series.refaults] = reading.refaults;
  looks[at + Series.swapIns] = reading.swapIns;
  looks[at + Series.takenKib] = -leftKib(reading);
  trend.newest = at;
  trend.count = trend.count < SIZE ? trend.count + 1 : SIZE;
}

/**
 * How fast a series grew over a window, per second; -1 when there is no look that old.
 * A counter that went back (it does not, but a machine may be restored) counts as standing still.
 */
function rate({ count, looks, newest }: Trend, series: number, windowMs: number): number {
  const nowMs = looks[newest] ?? 0;
  let at = newest;
  for (let back = 1; back < count; back++) {
    at = at === 0 ? LENGTH - WIDTH : at - WIDTH;
    const elapsedMs = nowMs - (looks[at] ?? 0);
    if (elapsedMs >= windowMs) {
      const grown = (looks[newest + series] ?? 0) - (looks[at + series] ?? 0);
      return elapsedMs <= 0 ? -1 : Math.max(0, (1000 * grown) / elapsedMs);
    }
  }
  return -1;
}

/** Share of the window in which some task waited for memory, in percent; -1 when unknown. */
export function stallPercent(trend: Trend, windowMs: number): number {
  const stallUsPerS = rate(trend, Series.stallUs, windowMs);
  return stallUsPerS < 0 ? -1 : stallUsPerS / 10_000;
}

/** Share of the window in which all tasks waited for memory at once, in percent; -1: unknown. */
export function fullStallPercent(trend: Trend, windowMs: number): number {
  const stallUsPerS = rate(trend, Series.fullStallUs, windowMs);
  return stallUsPerS < 0 ? -1 : stallUsPerS / 10_000;
}

/** Pages per second that came back after they had been evicted while in use; -1 when unknown. */
export function refaultsPerS(trend: Trend, windowMs: number): number {
  return rate(trend, Series.refaults, windowMs);
}

/** Pages per second that were read back from swap; -1 when unknown. */
export function swapInsPerS(trend: Trend, windowMs: number): number {
  return rate(trend, Series.swapIns, windowMs);
}

/** KiB per second by which available memory and free swap together shrank; -1 when unknown. */
export function shrinkKibPerS(trend: Trend, windowMs: number): number {
  return rate(trend, Series.takenKib, windowMs);
}
