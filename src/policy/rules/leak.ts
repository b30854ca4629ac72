import * as limits from "../../model/limits.ts";
import { availablePercent, leftKib, type Reading } from "../../model/reading.ts";
import type { Taker } from "../../model/selection.ts";
import type { Acting, Verdict } from "../../model/verdict.ts";
import { type Course, isMachines, lossKibPerS, stallPercent } from "../course.ts";
import { isLow, scarcity } from "../levels.ts";
import { act, CALM, type Rule, type View, witness } from "../rule.ts";
import { type Trouble, troubleOf } from "../trouble.ts";

const NEVER = { softPercent: -1, hardPercent: -1 };

/**
 * Somebody takes all that is left. Nobody knows how much a process wants; two things tell a leak
 * from a newcomer that settles, long before swap is full: it goes on at its own rate, however much
 * everybody waits, while a newcomer takes as fast as it can and has soon done; or it took so much
 * already that as much again will not fit.
 */
export const leak: Rule = {
  name: "leak",
  because: "memory is running out and tasks stall",
  asksUpTo: (options, reading) =>
    options.psiPercent > 0 ? scarcity(options, reading).softPercent : 0,
  needsPressure: true,
  judge,
  confirm,
  scene: {
    options: { mem: { softPercent: 100, hardPercent: -1 }, swap: NEVER, psiPercent: 1.25 },
    course: "shrinks",
  },
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

/**
 * How much the taker may take, as a share of what is left, before it is a leak: less and less the
 * longer everybody waits for it, and less still when it has taken for long, and goes on at the rate
 * that it had before anybody waited, or took half of all RAM.
 */
function confirm(verdict: Acting, taker: Taker, { course, reading }: View): Verdict {
  if (taker.latelyShare < limits.TAKER_SHARE || taker.growingShare < limits.GROWING_SHARE) {
    return CALM;
  }
  const left = leftKib(reading);
  const trouble = troubleOf(course, reading);
  if (trouble.stallMs < limits.LEAK_STALL_MS) {
    return CALM;
  }
  // One that took half of what it has since memory was comfortable has been at it for longer.
  const tookKib = taker.count > 1 ? taker.tookKib : Math.min(taker.sizeKib, 2 * taker.tookKib);
  const isSure = taker.isStorm || isSteady(taker, course, trouble);
  const times = isSure ? limits.STEADY_TIMES : timesOf(taker, tookKib, reading, trouble);
  const wantedKib = tookKib / times;
  if (wantedKib < left) {
    return CALM;
  }
  const rest = witness("memory and swap left", left / 1024, wantedKib / 1024, "MiB");
  return { ...verdict, witnesses: [...verdict.witnesses, rest] };
}

/**
 * Programs that start take what they need fast, and within seconds; many that start one after the
 * other, such as a browser's, are given longer.
 */
function isSteady(taker: Taker, course: Course, { ownRateKibPerS, stallMs }: Trouble): boolean {
  const { count, tookKib } = taker;
  const isBusy = count === 1 && course.suspectBusyShare >= limits.BUSY_SHARE;
  const leastMs = isBusy ? limits.BUSY_STEADY_MS : limits.STEADY_MS;
  // Who waits most of the time cannot go on as fast.
  const freeShare = 1 - stallPercent(course, limits.LOSS_WINDOW_MS) / 100;
  const leastShare = freeShare < limits.STEADY_SHARE ? freeShare : limits.STEADY_SHARE;
  const goesOn = lossKibPerS(course, limits.LOSS_WINDOW_MS) >= ownRateKibPerS * leastShare;
  return (
    (count === 1 || stallMs >= limits.STEADY_GROUP_STALL_MS) &&
    ownRateKibPerS > 0 &&
    tookKib >= (ownRateKibPerS * leastMs) / 1000 &&
    goesOn
  );
}

/** How many times what is left somebody must have taken who is not known to be a leak. */
function timesOf(
  { count }: Taker,
  tookKib: number,
  { totalKib }: Reading,
  { stallMs }: Trouble,
): number {
  const isGiant = count === 1 && tookKib >= totalKib * limits.GIANT_SHARE;
  return isGiant && stallMs >= limits.GIANT_STALL_MS ? limits.GIANT_TIMES : patience(stallMs);
}

/** From the first to the last of these points, in a straight line between them. */
function patience(stallMs: number): number {
  let fromMs = 0;
  let from = 0;
  for (const [toMs, to] of limits.LEAK_PATIENCE) {
    if (stallMs < toMs) {
      return from + ((to - from) * (stallMs - fromMs)) / Math.max(1, toMs - fromMs);
    }
    [fromMs, from] = [toMs, to];
  }
  return from;
}
