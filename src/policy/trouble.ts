import * as limits from "../model/limits.ts";
import { leftKib, noteStepKib, type Reading } from "../model/reading.ts";
import { type Course, lastStallUs, LEFTS_LENGTH } from "./course.ts";

const NO_TROUBLE: Trouble = { stallMs: 0, fullStallMs: 0, ownRateKibPerS: 0 };
/** What was left is remembered no more often: 64 looks are all of the last seconds. */
const LEFT_STEP_MS = 50;
/** How fast memory went before it was low is told by no less than this. */
const BEFORE_MS = 400;
/** What is left trembles by no more than this share of a step of loss, MOST_STEP_KIB at most. */
const SHRUNK_STEPS = 1 / 4;
/** Looks that are further apart tell no rate. */
const STALE_MS = 3_000;

/** The present trouble: since memory became low. */
export interface Trouble {
  /** How long some task has waited for memory since, milliseconds. */
  readonly stallMs: number;
  /** How long all that had anything to do waited at once. */
  readonly fullStallMs: number;
  /** How fast memory went before, KiB per second; 0 when unknown. */
  readonly ownRateKibPerS: number;
}

/** Remembers what is left, at a look of any depth. */
export function rememberLeft(course: Course, reading: Reading): void {
  keepLeft(course, reading.atMs, leftKib(reading));
}

/** Remembers that so much was left all the time since, as if there had been looks. */
export function rememberUnmoved(course: Course, reading: Reading, sinceMs: number): void {
  const left = leftKib(reading);
  const fromMs = reading.atMs - STALE_MS > sinceMs ? reading.atMs - STALE_MS : sinceMs;
  for (let atMs = fromMs; atMs < reading.atMs; atMs += limits.NEAR_LOOK_MS) {
    keepLeft(course, atMs, left);
  }
  keepLeft(course, reading.atMs, left);
}

function keepLeft(course: Course, atMs: number, left: number): void {
  const sinceMs = atMs - (course.lefts[course.newestLeft] ?? 0);
  if (sinceMs >= 0 && sinceMs < LEFT_STEP_MS) {
    return;
  }
  const at = (course.newestLeft + 2) % LEFTS_LENGTH;
  course.lefts[at] = atMs;
  course.lefts[at + 1] = left;
  course.newestLeft = at;
}

/**
 * How fast memory went before this look at the most, KiB per second; 0 when unknown. Reclaim slows
 * it down before memory is low.
 */
function rateBefore({ lefts, newestLeft }: Course, reading: Reading): number {
  let fastest = 0;
  for (let back = 0; back < LEFTS_LENGTH; back += 2) {
    const at = (newestLeft - back + LEFTS_LENGTH) % LEFTS_LENGTH;
    const agoMs = reading.atMs - (lefts[at] ?? 0);
    if ((lefts[at] ?? 0) === 0 || agoMs > STALE_MS) {
      return fastest;
    }
    const lostKib = (lefts[at + 1] ?? 0) - leftKib(reading);
    if (agoMs >= BEFORE_MS && 1000 * lostKib > fastest * agoMs) {
      fastest = (1000 * lostKib) / agoMs;
    }
  }
  return fastest;
}

/** What is known of the present trouble; all is 0 while there is none. */
export function troubleOf(course: Course, reading: Reading): Trouble {
  if (course.troubleAtMs === -Infinity) {
    return NO_TROUBLE;
  }
  return {
    stallMs: (reading.someTotalUs - course.troubleStallUs) / 1000,
    fullStallMs: (reading.fullTotalUs - course.troubleFullUs) / 1000,
    ownRateKibPerS: course.ownRateKibPerS,
  };
}

/**
 * Notes when trouble begins, because memory is low, and when it is over. Where memory is low for
 * days, as on many a server, it begins anew when tasks have hardly stalled for a while, and when
 * they did, but nothing was taken meanwhile: as beside a cgroup at its own limit.
 */
export function noteTrouble(course: Course, reading: Reading, isLow: boolean): void {
  if (!isLow) {
    course.troubleAtMs = -Infinity;
    return;
  }
  const isUntaken = hasNotShrunk(course, reading);
  const isNew = isQuiet(course, reading) || course.troubleAtMs === -Infinity;
  if (isNew || isUntaken) {
    course.troubleAtMs = reading.atMs;
    // It began somewhere between two looks. Who looks less often, as a recording does, must not
    // come to the same decision later: by then a victim of the recorded daemon is ending.
    course.troubleStallUs = reading.someTotalUs - lastStallUs(course, limits.NEAR_LOOK_MS);
    course.troubleFullUs = reading.fullTotalUs;
    course.stalledAtMs = reading.atMs;
    course.stalledUs = reading.someTotalUs;
    course.shrunkAtMs = reading.atMs;
    course.shrunkKib = leftKib(reading);
  }
  if (isNew) {
    // Of a time in which tasks stalled, they would tell nothing.
    course.ownRateKibPerS = rateBefore(course, reading);
    course.suspectPid = 0;
    course.suspectBusyShare = 0;
  }
}

/** Whether tasks have stalled for no more than a moment in some seconds. */
function isQuiet(course: Course, { atMs, someTotalUs }: Reading): boolean {
  if (someTotalUs - course.stalledUs > 1000 * limits.QUIET_STALL_MS) {
    course.stalledAtMs = atMs;
    course.stalledUs = someTotalUs;
  }
  return atMs - course.stalledAtMs >= limits.QUIET_MS;
}

/** Whether what is left has not become less in some seconds. */
function hasNotShrunk(course: Course, reading: Reading): boolean {
  const left = leftKib(reading);
  const stepKib = Math.min(noteStepKib(reading), limits.MOST_STEP_KIB);
  if (left < course.shrunkKib - stepKib * SHRUNK_STEPS) {
    course.shrunkAtMs = reading.atMs;
    course.shrunkKib = left;
  }
  return reading.atMs - course.shrunkAtMs >= limits.QUIET_MS;
}

/** After so much stall more is believed of a suspect at once; `LEAK_PATIENCE` goes by degrees. */
const BELIEF_STALLS_MS: readonly number[] = [
  limits.LEAK_STALL_MS,
  limits.STEADY_GROUP_STALL_MS,
  ...limits.GIANTS.flatMap(({ patience }) => patience.map(([stallMs]) => stallMs)),
];

/** How long until more is believed of a suspect, at the least; milliseconds, or Infinity. */
export function untilBelievedMs(course: Course, reading: Reading): number {
  const { stallMs } = troubleOf(course, reading);
  let leastMs = Infinity;
  for (const beliefMs of BELIEF_STALLS_MS) {
    const untilMs = beliefMs - stallMs;
    leastMs = untilMs > 0 && untilMs < leastMs ? untilMs : leastMs;
  }
  return leastMs;
}
