import { identityOf } from "../model/process.ts";
import type { Candidate } from "../model/selection.ts";
import { shareOf } from "./attribution.ts";

/** Major faults of processes at the scan before, and of all together since. */
export interface Faults {
  readonly before: Pick<ReadonlyMap<string, number>, "get">;
  readonly allSince: number;
}

/** The part of all major faults since the scan before that these had; who was not seen had none. */
export function faultShareOf(of: readonly Candidate[], faults: Faults | null): number {
  if (faults === null) {
    return -1;
  }
  let since = 0;
  for (const { process } of of) {
    since += process.majorFaults - (faults.before.get(identityOf(process)) ?? process.majorFaults);
  }
  return shareOf(since, faults.allSince);
}
