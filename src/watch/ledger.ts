import * as limits from "../model/limits.ts";
import {
  availablePercent,
  Depth,
  noteStepKib,
  type Reading,
  untakenKib,
} from "../model/reading.ts";
import { type Asked, isComfortable } from "../model/asked.ts";
import { emptyHolders, forgetHolders } from "../model/holders.ts";
import { copySizes, emptySizes, type Sizes } from "../model/sizes.ts";
import type { Sys } from "../sys/sys.ts";
import type { Known } from "./carried.ts";
import { beginDraft, type Drafting, writeDraft } from "./draft.ts";
import type { Machine } from "./look.ts";
import { emptyTrickle, isTrickle } from "./trickle.ts";

/**
 * What is remembered of sizes, for the question who took what was lost: since memory was
 * comfortable last, and of late. Both are kept while victims are killed.
 */
export interface Ledger extends Drafting {
  /** Since then something was lost that is worth the name; the newer one takes its place. */
  older: Sizes;
  /** What victims gave back that they had before the base: nobody's growth makes up for it. */
  freedKib: number;
  /** What those who go on growing had taken when the base was noted, KiB, and since when. */
  carriedKib: number;
  sinceMs: number;
  /** When memory was plenty last, or -Infinity, and how much was left at least, KiB. */
  plentyAtMs: number;
  plentyKib: number;
  /** Whether the base is the first note since then; since when a choice waits for it, or -1. */
  isFirst: boolean;
  awaitedAtMs: number;
  /** Whether memory was comfortable at the look before. */
  wasComfortable: boolean;
  /** Whether it was not at some look between the base and the look before. */
  wasShort: boolean;
  /** The least that was left since the base, and when that was. */
  lowestKib: number;
  lowestAtMs: number;
  /** Whether others than those who took most since the base take what is lost of late. */
  isTrickle: boolean;
  /** RAM and swap at the look before, KiB. */
  allKib: number;
}

/** Processes that there is room for before the arrays must grow. */
const ROOM = 1024;

/** A ledger of nothing, with room for so many processes. */
export function emptyLedger(room = ROOM): Ledger {
  return {
    base: emptySizes(room),
    older: emptySizes(room),
    newer: emptySizes(room),
    holders: emptyHolders(),
    draft: emptySizes(room),
    as: "nothing",
    next: 0,
    tookMs: 0,
    known: null,
    keptKib: 0,
    keptSinceMs: 0,
    freedKib: 0,
    carriedKib: 0,
    sinceMs: 0,
    plentyAtMs: -Infinity,
    plentyKib: 0,
    isFirst: false,
    awaitedAtMs: -1,
    wasComfortable: false,
    wasShort: false,
    lowestKib: Infinity,
    lowestAtMs: 0,
    isTrickle: false,
    trickle: emptyTrickle(),
    allKib: 0,
  };
}

/** Whether the ledger is being written: the next look must not be far away. */
export function isNoting({ as }: Ledger): boolean {
  return as !== "nothing";
}

/**
 * Keeps the ledger after a look: notes who is how large when memory is comfortable for the last
 * time, and then each time that something is lost. Never longer at a time than a slice.
 */
export function keepLedger(
  sys: Sys,
  ledger: Ledger,
  machine: Machine,
  reading: Reading,
  asked: Asked,
): void {
  if (reading.depth === Depth.free) {
    // Plenty: what is noted is of no use when memory begins to run out.
    ledger.as = "nothing";
    ledger.base.count = 0;
    ledger.plentyAtMs = reading.atMs;
    ledger.plentyKib = untakenKib(reading);
    ledger.awaitedAtMs = -1;
    return;
  }
  if (ledger.as === "nothing") {
    ledger.as = dueNote(ledger, reading, asked);
    if (ledger.as === "nothing") {
      return;
    }
    ledger.known = knownOf(ledger);
    beginDraft(sys, ledger, reading);
  }
  const startMs = sys.nowMs();
  const isWritten = writeDraft(sys, ledger, reading, startMs + limits.NOTE_SLICE_MS);
  ledger.tookMs += sys.nowMs() - startMs;
  if (isWritten) {
    finishDraft(ledger, machine);
  }
}

/**
 * What is to be noted now. The base is noted anew when memory was comfortable a moment ago, when
 * nothing of what was lost is missing any more, and when for long nothing was lost: what happened
 * before, the machine lives with.
 */
function dueNote(ledger: Ledger, reading: Reading, asked: Asked): Ledger["as"] {
  const { base, newer } = ledger;
  const left = untakenKib(reading);
  const stepKib = noteStepKib(reading);
  // Less than a step is no loss that goes on: what is left trembles. Nor is what trickles away, as
  // to a log, where it is little of what others took before: else that would never be over.
  const baseLeftKib = base.leftKib - ledger.carriedKib;
  const tenthKib = (baseLeftKib - ledger.lowestKib) * limits.TRICKLE_SHARE;
  const leastKib = ledger.isTrickle && tenthKib > stepKib ? tenthKib : stepKib;
  if (left < ledger.lowestKib - leastKib) {
    ledger.lowestKib = left;
    ledger.lowestAtMs = reading.atMs;
  }
  // Where most was lost between two looks, who has what now is no beginning.
  const isLeft =
    ledger.wasComfortable && !isComfortable(reading, asked) && isComfortable(reading, asked, 1);
  ledger.wasShort ||= !ledger.wasComfortable;
  ledger.wasComfortable = isComfortable(reading, asked);
  if (base.count === 0) {
    return "base";
  }
  const isMoved =
    Math.abs(left - baseLeftKib) > stepKib || baseLeftKib - ledger.lowestKib > stepKib;
  const everyMs = isLeft ? restMs(ledger, limits.NOTE_MS) : baseEveryMs(ledger, reading, asked);
  if (isMoved && reading.atMs - base.atMs >= everyMs) {
    return "base";
  }
  const isDue = reading.atMs - newer.atMs >= restMs(ledger, limits.NOTE_MS);
  const isLost = Math.abs(left - newer.leftKib) > stepKib;
  return isDue && isLost && !isComfortable(reading, asked) ? "newer" : "nothing";
}

/** With many processes noting takes long; it may take no more than a small part of the time. */
function restMs({ tookMs }: Ledger, leastMs: number): number {
  const ms = tookMs * limits.NOTE_REST;
  return ms > leastMs ? ms : leastMs;
}

/** How often the base may be noted anew; Infinity while it is to stay. */
function baseEveryMs(ledger: Ledger, reading: Reading, asked: Asked): number {
  const { base, lowestAtMs } = ledger;
  if (isComfortable(reading, asked)) {
    return restMs(ledger, limits.NOTE_FAR_MS);
  }
  const isBack = untakenKib(reading) >= base.leftKib - ledger.carriedKib + ledger.freedKib;
  const tookMs = Math.max(lowestAtMs - base.atMs, limits.SHORTEST_LOSS_MS);
  const isOver = reading.atMs - lowestAtMs >= tookMs * limits.QUIET_TIMES;
  return isBack || (isOver && availablePercent(reading) > asked.memPercent)
    ? restMs(ledger, limits.NOTE_MS)
    : Infinity;
}

function finishDraft(ledger: Ledger, machine: Machine): void {
  const { as, draft, newer, older } = ledger;
  ledger.as = "nothing";
  // Processes were read after the whole.
  draft.nobodysSwapKib = Math.max(0, draft.nobodysSwapKib);
  if (as === "base") {
    ledger.isFirst = ledger.base.count === 0;
    forgetHolders(ledger.holders);
    beginAnew(ledger);
    ledger.freedKib = 0;
    ledger.lowestKib = draft.leftKib - ledger.carriedKib;
    ledger.lowestAtMs = draft.atMs;
    ledger.isTrickle = false;
    machine.quietShmemKib = draft.shmemKib;
    return;
  }
  ledger.isTrickle = isTrickle(ledger.trickle, newer.count > 0 ? newer : ledger.base, draft);
  ledger.draft = older;
  ledger.older = newer;
  ledger.newer = draft;
}

/** What a new base goes on from: what was taken in comfort all the time, the machine lives with. */
function knownOf(ledger: Ledger): Known | null {
  const { as, base, lowestKib, wasShort } = ledger;
  const leastKib = (base.leftKib - lowestKib) * limits.TRICKLE_SHARE;
  return as === "base" && base.count > 0 && wasShort
    ? { base, recent: recentSizes(ledger), leastKib }
    : null;
}

/** The draft becomes the base; who goes on growing keeps what it had at the base before. */
function beginAnew(ledger: Ledger): void {
  const { base, draft, keptKib, newer, older } = ledger;
  const asIs = recentSizes(ledger) === newer ? older : newer;
  const { firstKib, ownKib } = draft;
  copySizes(draft, asIs);
  asIs.firstKib.set(ownKib);
  draft.ownKib = firstKib;
  draft.firstKib = ownKib;
  draft.leftKib += keptKib;
  ledger.carriedKib = keptKib;
  ledger.wasShort = false;
  ledger.sinceMs = ledger.keptSinceMs;
  ledger.draft = base;
  ledger.base = draft;
  ledger.older = asIs === newer ? older : newer;
  ledger.newer = asIs;
  ledger.older.count = 0;
  // Where the base is as things are, there is nothing else of late.
  asIs.count = keptKib > 0 ? asIs.count : 0;
}

/** What somebody took of late is measured from this: no younger than one step of loss. */
export function recentSizes({ base, newer, older }: Ledger): Sizes {
  return older.count > 0 ? older : newer.count > 0 ? newer : base;
}
