import type { Reading } from "../../src/model/reading.ts";
import { placeOf, type Sizes } from "../../src/model/sizes.ts";
import { askedOf } from "../../src/policy/pace.ts";
import { emptyLedger, keepLedger, type Ledger } from "../../src/watch/ledger.ts";
import { type Machine, openMachine } from "../../src/watch/look.ts";
import { followTotals } from "../../src/watch/shifts.ts";
import { FakeSys } from "./fake-sys.ts";
import { aReading, someOptions } from "./nouns.ts";

const ASKED = askedOf(someOptions(), aReading());
export const TOTAL_KIB = 1_000_000;

/** A ledger, and the machine on paper whose sizes it notes. */
export interface Kept {
  readonly sys: FakeSys;
  readonly ledger: Ledger;
  readonly machine: Machine;
}

export function kept(sys = new FakeSys().add({ pid: 42, rssKib: 4000 })): Kept {
  return { sys, ledger: emptyLedger(), machine: openMachine(sys) };
}

/** A look at this time that finds so much available, in percent; it may take several slices. */
export function lookAt(
  { ledger, machine, sys }: Kept,
  atMs: number,
  percent: number,
  changes: Partial<Reading> = {},
): void {
  sys.atMs = Math.max(sys.atMs, atMs);
  const availableKib = (TOTAL_KIB * percent) / 100;
  const reading = aReading({ atMs, totalKib: TOTAL_KIB, availableKib, ...changes });
  followTotals(ledger, machine, reading);
  keepLedger(sys, ledger, machine, reading, ASKED);
}

/** KiB that are noted of a process; -1: it is not there. */
export function sizeOf(sizes: Sizes, pid: number): number {
  const at = placeOf(sizes, pid);
  return at < 0 ? -1 : (sizes.ownKib[at] ?? -1);
}
