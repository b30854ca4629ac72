/** Who was started since sizes were noted may only have taken the place of who is gone by now. */
import type { Process } from "../model/process.ts";
import { placeOf, type Sizes } from "../model/sizes.ts";

/** What those had, KiB, who were noted then and are not among these sorted pids now. */
export function goneKib(since: Sizes, pids: Int32Array, count: number): number {
  let kib = 0;
  let at = 0;
  for (let i = 0; i < since.count; i++) {
    const pid = since.pids[i] ?? 0;
    while (at < count && (pids[at] ?? 0) < pid) {
      at++;
    }
    kib += at < count && pids[at] === pid ? 0 : ownKibAt(since, i);
  }
  return kib;
}

function ownKibAt({ ownKib }: Sizes, at: number): number {
  return Math.max(0, ownKib[at] ?? 0);
}

/** What came and went since sizes were noted. */
export interface Turnover {
  /** When memory was comfortable last: who is younger is a newborn. */
  readonly base: Sizes;
  /** The base, or a later note. */
  readonly since: Sizes;
  /** What those had then who are gone by now, and what was lost since, KiB. */
  readonly backKib: number;
  readonly lostKib: number;
}

/**
 * Takes from what the newborn took, from each the same share, what only took the place of those who
 * are gone: compilers of a build that goes on, workers that are replaced. It is what all took
 * together beyond what was lost, and no more than the gone had.
 */
export function settleTurnover(
  processes: readonly Process[],
  which: "grownKib" | "latelyKib",
  { backKib, base, lostKib, since }: Turnover,
): void {
  let [allKib, newbornKib, goneInAllKib] = [0, 0, backKib];
  for (const process of processes) {
    allKib += process[which];
    newbornKib += process.startMs > base.bootMs ? process[which] : 0;
    if (process.startMs > since.bootMs) {
      // Somebody may have had its pid who is gone.
      const at = placeOf(since, process.pid);
      goneInAllKib += at < 0 ? 0 : ownKibAt(since, at);
    }
  }
  const replacedKib = Math.min(goneInAllKib, allKib - lostKib, newbornKib);
  if (replacedKib <= 0) {
    return;
  }
  for (const process of processes) {
    if (process.startMs > base.bootMs) {
      process[which] = Math.round((process[which] * (newbornKib - replacedKib)) / newbornKib);
    }
  }
}
