import { TAKER_SHARE } from "../model/limits.ts";
import type { Candidate } from "../model/selection.ts";
import { shareOf, type Unexplained } from "./attribution.ts";
import { type Context, toCandidate } from "./ranking.ts";

/**
 * Blames a forked copy, such as a database's that writes a snapshot, for what nobody is known to
 * have taken, where it may have taken most of what was lost. A page that it shares with its parent
 * is copied when either of them writes to it: neither grows by that, and it comes back when the
 * copy is gone, while the parent's data live. Of several copies it is the youngest.
 */
export function blameCopy(
  candidates: readonly Candidate[],
  context: Context,
  rest: Unexplained,
): readonly Candidate[] {
  const { latelyKib, lostKib, needKib } = context.loss;
  const leastKib = lostKib * TAKER_SHARE;
  if (lostKib <= 0 || rest.tookKib < leastKib || rest.latelyKib < latelyKib * TAKER_SHARE) {
    return candidates;
  }
  let copy: Candidate | null = null;
  for (const candidate of candidates) {
    if (candidate.process.heirKib >= leastKib && (copy === null || isNewer(candidate, copy))) {
      copy = candidate;
    }
  }
  if (copy === null) {
    return candidates;
  }
  const { process } = copy;
  const claimKib = Math.min(process.heirKib, rest.tookKib);
  const tookKib = copy.tookKib + claimKib;
  const share = shareOf(tookKib, Math.max(lostKib, needKib));
  const tookLatelyKib = process.latelyKib + Math.min(claimKib, rest.latelyKib);
  const took = { tookKib, share, latelyShare: shareOf(tookLatelyKib, latelyKib) };
  const blamed = toCandidate(process, took, context);
  return candidates.map((candidate) => (candidate === copy ? blamed : candidate));
}

function isNewer({ process: a }: Candidate, { process: b }: Candidate): boolean {
  return a.startMs > b.startMs || (a.startMs === b.startMs && a.pid > b.pid);
}
