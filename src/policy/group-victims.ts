import * as limits from "../model/limits.ts";
import type { Candidate, Group } from "../model/selection.ts";
import { growingRate, isGrowing, tookMostOfLate } from "./attribution.ts";
import { isLoose, type Kin, nameOf } from "./kin.ts";
import { compareCandidates, type Context } from "./ranking.ts";

/**
 * A storm is killed as a whole, with who started it when it goes on; of any other group no more
 * than needed: one at a time, first a large one that takes most of late, then the newest of the
 * large ones, and as many as give back what is missing when one at a time has not been enough. Who
 * starts the others comes last.
 */
export function victimsOf(
  kin: Kin,
  candidates: readonly Candidate[],
  group: Group,
  { isHard, loss, parents, struck }: Context,
): Candidate[] {
  const inOrder = kin.members.toSorted(compareCandidates);
  if (group.isStorm) {
    const producers = struck.name === nameOf(group) ? producersOf(kin, candidates) : [];
    return [...producers, ...inOrder.filter((member) => !producers.includes(member))];
  }
  // Programs of all kinds have nothing in common but that: who has stopped is none of them.
  const rate = isLoose(kin) ? growingRate(kin.members) : Infinity;
  const ancestors = ancestorsOf(kin.members, parents);
  const { largestKib } = kin;
  const byNews = inOrder
    .filter(({ process }) => !ancestors.has(process.pid))
    .toSorted(
      (a, b) =>
        Number(tookMostOfLate(b, largestKib)) - Number(tookMostOfLate(a, largestKib)) ||
        Number(isGrowing(b, rate)) - Number(isGrowing(a, rate)) ||
        magnitude(b) - magnitude(a) ||
        compareNews(a, b),
    );
  const pool = byNews.length > 0 ? byNews : inOrder;
  // What the others take until the first one is gone.
  const meanwhileKib = (loss.latelyKib / Math.max(1, loss.latelyMs)) * limits.KILL_TAKES_MS;
  // One was not enough. How things were before may never have been at ease: half of that will do.
  const halfKib = struck.name === nameOf(group) ? Math.min(loss.needKib, loss.lostKib / 2) : 0;
  const neededKib = meanwhileKib + (isHard ? loss.needKib : halfKib);
  const victims: Candidate[] = [];
  let backKib = 0;
  for (const member of pool) {
    if (victims.length > 0 && backKib >= neededKib) {
      break;
    }
    victims.push(member);
    // Of shared memory, its part: what others map as well does not come back with one of them.
    const { grownKib, sizeKib } = member.process;
    backKib += sizeKib + Math.max(0, member.tookKib - grownKib);
  }
  return victims;
}

/** Who started members, themselves or by others: a browser's tabs are started by its helper. */
function ancestorsOf(
  members: readonly Candidate[],
  parents: Context["parents"],
): ReadonlySet<number> {
  const ancestors = new Set<number>();
  for (const { process } of members) {
    for (let pid = process.ppid; pid > 1 && !ancestors.has(pid); pid = parents.get(pid) ?? 0) {
      ancestors.add(pid);
    }
  }
  return ancestors;
}

/** Who starts the members, when it may be killed and is nobody's login. */
function producersOf(kin: Kin, candidates: readonly Candidate[]): Candidate[] {
  const parents = new Set<number>();
  for (const { process } of kin.members) {
    parents.add(process.ppid);
  }
  return candidates.filter(
    ({ process }) => parents.has(process.pid) && process.sessionId !== process.pid,
  );
}

/** What differs by less than half is the same. */
function magnitude({ tookKib }: Candidate): number {
  return Math.floor(Math.log(Math.max(1, tookKib)) / Math.log(1.5));
}

function compareNews(a: Candidate, b: Candidate): number {
  return b.process.startMs - a.process.startMs || b.process.pid - a.process.pid;
}
