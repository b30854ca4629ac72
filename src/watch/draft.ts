import { Errno } from "../model/errno.ts";
import { type Holders, noteHolder } from "../model/holders.ts";
import { inSwapKib, noteStepKib, type Reading, untakenKib } from "../model/reading.ts";
import { growSizes, placeOf, type Sizes } from "../model/sizes.ts";
import { newSharedKib } from "../readings/growth.ts";
import { readOwnMemory, readStatus } from "../readings/process-memory.ts";
import { MS_PER_TICK } from "../readings/process-stat.ts";
import { wholeNumber } from "../readings/text.ts";
import type { Sys } from "../sys/sys.ts";
import { keptFrom, type Known } from "./carried.ts";
import { addToTrickle, nextTrickle, type Trickle } from "./trickle.ts";

/** Page tables of this share of RAM are many: an ordinary process has a 500th of what it has. */
const MANY_TABLES = 1 / 64;

/** A note that is being written, and those that were written before. */
export interface Drafting {
  /** When memory was comfortable last. */
  base: Sizes;
  newer: Sizes;
  holders: Holders;
  /** Filled slice by slice, so that looks go on meanwhile; when done it becomes what `as` names. */
  draft: Sizes;
  as: "base" | "newer" | "nothing";
  /** Where the draft goes on, negative while they are listed; how long the last one took in all. */
  next: number;
  tookMs: number;
  readonly trickle: Trickle;
  /** What the base that is being written goes on from, what it keeps, KiB, and since when. */
  known: Known | null;
  keptKib: number;
  keptSinceMs: number;
}

/** Begins a note of how things are now. */
export function beginDraft(sys: Sys, ledger: Drafting, reading: Reading): void {
  const { draft } = ledger;
  draft.count = 0;
  draft.atMs = reading.atMs;
  // Start times are rounded down to a tick: who starts later in it is not in this note.
  draft.bootMs = sys.bootMs() - MS_PER_TICK;
  draft.leftKib = untakenKib(reading);
  draft.shmemKib = reading.shmemKib;
  draft.slabKib = reading.slabKib;
  draft.hugetlbKib = reading.hugetlbKib;
  draft.lockedKib = reading.lockedKib;
  draft.tablesKib = reading.tablesKib;
  draft.nobodysSwapKib = inSwapKib(reading);
  ledger.next = UNLISTED;
  ledger.tookMs = 0;
  ledger.keptKib = 0;
  ledger.keptSinceMs = draft.atMs;
  nextTrickle(ledger.trickle, ledger.as === "base");
}

/** Nobody is listed yet; and some are. */
const UNLISTED = -2;
const LISTING = -1;

/** Lists who is to be noted until this time; false while there are more. */
function list(sys: Sys, ledger: Drafting, untilMs: number): boolean {
  const { draft } = ledger;
  for (let isMore = ledger.next === LISTING; ; isMore = true) {
    const count = sys.listProcesses(isMore);
    if (count !== -Errno.EAGAIN) {
      take(sys, draft, count < 0 ? 0 : count);
      ledger.next = 0;
      return true;
    }
    ledger.next = LISTING;
    if (sys.nowMs() >= untilMs) {
      return false;
    }
  }
}

function take(sys: Sys, draft: Sizes, count: number): void {
  if (count > draft.pids.length) {
    growSizes(draft, count * 2);
  }
  for (let i = 0; i < count; i++) {
    draft.pids[i] = sys.pids[i] ?? 0;
  }
  draft.count = count;
}

/** Processes that are noted between two looks at the clock. */
const CLOCK_EVERY = 16;

/** Notes sizes until this time; true when all are noted. */
export function writeDraft(sys: Sys, ledger: Drafting, reading: Reading, untilMs: number): boolean {
  const { draft } = ledger;
  if (ledger.next < 0 && !list(sys, ledger, untilMs)) {
    return false;
  }
  while (ledger.next < draft.count) {
    noteOne(sys, ledger, ledger.next, reading);
    ledger.next++;
    if (ledger.next % CLOCK_EVERY === 0 && sys.nowMs() >= untilMs) {
      return ledger.next >= draft.count;
    }
  }
  return true;
}

function noteOne(sys: Sys, ledger: Drafting, at: number, reading: Reading): void {
  const { as, base, draft: into, holders } = ledger;
  const { swapFreeKib, swapTotalKib } = reading;
  const pid = into.pids[at] ?? 0;
  const score =
    swapTotalKib > 0 ? wholeNumber(sys.text, sys.readProcessFile(pid, "oom_score"), 0) : 0;
  into.scores[at] = score < 0 ? 0 : score;
  into.ownTablesKib[at] = 0;
  if (swapFreeKib === swapTotalKib && reading.tablesKib < reading.totalKib * MANY_TABLES) {
    // Nothing lies in swap, and this file is the quickest to read.
    const { ownKib, sharedKib } = readOwnMemory(sys, pid);
    into.ownKib[at] = ownKib;
    into.sharedKib[at] = sharedKib;
    noteGrowth(ledger, at, ownKib);
    return;
  }
  // Only of who has a score a thread may have what the first one is not shown to have any more.
  const status = readStatus(sys, pid, score > 0 ? 2 : 1);
  const { anonKib, fileKib, shmemKib, swapKib, tablesKib, uid } = status;
  const ownKib = uid < 0 ? -1 : anonKib + swapKib;
  into.ownKib[at] = ownKib;
  into.ownTablesKib[at] = tablesKib;
  into.sharedKib[at] = fileKib + shmemKib;
  noteGrowth(ledger, at, ownKib);
  into.nobodysSwapKib -= swapKib;
  if (as === "newer" && shmemKib > noteStepKib(reading)) {
    // Who was started since the base has its whole size from then on.
    const startMs = placeOf(base, pid) < 0 ? Infinity : 0;
    const grownKib = newSharedKib(base, pid, startMs, fileKib + shmemKib);
    noteHolder(holders, pid, Math.min(shmemKib, grownKib), into.bootMs);
  }
}

/**
 * Notes with what somebody was noted first, and how much it took since the notes before. In a base,
 * from what its growth counts: all at once that would take longer than a slice.
 */
function noteGrowth(ledger: Drafting, at: number, ownKib: number): void {
  const { as, base, draft, known, newer, trickle } = ledger;
  const pid = draft.pids[at] ?? 0;
  if (as === "newer") {
    addToTrickle(trickle, base, newer.count > 0 ? newer : base, pid, ownKib);
  }
  const before = as === "newer" ? placeOf(newer, pid) : -1;
  // Who was gone when it was to be noted has nothing.
  const isKnown = before >= 0 && (newer.firstKib[before] ?? -1) >= 0;
  const kept = known === null ? -1 : keptFrom(known, draft, at);
  const fromKib = kept < 0 ? ownKib : (base.ownKib[kept] ?? 0);
  const sinceMs = kept < 0 ? draft.atMs : (base.sinceMs[kept] ?? 0);
  // No process has such a score: a scan reads who took so much, whatever its score is by then.
  draft.scores[at] = kept < 0 ? (draft.scores[at] ?? 0) : -1;
  ledger.keptKib += ownKib - fromKib;
  ledger.keptSinceMs = sinceMs < ledger.keptSinceMs ? sinceMs : ledger.keptSinceMs;
  draft.sinceMs[at] = sinceMs;
  draft.firstKib[at] = isKnown ? (newer.firstKib[before] ?? 0) : fromKib;
  draft.firstMs[at] = isKnown ? (newer.firstMs[before] ?? 0) : draft.bootMs;
}
