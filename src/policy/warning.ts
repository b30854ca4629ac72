import { identityOf } from "../model/process.ts";
import type { Asked } from "../model/asked.ts";
import * as limits from "../model/limits.ts";
import { Depth, leftKib, type Reading, usableKib } from "../model/reading.ts";
import type { Candidate, Selection } from "../model/selection.ts";
import { reallyLeftKib } from "./really-left.ts";
import { expectedKib } from "./rules/leak.ts";
import { takerOfLate } from "./takers.ts";
import type { View } from "./rule.ts";

/*
 * There are two times to warn. Far from the limits, somebody who takes memory is expected to go on
 * for as long as they have: a warning comes when as much was lost, steadily, as is left. Near them
 * it comes with a part of the evidence that the rule `leak` needs, and before tasks stall. Nobody
 * knows how much a newcomer wants: a rate of a few seconds is no evidence.
 */

/** What was left at looks of the last minutes: time and KiB, one behind the other. */
export interface Past {
  readonly samples: Float64Array;
  count: number;
  newest: number;
  /** While much is free, only that is known, and not what the page cache would give back. */
  isOfFree: boolean;
}

/** As many as `FAR_MOST_MS` is long, and some more. */
const SIZE = Math.ceil(limits.FAR_MOST_MS / limits.FAR_SAMPLE_MS) + 4;

/** A past in which nobody looked. */
export function emptyPast(): Past {
  return { samples: new Float64Array(2 * SIZE), count: 0, newest: 0, isOfFree: false };
}

/** Forgets all: what is left was not read for a while, or cannot be compared. */
export function forgetPast(past: Past): void {
  past.count = 0;
}

/** From free memory on, with a page cache that is as large as it is now. */
function countCache(past: Past, reading: Reading): void {
  for (let back = 0; back < past.count; back++) {
    const at = placeOf(past, back) + 1;
    past.samples[at] = (past.samples[at] ?? 0) + reading.availableKib - reading.freeKib;
  }
}

/** Remembers what is left, a look every `FAR_SAMPLE_MS`. */
export function rememberPast(past: Past, reading: Reading): void {
  const isOfFree = reading.depth === Depth.free;
  if (isOfFree && !past.isOfFree) {
    forgetPast(past);
  } else if (!isOfFree && past.isOfFree) {
    countCache(past, reading);
  }
  past.isOfFree = isOfFree;
  const { newest, samples } = past;
  if (past.count > 0 && reading.atMs - (samples[2 * newest] ?? 0) < limits.FAR_SAMPLE_MS) {
    return;
  }
  past.newest = past.count === 0 ? 0 : (newest + 1) % SIZE;
  past.count = Math.min(SIZE, past.count + 1);
  samples[2 * past.newest] = reading.atMs;
  // Where a look of its own saw that much is free, what was available is of the look before.
  samples[2 * past.newest + 1] = isOfFree
    ? reading.freeKib + reading.swapFreeKib
    : leftKib(reading);
}

/** What will be at its limit, and when: milliseconds, at the rate of as long a time before. */
export interface Forecast {
  readonly leftMs: number;
  /** What may yet be taken until then, KiB. */
  readonly roomKib: number;
}

/** Memory and swap above their limits, KiB; 0 where memory is at its limit already. */
function roomKib(reading: Reading, { memPercent, swapPercent }: Asked): number {
  const memKib = reading.availableKib - (usableKib(reading) * memPercent) / 100;
  const swapKib = reading.swapFreeKib - (reading.swapTotalKib * swapPercent) / 100;
  return memKib <= 0 ? 0 : memKib + Math.max(0, swapKib);
}

/** Where the sample so many before the newest lies. */
function placeOf({ newest }: Past, back: number): number {
  return 2 * ((newest - back + SIZE) % SIZE);
}

/**
 * When memory, and swap where there is any, will be at the limit if it goes on as it has; null when
 * it has not gone on for as long as that takes, or by fits and starts, or when it is minutes away.
 */
export function forecast(past: Past, reading: Reading, asked: Asked): Forecast | null {
  const room = roomKib(reading, asked);
  const left = leftKib(reading);
  if (room <= 0) {
    return null;
  }
  for (let back = 0; back < past.count; back++) {
    const at = placeOf(past, back);
    const agoMs = reading.atMs - (past.samples[at] ?? 0);
    const lostKib = (past.samples[at + 1] ?? 0) - left;
    if (agoMs > limits.FAR_MOST_MS) {
      return null;
    }
    if (agoMs >= limits.FAR_LEAST_MS && lostKib >= room) {
      return isSteady(past, reading, agoMs, lostKib)
        ? { leftMs: (agoMs * room) / lostKib, roomKib: room }
        : null;
    }
  }
  return null;
}

/** Whether in each part of a time about as much was lost as in the others. */
function isSteady(past: Past, reading: Reading, spanMs: number, lostKib: number): boolean {
  const leastKib = (lostKib / limits.FAR_PARTS) * limits.FAR_PART_SHARE;
  let laterKib = leftKib(reading);
  for (let part = 1; part <= limits.FAR_PARTS; part++) {
    const earlierKib = leftAgo(past, reading, (spanMs * part) / limits.FAR_PARTS);
    if (earlierKib - laterKib < leastKib) {
      return false;
    }
    laterKib = earlierKib;
  }
  return true;
}

/** What was left so long ago, between two looks in a straight line; KiB. */
function leftAgo(past: Past, reading: Reading, agoMs: number): number {
  let laterMs = 0;
  let laterKib = leftKib(reading);
  for (let back = 0; back < past.count; back++) {
    const at = placeOf(past, back);
    const earlierMs = reading.atMs - (past.samples[at] ?? 0);
    const earlierKib = past.samples[at + 1] ?? 0;
    if (earlierMs >= agoMs) {
      const part = (agoMs - laterMs) / Math.max(1, earlierMs - laterMs);
      return laterKib + (earlierKib - laterKib) * part;
    }
    laterMs = earlierMs;
    laterKib = earlierKib;
  }
  return laterKib;
}

/** Whether it is the doing of who would be killed: of one, or of several of one making. */
export function isTheirs({ taker }: Selection, room: number): boolean {
  return (
    taker !== null &&
    taker.latelyShare >= limits.TAKER_SHARE &&
    taker.growingShare >= limits.GROWING_SHARE &&
    taker.tookKib >= room * limits.FAR_TAKEN_SHARE &&
    taker.mostKib >= room
  );
}

/** Who takes memory at a look, how much that is, and what is left then; KiB. */
export interface Suspect {
  readonly atMs: number;
  readonly who: string;
  readonly sizeKib: number;
  readonly leftKib: number;
}

/** The one that a selection suspects: its group, or the process itself. */
export function suspectOf({ group, taker, victims }: Selection, reading: Reading): Suspect {
  const [victim] = victims;
  const one = victim === undefined ? "" : identityOf(victim.process);
  return {
    atMs: reading.atMs,
    who: group === null ? one : `${group.tie} ${group.id}`,
    sizeKib: taker?.sizeKib ?? 0,
    leftKib: leftKib(reading),
  };
}

/**
 * Whether the same took most of what was lost since a look a moment ago: what somebody took since
 * memory was comfortable says nothing of now.
 */
export function goesOn(before: Suspect, now: Suspect): boolean {
  const lostKib = before.leftKib - now.leftKib;
  const isMost = now.sizeKib - before.sizeKib >= lostKib * limits.TAKER_SHARE;
  const isSame = before.who === now.who && now.atMs - before.atMs <= limits.FAR_LEAST_MS;
  return isSame && lostKib > 0 && isMost;
}

/**
 * Whether somebody of whom was warned has stopped, while others take what is left: nothing of what
 * was lost of late is theirs, and they are none of those.
 */
export function hasStopped(warned: string, { candidates, victims }: Selection): boolean {
  const isThat = ({ process }: Candidate) => identityOf(process) === warned;
  const found = candidates.find(isThat);
  return found !== undefined && !victims.some(isThat) && found.latelyShare < limits.STOPPED_SHARE;
}

/** Whether the rule `leak`, which has its doubts about these, needs but little more to be sure. */
export function isNearlySure(selection: Selection, view: View): boolean {
  const taker = takerOfLate(selection);
  const share = limits.NEAR_SHARE;
  // A browser's tabs have what they want one after the other: of several, no time is spared.
  const timeShare = taker.count > 1 && !taker.isStorm ? 1 : share;
  const evidence = { stallMs: 0, share: timeShare };
  return expectedKib(taker, view, evidence) >= reallyLeftKib(view.course, view.reading) * share;
}
