import * as limits from "../model/limits.ts";
import type { Process } from "../model/process.ts";
import type { Loss, Selection, Taker } from "../model/selection.ts";
import type { Acting } from "../model/verdict.ts";
import { explains, shareOf } from "../policy/attribution.ts";
import { nameOf } from "../policy/kin.ts";
import { NOT_STRUCK, type Struck } from "../policy/ranking.ts";
import { emptyFaults, type FaultsSeen, forgetFaults } from "./faults.ts";
import type { Kill, Whole } from "./kill.ts";

/** A kill that was begun, and why. */
export interface Going {
  readonly kill: Kill;
  readonly selection: Selection;
  readonly verdict: Acting;
  readonly whole: Whole;
  /** What was left when it began, with what others gave back since, KiB. */
  leftKib: number;
  /** What the victims took of what was lost, KiB. */
  readonly tookKib: number;
  /** When all victims were found gone, or -1. */
  goneAtMs: number;
  /** Others who live on seem to share its memory: it does not come back yet, so nobody waits. */
  readonly livesOn: boolean;
  /** Nobody waits for it any more: the next one may be killed beside it. */
  isHopeless: boolean;
}

/**
 * Whether this kill, with others of the same storm, is the only one that is not given up: what
 * comes back is its victims'.
 */
export function isAwaitedAlone(kills: readonly Going[], going: Going): boolean {
  return (
    !going.isHopeless &&
    kills.every((other) => other === going || other.isHopeless || isSameStorm(other, going))
  );
}

/** So many victims are not seen to in no time. */
const MANY = 16;

/** Whether so many are dying of SIGKILL that to see to them takes its time, and nobody else is. */
export function areManyDying(kills: readonly Going[]): boolean {
  let count = 0;
  for (const { kill } of kills) {
    if (kill.sigkillAtMs < 0) {
      return false;
    }
    for (const { isGone } of kill.targets) {
      count += isGone ? 0 : 1;
    }
  }
  return count > MANY;
}

function isSameStorm({ selection: a }: Going, { selection: b }: Going): boolean {
  return (
    a.group?.isStorm === true && b.group?.isStorm === true && nameOf(a.group) === nameOf(b.group)
  );
}

/** What the daemon remembers of kills; only this room writes it. */
export interface Crisis {
  /** Whose victims are dying. */
  readonly kills: Going[];
  /** Identities of those victims. */
  readonly dying: Set<string>;
  /** Processes that could not be killed, and until when they are left out. */
  readonly refused: Map<string, number>;
  /** What was done to a group of which somebody was killed a short while ago. */
  struck: Struck;
  struckAtMs: number;
  /** How many kills in a row gave back next to nothing of what was missing. */
  vainKills: number;
  /** Whether a forked copy was blamed for what nobody took, and next to nothing came back. */
  isBlameVain: boolean;
  /** Whether others seem to share all memory with the victim chosen last, and some will live on. */
  hasTwins: boolean;
  livesOn: boolean;
  /** User whose last victim gave back nothing, because such others kept its memory; or -1. */
  keptByUid: number;
  /** When somebody had to be killed last, or that was asked; -Infinity since it was started. */
  lastAtMs: number;
  /** Nothing is decided before this: a dry run would say the same, or nobody can be killed. */
  quietUntilMs: number;
  /** What a dry run said last, "" once no rule acts any more: the same is not said again. */
  drySaid: string;
  /** What was said once is not said again before this. */
  nobodySaidUntilMs: number;
  blamelessSaidUntilMs: number;
  cameBackSaidUntilMs: number;
  unknownSaidUntilMs: number;
  /** Sizes and major faults of all who were scanned a moment ago. */
  readonly faults: FaultsSeen;
  /** Processes at the last scan whose command line could not be read in time. */
  unknown: number;
  /** How long the last scan took. */
  scanMs: number;
}

/** That of a daemon that has killed nobody yet. */
export function emptyCrisis(): Crisis {
  return {
    kills: [],
    dying: new Set(),
    refused: new Map(),
    struck: NOT_STRUCK,
    struckAtMs: -Infinity,
    vainKills: 0,
    isBlameVain: false,
    hasTwins: false,
    livesOn: false,
    keptByUid: -1,
    lastAtMs: -Infinity,
    quietUntilMs: 0,
    drySaid: "",
    nobodySaidUntilMs: 0,
    blamelessSaidUntilMs: 0,
    cameBackSaidUntilMs: 0,
    unknownSaidUntilMs: 0,
    faults: emptyFaults(),
    unknown: 0,
    scanMs: 0,
  };
}

/** Notes that somebody has to be killed, or that this was asked; what is over is forgotten. */
export function noteAsked(crisis: Crisis, nowMs: number): void {
  forget(crisis, nowMs);
  crisis.lastAtMs = nowMs;
}

/** Who could not be killed may be chosen again after a while; what a crisis taught is forgotten. */
export function forget(crisis: Crisis, nowMs: number): void {
  if (nowMs - crisis.struckAtMs > limits.STRUCK_MS) {
    crisis.struck = NOT_STRUCK;
  }
  if (nowMs - crisis.lastAtMs > limits.OVER_MS) {
    crisis.isBlameVain = false;
    crisis.vainKills = 0;
    crisis.keptByUid = -1;
    forgetFaults(crisis.faults);
  }
  if (crisis.refused.size === 0) {
    return;
  }
  for (const [identity, untilMs] of crisis.refused) {
    if (untilMs <= nowMs) {
      crisis.refused.delete(identity);
    }
  }
}

/** Notes that some of a group were killed, and what was left when that was begun. */
export function noteStruck(
  crisis: Crisis,
  selection: Selection,
  leftKib: number,
  nowMs: number,
  bootMs: number,
): void {
  const { group, victims } = selection;
  if (group === null) {
    return;
  }
  const name = nameOf(group);
  const { struck } = crisis;
  const isAgain = struck.name === name;
  const born = victims.filter(({ process }) => process.startMs >= struck.sinceMs).length;
  crisis.struck = {
    name,
    isStorm: group.isStorm,
    kills: (isAgain ? struck.kills : 0) + 1,
    victims: (isAgain ? struck.victims : 0) + victims.length,
    bornVictims: isAgain ? struck.bornVictims + born : 0,
    firstCount: isAgain ? struck.firstCount : group.count,
    leftKib,
    sinceMs: isAgain ? struck.sinceMs : bootMs,
  };
  crisis.struckAtMs = nowMs;
}

/** What victims took of late, KiB; of a storm and of a copy more than is seen in what they have. */
export function tookLatelyKib({ blamedKib, group, loss, taker, victims }: Selection): number {
  let [latelyKib, tookKib] = [0, 0];
  for (const victim of victims) {
    latelyKib += victim.process.latelyKib;
    tookKib += victim.tookKib;
  }
  const isGuess = group?.isStorm === true || blamedKib > 0;
  if (!isGuess || taker === null) {
    return latelyKib;
  }
  // Of what copies of one parent took together, only the victim's part comes back.
  const part = blamedKib > 0 ? partOfCopies(tookKib, taker, loss) : 1;
  return Math.max(latelyKib, taker.latelyShare * loss.latelyKib * part);
}

/** The part that one copy took, as it seems, of what all copies of its parent took. */
function partOfCopies(tookKib: number, { share }: Taker, { sharedOfKib }: Loss): number {
  return shareOf(tookKib, share * sharedOfKib);
}

/** What a copy has that its parent has not, KiB; 0 where that is not known. */
function notCopiedKib({ heirKib, sizeKib }: Process): number {
  return heirKib > 0 ? sizeKib - heirKib : 0;
}

/** How a kill ended, and how long that took. */
interface Ended {
  readonly isGone: boolean;
  readonly isStillLow: boolean;
  readonly tookMs: number;
}

/**
 * Notes whether a kill was in vain: next to nothing came back. Of a forked copy that is measured by
 * what it was blamed for; of others by what is missing, and not where they explain the loss.
 */
export function noteVain(
  crisis: Crisis,
  { blamedKib, loss, taker, victims }: Selection,
  freedKib: number,
  { isGone, isStillLow, tookMs }: Ended,
): void {
  const isExplained = taker !== null && explains(taker) >= limits.VAIN_SHARE;
  // What a copy had of its own comes back in any case.
  const ownKib = victims.reduce((sum, { process }) => sum + notCopiedKib(process), 0);
  // Its siblings copy on meanwhile, into what it gives back.
  const part = taker === null ? 1 : partOfCopies(victims[0]?.tookKib ?? 0, taker, loss);
  const againKib = ((1 - part) * loss.latelyKib * tookMs) / Math.max(1, loss.latelyMs);
  const isVain =
    blamedKib > 0
      ? isGone &&
        freedKib + againKib - ownKib < Math.min(blamedKib, loss.needKib) * limits.VAIN_SHARE
      : !isExplained && freedKib < loss.needKib * limits.VAIN_SHARE;
  crisis.isBlameVain ||= blamedKib > 0 && isVain;
  crisis.vainKills = isVain && isStillLow ? crisis.vainKills + 1 : 0;
}
