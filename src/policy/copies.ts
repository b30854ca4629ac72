import { STORM_MS, TAKER_SHARE } from "../model/limits.ts";
import { PF_FORKNOEXEC } from "../model/process.ts";
import type { Candidate } from "../model/selection.ts";
import { goesOnOf, shareOf, type Unexplained } from "./attribution.ts";
import { type Context, isAvoided, toCandidate } from "./ranking.ts";

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

/** Forked copies of one parent: who of them wrote most, nobody knows. */
interface Copies {
  /** Who would be killed: the one that may have taken most, and the youngest of those. */
  first: Candidate;
  firstKib: number;
  /** What all of them may have taken, KiB, and may have in all. */
  mayKib: number;
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
  context: Context,
  rest: Unexplained,
): Blame {
  const { loss } = context;
  const { latelyKib, sharedOfKib } = loss;
  const leastKib = sharedOfKib * TAKER_SHARE;
  const isMost = rest.tookKib >= leastKib && rest.latelyKib >= latelyKib * TAKER_SHARE;
  if (!context.mayBlame || context.isInVain || rest.tookKib <= 0 || !isMost) {
    return noBlame(candidates);
  }
  let copies: Copies | null = null;
  for (const found of copiesOf(candidates, context, rest)) {
    const more = copies === null ? 1 : found.mayKib - copies.mayKib;
    if (copies === null || more > 0 || (more === 0 && isNewer(found.first, copies.first))) {
      copies = found;
    }
  }
  const claimKib = Math.min(copies?.mayKib ?? 0, rest.tookKib);
  if (copies === null || claimKib < leastKib) {
    return noBlame(candidates);
  }
  const { first, firstKib, mayKib, mostKib } = copies;
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
      goesOn: goesOnOf(tookKib, tookLatelyKib, loss),
    },
    context,
  );
  return {
    candidates: candidates.map((candidate) => (candidate === first ? blamed : candidate)),
    blamed,
    claimKib: ownKib,
    mostKib: mostKib - claimKib,
  };
}

/** All copies that are old enough and may be killed alone, by their parents. */
function copiesOf(
  candidates: readonly Candidate[],
  { loss: { latelyMs, sinceMs }, takenMs }: Context,
  rest: Unexplained,
): Iterable<Copies> {
  const sizesKib = new Map(candidates.map(({ process }) => [process.pid, process.sizeKib]));
  const families = new Map<number, Copies>();
  for (const candidate of candidates) {
    const { ppid, startMs } = candidate.process;
    const ageMs = takenMs - startMs;
    const isYoung = ageMs < sinceMs + STORM_MS;
    const parentKib = isYoung ? (sizesKib.get(ppid) ?? 0) : 0;
    const mostKib = copiedKib(candidate, parentKib);
    // What was lost before it was forked is not its own.
    const mayKib = Math.min(mostKib, ageMs < latelyMs ? rest.latelyKib : rest.tookKib);
    // With a copy's group its parent would die.
    const isAlone = candidate.scope === "process" && !isAvoided(candidate);
    if (mayKib <= 0 || ageMs * 2 < latelyMs || !isAlone) {
      continue;
    }
    const family = families.get(ppid);
    if (family === undefined) {
      families.set(ppid, { first: candidate, firstKib: mayKib, mayKib, mostKib });
      continue;
    }
    family.mayKib += mayKib;
    family.mostKib += mostKib;
    const more = mayKib - family.firstKib;
    if (more > 0 || (more === 0 && isNewer(candidate, family.first))) {
      family.first = candidate;
      family.firstKib = mayKib;
    }
  }
  return families.values();
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
