import { LEAST_PACE, TAKER_SHARE } from "../model/limits.ts";
import { identityOf, type Process } from "../model/process.ts";
import type { Candidate, Loss, Taker } from "../model/selection.ts";
import type { Witness } from "../model/verdict.ts";
import { attribute, type Sharing } from "./attribution.ts";
import { witness } from "./rule.ts";

/** Who took less than this share of what was lost is not at fault for it. */
export const LEAST_SHARE = 0.1;
/** Who had less than this share of all major faults has nothing to do with them. */
export const LEAST_FAULT_SHARE = 0.02;
/** What somebody gets who waits for what is read back, where memory in use does not fit. */
export const FAULT_POINTS = 1000;

/** Who had which part of all major faults since the scan before. */
export interface Faults {
  /** Whether there were enough of them to tell anything. */
  readonly isTold: boolean;
  /** By identity, 0 to 1; who waits at the limit of its own cgroup is left out. */
  readonly shares: ReadonlyMap<string, number>;
  /** The part that those had who are left out. */
  readonly confinedShare: number;
  /** The greatest product of a share and a size, KiB; 0: nobody had any. */
  readonly mostKib: number;
  /** Who took how much meanwhile, KiB, by identity; and how long that is. */
  readonly tookKib: ReadonlyMap<string, number>;
  readonly overMs: number;
}

/** The part of all major faults that these had, 0 to 1; -1: nobody knows. */
export function faultShareOf(
  of: readonly Pick<Candidate, "process">[],
  faults: Faults | null,
): number {
  if (faults === null) {
    return -1;
  }
  let share = 0;
  for (const { process } of of) {
    share += faults.shares.get(identityOf(process)) ?? 0;
  }
  return Math.min(1, share);
}

/**
 * What is in the way of others: the part of all faults that somebody had, of its size. A small one
 * that waits as much merely suffers.
 */
export function faultedKib({ rssKib, swapKib }: Process, share: number): number {
  return share * (rssKib + swapKib);
}

/** Points for that: all of them for the one who has most of it. */
export function faultPoints(process: Process, { mostKib, shares }: Faults): number {
  const share = shares.get(identityOf(process)) ?? 0;
  return mostKib > 0 ? (FAULT_POINTS * faultedKib(process, share)) / mostKib : 0;
}

/**
 * How far these points count, 0 to 1: not at all where somebody took half of what was lost, for
 * whose sake the others wait.
 */
export function faultWeightOf(processes: readonly Process[], loss: Loss, sharing: Sharing): number {
  let most = 0;
  for (const process of processes) {
    const { share } = attribute(process, loss, sharing);
    most = share > most ? share : most;
  }
  return Math.max(0, 1 - 2 * most);
}

/** How fast these take now, as a share of their mean over so long a time; -1: nobody knows. */
export function paceOf(of: readonly Candidate[], forMs: number, faults: Faults | null): number {
  if (faults === null) {
    return -1;
  }
  let [nowKib, allKib] = [0, 0];
  for (const { process, tookKib } of of) {
    nowKib += faults.tookKib.get(identityOf(process)) ?? 0;
    allKib += tookKib;
  }
  return (nowKib * forMs) / Math.max(1, allKib * faults.overMs);
}

/** Whether somebody still takes: all who have what they want take no more. */
export function stillTakes({ pace }: Taker): boolean {
  return pace >= LEAST_PACE;
}

/** Whether somebody is at it now: took some of what was lost, and goes on or waits most for it. */
export function isAtIt(taker: Taker): boolean {
  const { faultShare, share } = taker;
  return share >= LEAST_SHARE && (stillTakes(taker) || faultShare >= TAKER_SHARE);
}

/**
 * Whether it is not known yet who waits, or most of them do in cgroups at their own limits, and the
 * one who would be killed less than half as much.
 */
export function isOthersAffair(chosen: Taker | null): boolean {
  return (
    chosen === null ||
    chosen.faultShare < 0 ||
    (chosen.confinedShare >= TAKER_SHARE && chosen.faultShare * 2 < chosen.confinedShare)
  );
}

/** How far the one who would be killed has to do with it: took what was lost, or waits. */
export function faultWitness(chosen: Taker | null): Witness {
  const { faultShare, share } = chosen ?? { faultShare: 0, share: 0 };
  return share >= LEAST_SHARE
    ? witness("what was lost that it took", 100 * share, 100 * LEAST_SHARE)
    : witness("major faults that are its own", 100 * faultShare, 100 * LEAST_FAULT_SHARE);
}

/** Whether the one who would be killed is known to have nothing to do with it. */
export function hasNoPart(chosen: Taker): boolean {
  const { limit, value } = faultWitness(chosen);
  return chosen.faultShare >= 0 && (value < limit || isOthersAffair(chosen));
}
