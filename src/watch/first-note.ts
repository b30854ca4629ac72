import * as limits from "../model/limits.ts";
import { leftKib, type Reading, untakenKib } from "../model/reading.ts";
import type { Sizes } from "../model/sizes.ts";
import type { Ledger } from "./ledger.ts";

/**
 * Whether a choice can wait until sizes are noted: where memory went from plenty to nothing between
 * two looks, nobody knows who took it, but who still takes it is known a moment later.
 */
export function awaitsFirstNote(ledger: Ledger, reading: Reading): boolean {
  if (ledger.base.count > 0 || ledger.plentyAtMs === -Infinity) {
    return false;
  }
  ledger.awaitedAtMs = ledger.awaitedAtMs < 0 ? reading.atMs : ledger.awaitedAtMs;
  const fillKib = (limits.FILL_MIB_PER_S * 1024 * limits.UNKNOWN_MS) / 1000;
  return reading.atMs - ledger.awaitedAtMs < limits.UNKNOWN_MS && leftKib(reading) > fillKib;
}

/** Whether sizes were noted for the first time a moment ago, when most was lost already. */
export function isFirstNote({ base, isFirst, plentyAtMs }: Ledger, { atMs }: Reading): boolean {
  const isRecent = base.count > 0 && atMs - base.atMs < limits.LOSS_WINDOW_MS;
  return isRecent && isFirst && plentyAtMs > -Infinity;
}

/**
 * Sizes when memory was comfortable last, or null: not known. A first note of a moment ago tells
 * who took what only while it goes on: if not, whoever took it had done so before.
 */
export function baseOf(ledger: Ledger, reading: Reading): Sizes | null {
  const { base, plentyAtMs, plentyKib } = ledger;
  const sinceMs = reading.atMs - base.atMs;
  if (!isFirstNote(ledger, reading)) {
    return base.count > 0 ? base : null;
  }
  const beforeKibPerMs = (plentyKib - base.leftKib) / Math.max(1, base.atMs - plentyAtMs);
  const lostKib = base.leftKib + ledger.freedKib - untakenKib(reading);
  return lostKib >= beforeKibPerMs * sinceMs * limits.STEADY_SHARE ? base : null;
}
