import type { Reading } from "../model/reading.ts";

/** Looks that are remembered: at a look each 20 ms, the last 10 s. */
const SIZE = 512;

/**
 * The course of the last looks, in arrays of a fixed size so that a look allocates nothing.
 * Emptied after a kill, so that only stalls that are new since then count.
 */
export interface Trend {
  readonly atMs: Float64Array;
  readonly stallUs: Float64Array;
  readonly fullStallUs: Float64Array;
  readonly refaults: Float64Array;
  readonly swapIns: Float64Array;
  /** Available memory and free swap together. */
  readonly headroomKib: Float64Array;
  /** Looks remembered so far, and where the newest one is. */
  count: number;
  newest: number;
}

export function emptyTrend(): Trend {
  return {
    atMs: new Float64Array(SIZE),
    stallUs: new Float64Array(SIZE),
    fullStallUs: new Float64Array(SIZE),
    refaults: new Float64Array(SIZE),
    swapIns: new Float64Array(SIZE),
    headroomKib: new Float64Array(SIZE),
    count: 0,
    newest: -1,
  };
}

/** Forgets all looks. */
export function clearTrend(trend: Trend): void {
  trend.count = 0;
}

/** Remembers a look. */
export function remember(trend: Trend, reading: Reading): void {
  const at = (trend.newest + 1) % SIZE;
  trend.atMs[at] = reading.atMs;
  trend.stallUs[at] = reading.someTotalUs;
  trend.fullStallUs[at] = reading.fullTotalUs;
  trend.refaults[at] = reading.refaults;
  trend.swapIns[at] = reading.swapIns;
  trend.headroomKib[at] = reading.availableKib + reading.swapFreeKib;
  trend.newest = at;
  trend.count = Math.min(SIZE, trend.count + 1);
}

/** Index of the look this long ago, or the one before it; -1 when memory does not reach so far. */
function lookBefore(trend: Trend, windowMs: number): number {
  const wantedMs = (trend.atMs[trend.newest] ?? 0) - windowMs;
  for (let back = 1; back < trend.count; back++) {
    const at = (trend.newest - back + SIZE) % SIZE;
    if ((trend.atMs[at] ?? 0) <= wantedMs) {
      return at;
    }
  }
  return -1;
}

/**
 * How fast a series grew over a window, per second; -1 when there is no look that old.
 * A counter that went back (it does not, but a machine may be restored) counts as standing still.
 */
function rate(trend: Trend, series: Float64Array, windowMs: number): number {
  const before = lookBefore(trend, windowMs);
  if (before < 0) {
    return -1;
  }
  const elapsedMs = (trend.atMs[trend.newest] ?? 0) - (trend.atMs[before] ?? 0);
  const grown = (series[trend.newest] ?? 0) - (series[before] ?? 0);
  return elapsedMs <= 0 ? -1 : Math.max(0, (1000 * grown) / elapsedMs);
}

/** Share of the window in which some task waited for memory, in percent; -1 when unknown. */
export function stallPercent(trend: Trend, windowMs: number): number {
  const stallUsPerS = rate(trend, trend.stallUs, windowMs);
  return stallUsPerS < 0 ? -1 : stallUsPerS / 10_000;
}

/** Share of the window in which all tasks waited for memory at once, in percent; -1: unknown. */
export function fullStallPercent(trend: Trend, windowMs: number): number {
  const stallUsPerS = rate(trend, trend.fullStallUs, windowMs);
  return stallUsPerS < 0 ? -1 : stallUsPerS / 10_000;
}

/** Pages per second that came back after they had been evicted while in use; -1 when unknown. */
export function refaultsPerS(trend: Trend, windowMs: number): number {
  return rate(trend, trend.refaults, windowMs);
}

/** Pages per second that were read back from swap; -1 when unknown. */
export function swapInsPerS(trend: Trend, windowMs: number): number {
  return rate(trend, trend.swapIns, windowMs);
}

/** KiB per second by which available memory and free swap together shrank; -1 when unknown. */
export function shrinkKibPerS(trend: Trend, windowMs: number): number {
  const before = lookBefore(trend, windowMs);
  if (before < 0) {
    return -1;
  }
  const elapsedMs = (trend.atMs[trend.newest] ?? 0) - (trend.atMs[before] ?? 0);
  const shrunk = (trend.headroomKib[before] ?? 0) - (trend.headroomKib[trend.newest] ?? 0);
  return elapsedMs <= 0 ? -1 : Math.max(0, (1000 * shrunk) / elapsedMs);
}
