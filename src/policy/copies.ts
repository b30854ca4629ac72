import { STORM_MS, TAKER_SHARE, TIE_MARGIN } from "../model/limits.ts";
import { PF_FORKNOEXEC, type Process } from "../model/process.ts";
import type { Candidate, Loss } from "../model/selection.ts";
import { goesOnOf, MOST_LATELY_TIMES, shareOf, type Unexplained } from "./attribution.ts";
import { type Context, isAvoided, toCandidate, withoutFaults } from "./ranking.ts";

/** The candidates, one of them perhaps blamed for the rest of the loss. */
export interface Blame {
  readonly candidates: readonly Candidate[];
  readonly blamed: Candidate | null;
  /** How much of the loss it is blamed for, KiB, and how much it may yet take. */
  readonly claimKib: number;
  readonly mostKib: number;
}

/** Nobody is blamed. */
export function noBlame(candidates: readonly Candidate[]): Blame {
  return { candidates, blamed: null, claimKib: 0, mostKib: Infinity };
}

/** A copy, how much it may have taken, KiB, and that times its age. */
interface Copy {
  readonly candidate: Candidate;
  readonly mayKib: number;
  readonly kibMs: number;
}

/** Forked copies of one parent: who of them wrote most, nobody knows. */
interface Copies {
  readonly members: Copy[];
  /** What each of them may have taken, together, and what was lost since the oldest was forked. */
  mayKib: number;
  lostKib: number;
  /** What they may have copied in all, KiB. */
  mostKib: number;
}

/**
 * Blames a forked copy, such as a database's that writes a snapshot, for what nobody is known to
 * have taken, where it and those that were forked beside it may have taken most of what was lost. A
 * page that it shares with its parent is copied when either of them writes to it: neither grows by
 * that, and it comes back when the copy is gone, while the parent's data live. Nobody where no
 * copies are large and old enough.
 */
export function blameCopy(
  candidates: readonly Candidate[],
  processes: readonly Process[],
  context: Context,
  rest: Unexplained,
): Blame {
  const { loss } = context;
  const { latelyKib, sharedOfKib } = loss;
  const leastKib = sharedOfKib * TAKER_SHARE;
  const othersLatelyShare = Math.min(
    shareOf(latelyKib - rest.latelyKib, latelyKib),
    // Who comes and goes, and took little, may have most of the little that was lost of late.
    MOST_LATELY_TIMES * (1 - shareOf(rest.tookKib, sharedOfKib)),
  );
  const isMost = rest.tookKib >= leastKib && othersLatelyShare <= 1 - TAKER_SHARE;
  if (!context.mayBlame || context.isInVain || rest.tookKib <= 0 || !isMost) {
    return noBlame(candidates);
  }
  let copies: Copies | null = null;
  let firstCopy: Copy | null = null;
  let claimKib = 0;
  for (const found of copiesOf(candidates, processes, context, rest)) {
    const foundKib = Math.min(found.mayKib, found.lostKib);
    const isTied = foundKib === claimKib;
    const copy = firstOf(found.members);
    if (!firstCopy || foundKib > claimKib || (isTied && isYounger(copy, firstCopy))) {
      copies = found;
      firstCopy = copy;
      claimKib = foundKib;
    }
  }
  if (copies === null || firstCopy === null || claimKib < leastKib) {
    return noBlame(candidates);
  }
  const { mayKib, mostKib } = copies;
  const { candidate: first, mayKib: firstKib } = firstCopy;
  const { process } = first;
  // Of what all of them took, its part; it is chosen for all of it.
  const ownKib = (claimKib * firstKib) / mayKib;
  const tookKib = first.tookKib + claimKib;
  const tookLatelyKib = process.latelyKib + Math.min(claimKib, rest.latelyKib);
  const blamed = toCandidate(
    process,
    {
      tookKib: first.tookKib + ownKib,
      share: shareOf(tookKib, sharedOfKib),
      latelyShare: shareOf(tookLatelyKib, latelyKib),
      goesOn: goesOnOf(tookKib, tookLatelyKib, loss, loss.baseMs),
    },
    context,
  );
  return {
    // For the sake of who explains half of the loss the others wait.
    candidates: candidates.map((one) => (one === first ? blamed : withoutFaults(one))),
    blamed,
    claimKib: ownKib,
    mostKib: mostKib - claimKib,
  };
}

/**
 * All copies that are old enough and may be killed alone, by their parents. One that has more of
 * its own than of its parent stands alone: a browser's tabs have little of what started them.
 */
function copiesOf(
  candidates: readonly Candidate[],
  processes: readonly Process[],
  { loss, takenMs }: Context,
  rest: Unexplained,
): Iterable<Copies> {
  const sizesKib = new Map(processes.map(({ pid, sizeKib }) => [pid, sizeKib]));
  const families = new Map<number, Copies>();
  for (const candidate of candidates) {
    const { pid, ppid, sizeKib, startMs } = candidate.process;
    const ageMs = takenMs - startMs;
    const isYoung = ageMs < loss.baseMs + STORM_MS;
    const parentKib = isYoung ? (sizesKib.get(ppid) ?? 0) : 0;
    const mostKib = copiedKib(candidate, parentKib);
    const lostKib = lostSinceKib(rest, loss, ageMs);
    const mayKib = Math.min(mostKib, lostKib);
    // With a copy's group its parent would die.
    const isAlone = candidate.scope === "process" && !isAvoided(candidate);
    if (mayKib <= 0 || ageMs * 2 < loss.latelyMs || !isAlone) {
      continue;
    }
    // Not with its own children, whose parent it is.
    const of = mostKib * 2 >= sizeKib ? ppid : -pid;
    const family = families.get(of) ?? { members: [], mayKib: 0, lostKib, mostKib: 0 };
    family.members.push({ candidate, mayKib, kibMs: mayKib * ageMs });
    family.mayKib += mayKib;
    family.lostKib = Math.max(family.lostKib, lostKib);
    family.mostKib += mostKib;
    families.set(of, family);
  }
  return families.values();
}

/** Who would be killed: who may have copied most, for longest; of about as much the youngest. */
function firstOf(members: readonly Copy[]): Copy | null {
  const mostKibMs = members.reduce((most, { kibMs }) => Math.max(most, kibMs), 0);
  let first: Copy | null = null;
  for (const copy of members) {
    if (copy.kibMs >= mostKibMs * (1 - TIE_MARGIN) && isYounger(copy, first)) {
      first = copy;
    }
  }
  return first;
}

function isYounger(copy: Copy | null, than: Copy | null): boolean {
  return copy !== null && (than === null || isNewer(copy.candidate, than.candidate));
}

/**
 * How much of what nobody took was lost since a process was forked: what was lost before is not its
 * own. Where nothing was noted then, its part of the time, and no less than all of late.
 */
function lostSinceKib(rest: Unexplained, { baseMs, latelyMs }: Loss, ageMs: number): number {
  const partKib = rest.tookKib * Math.min(1, ageMs / Math.max(1, baseMs));
  return ageMs < latelyMs ? rest.latelyKib : Math.max(rest.latelyKib, partKib);
}

/**
 * How much of a forked process may be copies of what its parent has, KiB. Who was forked shortly
 * before memory began to run out may copy on; who is much older has long done.
 */
function copiedKib({ process }: Candidate, parentKib: number): number {
  const { flags, heirKib, ppid, sizeKib } = process;
  const isForked = (flags & PF_FORKNOEXEC) !== 0 && ppid > 1;
  return heirKib > 0 || !isForked ? heirKib : Math.min(sizeKib, parentKib);
}

function isNewer({ process: a }: Candidate, { process: b }: Candidate): boolean {
  return a.startMs > b.startMs || (a.startMs === b.startMs && a.pid > b.pid);
}
