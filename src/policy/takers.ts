import { TAKER_SHARE } from "../model/limits.ts";
import type { Candidate, Selection, Taker } from "../model/selection.ts";
import { growingShareOf, heldKib, shareOf, takingMs } from "./attribution.ts";
import { faultShareOf, paceOf } from "./faults.ts";
import type { Found } from "./groups.ts";
import { nameOf } from "./kin.ts";
import type { Context } from "./ranking.ts";

/** What the victim took, or the group that it is of; null when that and its faults tell nothing. */
export function takerOf(
  victims: readonly Candidate[],
  found: Found | null,
  mostKib: number,
  { faults, loss, struck, takenMs }: Context,
): Taker | null {
  const faultShare = faultShareOf(found?.members ?? victims, faults);
  const waiting = { faultShare, confinedShare: faults?.confinedShare ?? 0 };
  if (found !== null) {
    const { group, latelyShare, members, share } = found;
    let sizeKib = 0;
    for (const { process } of members) {
      sizeKib += process.sizeKib;
    }
    const { count, isStorm, tookKib } = group;
    const growingShare = growingShareOf(members);
    const struckKib = struck.name === nameOf(group) ? struck.leftKib : -1;
    const forMs = Math.min(takingMs(members, loss), oldestMs(members, takenMs));
    const pace = paceOf(members, forMs, faults);
    const nobody = { pid: 0, busyShare: 0, struckKib, mostKib, pace, ...waiting };
    return { ...nobody, count, isStorm, sizeKib, tookKib, share, latelyShare, growingShare };
  }
  const [victim] = victims;
  if (victim === undefined || (victim.tookKib <= 0 && faults === null)) {
    return null;
  }
  const { latelyShare, process, share, tookKib } = victim;
  const { cpuMs, pid, startMs } = process;
  const sizeKib = heldKib(victim);
  const ageMs = takenMs - startMs;
  const busyShare = shareOf(cpuMs, ageMs);
  const pace = paceOf([victim], Math.min(takingMs([victim], loss), ageMs), faults);
  const alone = { count: 1, isStorm: false, growingShare: 1, struckKib: -1, mostKib };
  return { ...alone, pid, busyShare, pace, ...waiting, sizeKib, tookKib, share, latelyShare };
}

/** The age of the oldest of these, milliseconds. */
function oldestMs(members: readonly Candidate[], takenMs: number): number {
  let firstMs = takenMs;
  for (const { process } of members) {
    firstMs = process.startMs < firstMs ? process.startMs : firstMs;
  }
  return takenMs - firstMs;
}

/** Whose doing it is what was lost of late: of who would be killed, or else of all together. */
export function takerOfLate(selection: Selection): Taker {
  const { taker } = selection;
  return taker !== null && taker.latelyShare >= TAKER_SHARE ? taker : everyTaker(selection);
}

/** All who took some of what was lost, together. */
function everyTaker({ candidates, loss }: Pick<Selection, "candidates" | "loss">): Taker {
  const members = candidates.filter(({ tookKib }) => tookKib > 0);
  let [sizeKib, tookKib, latelyKib] = [0, 0, 0];
  for (const member of members) {
    sizeKib += member.process.sizeKib;
    tookKib += member.tookKib;
    latelyKib += member.process.latelyKib;
  }
  return {
    count: members.length,
    isStorm: false,
    sizeKib,
    tookKib: Math.min(tookKib, loss.lostKib),
    share: shareOf(tookKib, loss.sharedOfKib),
    latelyShare: shareOf(latelyKib, loss.latelyKib),
    growingShare: growingShareOf(members),
    struckKib: -1,
    mostKib: Infinity,
    pid: 0,
    busyShare: 0,
    pace: -1,
    faultShare: -1,
    confinedShare: 0,
  };
}
