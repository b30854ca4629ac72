/** What changes how much is left, and is nobody's growth. */
import type { Reading } from "../model/reading.ts";
import { placeOf, type Sizes } from "../model/sizes.ts";
import type { Ledger } from "./ledger.ts";
import type { Machine } from "./look.ts";

/** All notes that shares of a loss are told from, and the one that is yet being written. */
function notesOf({ base, draft, newer, older }: Ledger): readonly Sizes[] {
  return [base, older, newer, draft];
}

/**
 * Follows RAM and swap, KiB: swap that is switched off, or RAM that a balloon takes, no process
 * took. While swapoff(8) runs, SwapTotal is at once what still lies there, and falls as that comes
 * back; none of it is SwapFree: si_swapinfo() of mm/swapfile.c adds it to `nr_swap_pages`, of which
 * all of the device has been taken, and which is negative where there is no other.
 */
export function followTotals(
  ledger: Ledger,
  { isBlind }: Pick<Machine, "isBlind">,
  { swapTotalKib, totalKib }: Reading,
): void {
  const allKib = totalKib + swapTotalKib;
  // Without meminfo a container's own totals are not known.
  if (ledger.allKib === allKib || isBlind) {
    return;
  }
  const moreKib = ledger.allKib === 0 ? 0 : allKib - ledger.allKib;
  for (const sizes of notesOf(ledger)) {
    sizes.leftKib += moreKib;
  }
  ledger.lowestKib += moreKib;
  ledger.plentyKib += moreKib;
  ledger.allKib = allKib;
}

/**
 * What victims gave back, KiB. What they had taken since sizes were noted, and of late, is back,
 * and lost no more; the rest they had before, and is none of what anybody took.
 */
export function noteFreed(
  ledger: Ledger,
  freedKib: number,
  tookKib: number,
  latelyKib: number,
): void {
  const latelyFreedKib = Math.max(0, freedKib - latelyKib);
  ledger.freedKib += Math.max(0, freedKib - tookKib);
  // Else a leak that goes on in what came back would not be seen, and the loss taken for over.
  ledger.lowestKib += freedKib;
  ledger.older.leftKib += latelyFreedKib;
  ledger.newer.leftKib += latelyFreedKib;
  ledger.draft.leftKib += latelyFreedKib;
}

/**
 * Forgets what a victim had: else who is started in its place would count as a replacement, though
 * what the victim had was counted as freed. What it had taken before the base is back as well, and
 * no sign that what others took since is.
 */
export function forgetSize(ledger: Ledger, pid: number): void {
  const { base } = ledger;
  const was = placeOf(base, pid);
  if (was >= 0) {
    ledger.carriedKib -= (base.firstKib[was] ?? 0) - (base.ownKib[was] ?? 0);
    base.firstKib[was] = 0;
  }
  // A base that is being written is begun again: what it keeps of a victim is back.
  ledger.as = ledger.as === "base" ? "nothing" : ledger.as;
  for (const sizes of notesOf(ledger)) {
    const at = placeOf(sizes, pid);
    if (at >= 0) {
      sizes.ownKib[at] = 0;
    }
  }
}
