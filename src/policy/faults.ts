import { TAKER_SHARE } from "../model/limits.ts";
import { identityOf } from "../model/process.ts";
import type { Candidate, Taker } from "../model/selection.ts";
import type { Witness } from "../model/verdict.ts";
import { shareOf } from "./attribution.ts";
import { witness } from "./rule.ts";

/** Who took less than this share of what was lost, and had less of all faults, is not at fault. */
export const LEAST_SHARE = 0.1;

/** Major faults of processes at the scan before, and of all together since. */
export interface Faults {
  readonly before: Pick<ReadonlyMap<string, number>, "get">;
  readonly allSince: number;
  /** Who waits at the limit of its own cgroup: its faults tell nothing of the machine. */
  readonly confined: Pick<ReadonlySet<string>, "has">;
  /** The part of all faults that those had, 0 to 1. */
  readonly confinedShare: number;
}

/**
 * The part of all major faults since the scan before that these had, 0 to 1; who was not seen then
 * had none. -1: nobody knows.
 */
export function faultShareOf(of: readonly Pick<Candidate, "process">[], faults: Faults | null) {
  if (faults === null) {
    return -1;
  }
  let since = 0;
  for (const { process } of of) {
    const identity = identityOf(process);
    since += faults.confined.has(identity)
      ? 0
      : process.majorFaults - (faults.before.get(identity) ?? process.majorFaults);
  }
  return shareOf(since, faults.allSince);
}

/** Those who may be at fault where memory in use does not fit; all where none of them is. */
export function atFault(
  candidates: readonly Candidate[],
  faults: Faults | null,
): readonly Candidate[] {
  if (faults === null) {
    return candidates;
  }
  const found = candidates.filter(
    (one) => one.share >= LEAST_SHARE || faultShareOf([one], faults) >= LEAST_SHARE,
  );
  return found.length > 0 ? found : candidates;
}

/** Whether it is not known yet who waits, or most of them do in cgroups at their own limits. */
export function isOthersAffair(chosen: Taker | null): boolean {
  return chosen === null || chosen.faultShare < 0 || chosen.confinedShare >= TAKER_SHARE;
}

/** How far the one who would be killed has to do with it: waits for it, or took what was lost. */
export function faultWitness(chosen: Taker | null): Witness {
  const { faultShare, share } = chosen ?? { faultShare: 0, share: 0 };
  return faultShare >= share
    ? witness("major faults that are its own", 100 * faultShare, 100 * LEAST_SHARE)
    : witness("what was lost that it took", 100 * share, 100 * LEAST_SHARE);
}
