import { TAKER_SHARE } from "../model/limits.ts";
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

/**
 * Blames a forked copy, such as a database's that writes a snapshot, for what nobody is known to
 * have taken, where it may have taken most of what was lost. A page that it shares with its parent
 * is copied when either of them writes to it: neither grows by that, and it comes back when the
 * copy is gone, while the parent's data live. Nobody where no copy is large and old enough. Of
 * several it is the one that may have taken most, and the youngest of those.
 */
export function blameCopy(
  candidates: readonly Candidate[],
  context: Context,
  rest: Unexplained,
): Blame {
  const { loss } = context;
  const { latelyKib, latelyMs, sharedOfKib } = loss;
  const leastKib = sharedOfKib * TAKER_SHARE;
  const isMost = rest.tookKib >= leastKib && rest.latelyKib >= latelyKib * TAKER_SHARE;
  if (!context.mayBlame || context.isInVain || rest.tookKib <= 0 || !isMost) {
    return noBlame(candidates);
  }
  // What was lost before it was forked is not its own.
  const claimOf = ({ process: { heirKib, startMs } }: Candidate) =>
    Math.min(heirKib, context.takenMs - startMs < latelyMs ? rest.latelyKib : rest.tookKib);
  let copy: Candidate | null = null;
  for (const candidate of candidates) {
    const isOldEnough = (context.takenMs - candidate.process.startMs) * 2 >= latelyMs;
    // With a copy's group its parent would die.
    const isAlone = candidate.scope === "process" && !isAvoided(candidate);
    const isSuch = claimOf(candidate) >= leastKib && isOldEnough && isAlone;
    const more = copy === null ? 1 : claimOf(candidate) - claimOf(copy);
    if (isSuch && (copy === null || more > 0 || (more === 0 && isNewer(candidate, copy)))) {
      copy = candidate;
    }
  }
  if (copy === null) {
    return noBlame(candidates);
  }
  const { process } = copy;
  const claimKib = claimOf(copy);
  const tookKib = copy.tookKib + claimKib;
  const tookLatelyKib = process.latelyKib + Math.min(claimKib, rest.latelyKib);
  const blamed = toCandidate(
    process,
    {
      tookKib,
      share: shareOf(tookKib, sharedOfKib),
      latelyShare: shareOf(tookLatelyKib, latelyKib),
      goesOn: goesOnOf(tookKib, tookLatelyKib, loss),
    },
    context,
  );
  return {
    candidates: candidates.map((candidate) => (candidate === copy ? blamed : candidate)),
    blamed,
    claimKib,
    mostKib: process.heirKib - claimKib,
  };
}

function isNewer({ process: a }: Candidate, { process: b }: Candidate): boolean {
  return a.startMs > b.startMs || (a.startMs === b.startMs && a.pid > b.pid);
}
