import * as limits from "../model/limits.ts";
import { leftKib, type Reading } from "../model/reading.ts";
import type { Sys } from "../sys/sys.ts";
import { Field, MS_PER_TICK, parseStat, statFields } from "./process-stat.ts";
import { readScores, scannedPids, scores } from "./scores.ts";
import { wholeNumber } from "./text.ts";

/**
 * Sizes of all processes at one moment, in the order of their pids, as `/proc` lists them: what
 * growth is measured from.
 * The arrays are filled again and again, so that noting allocates nothing.
 */
export interface Sizes {
  readonly pids: Int32Array;
  /** A pid's second use is another process. */
  readonly startMs: Float64Array;
  readonly kib: Float64Array;
  readonly scores: Int16Array;
  count: number;
  /** Available memory and free swap at that moment. */
  leftKib: number;
}

export function emptySizes(): Sizes {
  const length = scannedPids.length;
  return {
    pids: new Int32Array(length),
    startMs: new Float64Array(length),
    kib: new Float64Array(length),
    scores: new Int16Array(length),
    count: 0,
    leftKib: 0,
  };
}

/** Notes the size of every process; `totalKib` is RAM and swap together. */
export function noteSizes(sys: Sys, into: Sizes, totalKib: number): void {
  const count = readScores(sys);
  into.count = 0;
  for (let i = 0; i < count; i++) {
    const pid = scannedPids[i] ?? 0;
    const score = scores[i] ?? 0;
    if (score === 0) {
      continue;
    }
    const state = parseStat(sys.text, sys.readProcessFile(pid, "stat"));
    if (state === "") {
      continue;
    }
    const at = into.count++;
    into.pids[at] = pid;
    into.scores[at] = score;
    into.startMs[at] = (statFields[Field.startTicks] ?? 0) * MS_PER_TICK;
    const rssKib = readRssKib(sys, pid, state);
    into.kib[at] = Math.max(rssKib, scoredKib(score, readAdj(sys, pid), totalKib));
  }
}

/** Sizes of now and of before, so that growth is measured over one to two times of noting. */
export interface SizeNotes {
  older: Sizes;
  newer: Sizes;
  /** When the newer ones were noted. */
  atMs: number;
}

export function emptyNotes(): SizeNotes {
  return { older: emptySizes(), newer: emptySizes(), atMs: 0 };
}

/** What growth is measured from; null while nothing is noted. */
export function sizesOf({ newer, older }: SizeNotes): Sizes | null {
  const sizes = older.count > 0 ? older : newer;
  return sizes.count > 0 ? sizes : null;
}

export function forgetSizes({ newer, older }: SizeNotes): void {
  newer.count = 0;
  older.count = 0;
}

/** Notes who is how large, unless that was done a moment ago or what is left has not changed. */
export function keepSizes(sys: Sys, notes: SizeNotes, reading: Reading): void {
  if (notes.newer.count > 0 && !isOld(notes, reading)) {
    return;
  }
  const { older } = notes;
  notes.older = notes.newer;
  notes.newer = older;
  noteSizes(sys, older, reading.machineKib);
  notes.atMs = reading.atMs;
  older.leftKib = leftKib(reading);
}

function isOld(notes: SizeNotes, reading: Reading): boolean {
  const ageMs = reading.atMs - notes.atMs;
  if (ageMs <= limits.SIZES_MS) {
    return false;
  }
  const movedKib = Math.abs(leftKib(reading) - notes.newer.leftKib);
  const isMoved = movedKib * 100 > reading.totalKib * limits.SIZES_MOVED_PERCENT;
  return isMoved || ageMs > limits.OLD_SIZES_MS;
}

/** What a victim gave back is none of what somebody took since the sizes were noted. */
export function noteFreed({ newer, older }: SizeNotes, freedKib: number): void {
  newer.leftKib += freedKib;
  older.leftKib += freedKib;
}

/** Where a pid stands among sizes, or -1. */
function placeOf(sizes: Sizes, pid: number): number {
  let low = 0;
  let high = sizes.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sizes.pids[middle] ?? 0) < pid) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < sizes.count && sizes.pids[low] === pid ? low : -1;
}

/** A process's size when it was noted, KiB; 0 when it was not there. */
export function sizeBefore(sizes: Sizes, pid: number, startMs: number): number {
  const at = placeOf(sizes, pid);
  return at >= 0 && sizes.startMs[at] === startMs ? (sizes.kib[at] ?? 0) : 0;
}

/** Whether a pid had this score when sizes were noted: it has hardly grown since. */
export function hadScore(sizes: Sizes, pid: number, score: number): boolean {
  const at = placeOf(sizes, pid);
  return at >= 0 && sizes.scores[at] === score;
}

/** RSS of the process whose stat was parsed last, also when its first thread has ended; KiB. */
export function readRssKib(sys: Sys, pid: number, state: string): number {
  const isLed = state !== "Z" || (statFields[Field.threads] ?? 0) <= 1;
  const pages = isLed ? (statFields[Field.rssPages] ?? 0) : livingThreadPages(sys, pid);
  return pages * sys.pageKib;
}

/** All threads share their memory, but the kernel shows none for a first one that has ended. */
function livingThreadPages(sys: Sys, pid: number): number {
  const count = sys.listTasks(pid);
  const tids = sys.pids.slice(0, Math.max(0, count));
  for (const tid of tids) {
    const length = sys.readTaskStatm(pid, tid);
    const space = length > 0 ? sys.text.indexOf(32) : -1;
    const pages = space < 0 ? 0 : wholeNumber(sys.text, length, space + 1);
    if (pages > 0) {
      return pages;
    }
  }
  return 0;
}

/**
 * RSS, swap and page tables together, from what the kernel made of them:
 * `oom_score` = (1000 + adj + 1000 · size / total) · 2/3 since Linux 5.9; fs/proc/base.c.
 */
export function scoredKib(oomScore: number, oomScoreAdj: number, totalKib: number): number {
  return Math.max(0, ((oomScore * 1.5 - 1000 - oomScoreAdj) * totalKib) / 1000);
}

/** `oom_score_adj` of a process; `unknown` when it cannot be read. */
export function readAdj(sys: Sys, pid: number, unknown = 0): number {
  const length = sys.readProcessFile(pid, "oom_score_adj");
  const negative = sys.text[0] === 45;
  const value = wholeNumber(sys.text, length, negative ? 1 : 0);
  return value < 0 ? unknown : negative ? -value : value;
}
