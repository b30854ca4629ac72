import * as limits from "../model/limits.ts";
import { PF_FORKNOEXEC } from "../model/process.ts";
import type { Candidate, Group, Loss } from "../model/selection.ts";
import {
  explains,
  goesOnOf,
  shareOf,
  takingMs,
  type Took,
  type Unexplained,
} from "./attribution.ts";
import { victimsOf } from "./group-victims.ts";
import { collect, isLoose, type Kin, leftOfStorm, nameOf, takersOf, wholeStorm } from "./kin.ts";
import { type Context, lossPoints, OF_LOSS, sizePoints } from "./ranking.ts";

/** Fewer are no group: one after the other is quick enough. */
const FEWEST = 3;
/** Fewer members that have started members themselves are no storm: a browser has one or two. */
const FEWEST_PARENTS = 4;
/** So many forked ones that have forked others are one, however many each of them has forked. */
const MANY_PARENTS = 12;

/** Of what was lost: those who rest took most of it, and who goes on took little. */
const MOST = 1 / 2;
const LITTLE = 1 / 8;

/**
 * When so many were started since the first kill, and so many times as many as there were then,
 * there is no end to it, however fast they are killed. A browser that restores its tabs has fewer.
 */
export const MANY_BORN = 64;
export const MANY_BORN_TIMES = 4;

/** A group that was found, and who of it is to be killed now. */
export interface Found {
  readonly group: Group;
  readonly victims: Candidate[];
  readonly members: readonly Candidate[];
  readonly share: number;
  readonly latelyShare: number;
  /**
   * Its best member's score, as if that had taken what all of them took. What is left of a storm
   * comes before anybody else: it grows again.
   */
  readonly score: number;
}

/**
 * Finds processes of one making that together took most of what was lost, while none of them took
 * half of that. Who may not be chosen is not among the candidates. No group took more than was
 * lost. While such a group rests, who grows a little all the time took all that was lost of late:
 * who took next to nothing is not killed before those who took half. `first` would be killed alone.
 */
export function findGroup(
  candidates: readonly Candidate[],
  context: Context,
  rest: Unexplained,
  first: Candidate | null,
): Found | null {
  const { loss, struck } = context;
  const left = leftOfStorm(candidates, struck);
  if (left !== null) {
    return { ...found(withHeirs(left, rest), true, candidates, context), score: Infinity };
  }
  const all = collect(candidates);
  const greediest = greediestOf(all, false);
  const best = explaining(greediest, loss) ?? forked(candidates, loss, rest);
  if (best !== null) {
    return foundOf(best, candidates, context, rest);
  }
  // What programs of all kinds share says little where those of one making explain the loss.
  const loose = explaining(greediestOf(all, true), loss);
  const other = loose === null ? null : foundOf(loose, candidates, context, rest);
  const { tookKib = 0 } = other?.victims[0] ?? first ?? {};
  const isLittle = tookKib < loss.sharedOfKib * LITTLE;
  return greediest !== null && isLittle && greediest.tookKib >= loss.sharedOfKib * MOST
    ? foundOf(greediest, candidates, context, rest)
    : other;
}

function foundOf(
  kin: Kin,
  candidates: readonly Candidate[],
  context: Context,
  rest: Unexplained,
): Found {
  const isStorm = isStormOf(kin, candidates, context);
  const whole = isStorm ? withHeirs(wholeStorm(kin, candidates, context.struck), rest) : kin;
  return found(whole, isStorm, candidates, context);
}

/** Of those with such a tie, who took most; the first of two that took about the same. */
function greediestOf(all: readonly Kin[], areLoose: boolean): Kin | null {
  let best: Kin | null = null;
  for (const one of all) {
    const kin = takersOf(one);
    const isSuch = isLoose(kin) === areLoose && kin.members.length >= FEWEST;
    const isMany = isSuch && kin.largestKib * 2 < kin.tookKib;
    if (isMany && kin.tookKib > (best?.tookKib ?? 0) * (1 + limits.TIE_MARGIN)) {
      best = kin;
    }
  }
  return best;
}

/**
 * Whether somebody alone took half or more of what was lost, no less than all of a group together,
 * goes on, and would be killed before each of them: of late they may well have taken more, as heaps
 * do that fill again when garbage was collected. Nobody outdoes a storm.
 */
export function isOutdone({ group, members }: Found, by: Candidate, loss: Loss): boolean {
  const { latelyShare, score, share, tookKib } = by;
  const latelyKib = latelyShare * loss.latelyKib;
  const goesOn = goesOnOf(tookKib, latelyKib, loss, takingMs([by], loss)) >= limits.STEADY_SHARE;
  const isMost = share >= MOST && tookKib >= group.tookKib && goesOn;
  return isMost && !group.isStorm && members.every((member) => score > member.score);
}

function explaining(kin: Kin | null, loss: Loss): Kin | null {
  return kin === null || explains(tookOf(kin, loss)) < limits.GROUP_SHARE ? null : kin;
}

/**
 * A storm of forked processes that took most of what was lost only if what they seem to share with
 * their parents is their own: the kernel does not tell whether they have written to it since.
 */
function forked(candidates: readonly Candidate[], loss: Loss, rest: Unexplained): Kin | null {
  let best: Kin | null = null;
  for (const kin of collect(candidates, true)) {
    if (kin.heirKib === 0 || isLoose(kin) || !breeds(kin.members)) {
      continue;
    }
    const claimed = withHeirs(kin, rest);
    const isMost =
      claimed.tookKib >= loss.lostKib * limits.GROUP_SHARE &&
      claimed.latelyKib >= loss.latelyKib * limits.GROUP_SHARE &&
      explains(tookOf(claimed, loss)) >= limits.GROUP_SHARE;
    if (isMost) {
      best = best === null || claimed.tookKib > best.tookKib ? claimed : best;
    }
  }
  return best;
}

/** The same storm with so much of what its members may have taken as nobody else took. */
function withHeirs(kin: Kin, rest: Unexplained): Kin {
  const claimKib = Math.min(kin.heirKib, rest.tookKib);
  return {
    ...kin,
    tookKib: kin.tookKib + claimKib,
    latelyKib: kin.latelyKib + Math.min(claimKib, rest.latelyKib),
  };
}

function tookOf({ latelyKib, members, tookKib }: Kin, loss: Loss): Took {
  return {
    tookKib: Math.min(tookKib, loss.sharedOfKib),
    share: shareOf(tookKib, loss.sharedOfKib),
    latelyShare: shareOf(latelyKib, loss.latelyKib),
    goesOn: goesOnOf(tookKib, latelyKib, loss, takingMs(members, loss)),
  };
}

function found(
  kin: Kin,
  isStorm: boolean,
  candidates: readonly Candidate[],
  context: Context,
): Found {
  const { id, members, tie } = kin;
  const took = tookOf(kin, context.loss);
  const { latelyShare, share, tookKib } = took;
  const group = { tie, id, count: members.length, tookKib, isStorm };
  const victims = victimsOf(kin, candidates, group, context);
  const first = victims[0] ?? members[0];
  const own = first?.points.find(({ origin }) => origin === OF_LOSS)?.points ?? 0;
  const othersKib = Math.max(0, tookKib - (first?.tookKib ?? 0));
  const score =
    (first?.score ?? 0) - own + lossPoints(took, 0) + sizePoints(othersKib, context.totalKib);
  return { group, victims, members, share, latelyShare, score };
}

/** Whether so many parents among so many members are a storm. */
function isSpread(parents: number, members: number): boolean {
  return parents >= FEWEST_PARENTS && parents * 8 >= members;
}

/** Members that were forked from one of them, and have forked others: servers' masters are not. */
function breeders(members: readonly Candidate[]): number {
  const forks = new Map<number, boolean>();
  for (const { process } of members) {
    if ((process.flags & PF_FORKNOEXEC) !== 0) {
      forks.set(process.pid, false);
    }
  }
  let count = 0;
  for (const { process } of members) {
    if (forks.has(process.pid) && forks.get(process.ppid) === false) {
      forks.set(process.ppid, true);
      count++;
    }
  }
  return count;
}

/** Whether forked ones of them have forked so many others that there is no end to it. */
function breeds(members: readonly Candidate[]): boolean {
  const count = breeders(members);
  return count >= MANY_PARENTS || isSpread(count, members.length);
}

/**
 * Whether its members are started without end: many have parents that are such as they, or
 * for those who were killed a moment ago there are as many new ones.
 */
function isStormOf(
  { id, members, tie }: Kin,
  candidates: readonly Candidate[],
  { struck, takenMs }: Context,
): boolean {
  if (isLoose({ tie })) {
    return false;
  }
  // A storm's are: servers' masters and workers of an hour ago are not being started.
  const young = members.filter(({ process }) => process.startMs >= takenMs - limits.STORM_MS);
  let born = 0;
  const parents = new Set<number>();
  /** Who forked a member that is no other program since is such a program itself. */
  const fertile = new Set<number>();
  for (const { process } of members) {
    born += process.startMs >= struck.sinceMs ? 1 : 0;
  }
  for (const { process } of young) {
    parents.add(process.ppid);
    if ((process.flags & PF_FORKNOEXEC) !== 0 && process.ppid > 1) {
      fertile.add(process.ppid);
    }
  }
  const name = members[0]?.process.comm;
  for (const { process } of candidates) {
    if (process.comm === name && parents.has(process.pid)) {
      fertile.add(process.pid);
    }
  }
  const isStruck = struck.name === nameOf({ tie, id }) && struck.kills >= limits.PATIENT_STRIKES;
  const many = Math.max(MANY_BORN, struck.firstCount * MANY_BORN_TIMES);
  const isReplaced = isStruck && (born >= struck.victims || born + struck.bornVictims >= many);
  return isSpread(fertile.size, young.length) || breeds(young) || isReplaced;
}
