import * as limits from "../../model/limits.ts";
import { availablePercent, type Reading, untakenKib } from "../../model/reading.ts";
import type { Taker } from "../../model/selection.ts";
import type { Acting, Verdict } from "../../model/verdict.ts";
import { type Course, lossKibPerS, stallPercent } from "../course.ts";
import { isLow, scarcity, stallsUpTo } from "../levels.ts";
import { reallyLeftKib } from "../really-left.ts";
import { isMachines } from "../reclaim.ts";
import { act, ALWAYS_LOW, CALM, type Rule, type View, witness } from "../rule.ts";
import { type Trouble, troubleOf } from "../trouble.ts";

/**
 * Somebody takes all that is left. Nobody knows how much a process wants; two things tell a leak
 * from a newcomer that settles, long before swap is full: it goes on at its own rate, however much
 * everybody waits, while a newcomer takes as fast as it can and has soon done; or it took so much
 * already that as much again will not fit.
 */
export const leak: Rule = {
  name: "leak",
  because: "memory is running out and tasks stall",
  asksUpTo: stallsUpTo,
  needsPressure: true,
  judge,
  confirm,
  scene: { options: ALWAYS_LOW, course: "shrinks" },
};

/** Tasks stall, and memory and swap together shrink: whose doing it is, a scan must tell. */
function judge({ course, options, reading }: View): Verdict {
  if (!isLow(reading, options)) {
    return CALM;
  }
  const still = stallPercent(course, limits.STILL_WINDOW_MS);
  if (still < options.psiPercent || !isMachines(course)) {
    return CALM;
  }
  const shrinks = lossKibPerS(course, limits.LOSS_WINDOW_MS) > 0;
  if (!shrinks && lossKibPerS(course, limits.STILL_WINDOW_MS) <= 0) {
    return CALM;
  }
  const available = availablePercent(reading);
  return act(leak, [
    witness("stall", still, options.psiPercent),
    witness("MemAvailable", available, scarcity(options, reading).softPercent),
  ]);
}

/** How long everybody has to have waited, and what share of the other times is enough. */
export interface Evidence {
  readonly stallMs: number;
  readonly share: number;
}

const ALL: Evidence = { stallMs: limits.LEAK_STALL_MS, share: 1 };

/** It is a leak when more is expected to be taken than is left. */
function confirm(verdict: Acting, taker: Taker, view: View): Verdict {
  const left = reallyLeftKib(view.course, view.reading);
  const wantedKib = expectedKib(taker, view, ALL);
  if (wantedKib < left) {
    return CALM;
  }
  const rest = witness("memory and swap left", left / 1024, wantedKib / 1024, "MiB");
  return { ...verdict, witnesses: [...verdict.witnesses, rest] };
}

/**
 * How much somebody is expected to take beside what they took, KiB: the more the longer everybody
 * waits for them, and more when they have taken for long, and go on at the rate that they had
 * before anybody waited, took half of all RAM, or took again what one of them gave back. Negative:
 * that is not known yet.
 */
export function expectedKib(taker: Taker, view: View, evidence: Evidence): number {
  if (taker.latelyShare < limits.TAKER_SHARE || taker.growingShare < limits.GROWING_SHARE) {
    return -1;
  }
  const { fullStallMs, ownRateKibPerS, stallMs } = troubleOf(view.course, view.reading);
  if (stallMs < evidence.stallMs) {
    return -1;
  }
  const { share } = evidence;
  const trouble = {
    ownRateKibPerS,
    stallMs: stallMs / share,
    fullStallMs: fullStallMs / share,
  };
  // One that took half of what it has since memory was comfortable has been at it for longer.
  const tookKib = taker.count > 1 ? taker.tookKib : Math.min(taker.sizeKib, 2 * taker.tookKib);
  const times = timesOf(taker, tookKib, view, trouble, share);
  return Math.min(tookKib / times, taker.mostKib);
}

/** How many times what is left somebody must have taken to be a leak. */
function timesOf(
  taker: Taker,
  tookKib: number,
  view: View,
  trouble: Trouble,
  share: number,
): number {
  const { reading } = view;
  // What one of a group gave back the others have taken again.
  const isAgain = untakenKib(reading) + reading.perCpuKib <= taker.struckKib;
  const { fullStallMs, stallMs } = trouble;
  const times =
    taker.isStorm || isAgain || isSteady(taker, view, trouble, share)
      ? limits.STEADY_TIMES
      : (ofGiant(taker, tookKib, reading, trouble) ?? patience(limits.LEAK_PATIENCE, stallMs));
  if (taker.isStorm || !mayHaveDone(taker, view, trouble)) {
    return times;
  }
  // Of many that work some task waits nearly always, while the others get on.
  const allMs = Math.max(fullStallMs, stallMs * limits.LEAST_FULL_SHARE);
  return Math.max(times, patience(limits.WORK_PATIENCE, taker.count > 1 ? allMs : stallMs));
}

function isBusy({ count }: Taker, { suspectBusyShare }: Course): boolean {
  return count === 1 && suspectBusyShare >= limits.BUSY_SHARE;
}

/**
 * Whether some take what they work on, as a linker does, or compilers, and there is time to see
 * whether they will soon have done.
 */
function mayHaveDone(
  taker: Taker,
  { course, reading }: View,
  { ownRateKibPerS }: Trouble,
): boolean {
  // The rate before may be somebody else's: what is lost now counts as well.
  const rateKibPerS = Math.max(ownRateKibPerS, lossKibPerS(course, limits.LOSS_WINDOW_MS));
  return (
    (taker.count > 1 || isBusy(taker, course)) &&
    ownRateKibPerS > 0 &&
    reallyLeftKib(course, reading) > (rateKibPerS * limits.LASTS_MS) / 1000
  );
}

/**
 * Programs that start take what they need fast, and within seconds; many that start one after the
 * other, such as a browser's, are given longer.
 */
function isSteady(taker: Taker, { course }: View, trouble: Trouble, share: number): boolean {
  const { count, tookKib } = taker;
  const { ownRateKibPerS, stallMs } = trouble;
  const leastMs = isBusy(taker, course) ? limits.BUSY_STEADY_MS : limits.STEADY_MS;
  // Who waits most of the time cannot go on as fast.
  const freeShare = 1 - stallPercent(course, limits.LOSS_WINDOW_MS) / 100;
  const leastShare = freeShare < limits.STEADY_SHARE ? freeShare : limits.STEADY_SHARE;
  const goesOn = lossKibPerS(course, limits.LOSS_WINDOW_MS) >= ownRateKibPerS * leastShare;
  return (
    (count === 1 || stallMs >= limits.STEADY_GROUP_STALL_MS) &&
    ownRateKibPerS > 0 &&
    tookKib >= (ownRateKibPerS * leastMs * share) / 1000 &&
    goesOn
  );
}

/** What is enough of one that took much of all RAM, and let everybody wait; null of others. */
function ofGiant(
  { count }: Taker,
  tookKib: number,
  { totalKib }: Reading,
  { stallMs }: Trouble,
): number | null {
  for (const giant of limits.GIANTS) {
    const isGiant = count === 1 && tookKib >= totalKib * giant.share;
    if (isGiant && stallMs >= giant.patience[0][0]) {
      return patience(giant.patience, stallMs);
    }
  }
  return null;
}

/** From the first to the last of these points, in a straight line between them. */
function patience(points: readonly (readonly [number, number])[], stallMs: number): number {
  let fromMs = 0;
  let from = 0;
  for (const [toMs, to] of points) {
    if (stallMs < toMs) {
      return from + ((to - from) * (stallMs - fromMs)) / Math.max(1, toMs - fromMs);
    }
    [fromMs, from] = [toMs, to];
  }
  return from;
}
