import { availablePercent } from "../model/reading.ts";
import type { Recording } from "./recording.ts";
import { Stage } from "./stage.ts";

/** One part of a recording's time. */
export interface Cell {
  /** The lowest share of available memory in it, percent; 100 where nobody looked. */
  readonly available: number;
  /** The share of it in which some task waited for memory, percent. */
  readonly stalled: number;
}

/** How memory and stalls went, in so many parts of the same length. */
export function cellsOf(recording: Recording, count: number): readonly Cell[] {
  const stage = new Stage(recording);
  const spanMs = Math.max(1, recording.lastAtMs);
  const available = Array.from({ length: count }, () => Infinity);
  const stalledUs = Array.from({ length: count }, () => 0);
  let beforeUs = stage.some?.totalUs ?? 0;
  do {
    const at = Math.min(count - 1, Math.floor((count * stage.atMs) / spanMs));
    available[at] = Math.min(available[at] ?? Infinity, shareOf(stage));
    const us = stage.some?.totalUs ?? 0;
    stalledUs[at] = (stalledUs[at] ?? 0) + Math.max(0, us - beforeUs);
    beforeUs = us;
  } while (stage.step() !== null);
  const cellUs = (1000 * spanMs) / count;
  let last = 100;
  return available.map((share, i) => {
    // Where there was no look it is as it was.
    last = share === Infinity ? last : share;
    return { available: last, stalled: Math.min(100, (100 * (stalledUs[i] ?? 0)) / cellUs) };
  });
}

/** The share of available memory, percent of what is not huge pages. */
export function shareOf({ arcKib, meminfo }: Stage): number {
  return availablePercent({
    availableKib: (meminfo["MemAvailable"] ?? 0) + arcKib,
    perCpuKib: 0,
    setAsideKib: meminfo["Hugetlb"] ?? 0,
    totalKib: meminfo["MemTotal"] ?? 0,
  });
}
