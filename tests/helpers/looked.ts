import type { Condition, Metric, Options } from "../../src/model/options.ts";
import type { Reading } from "../../src/model/reading.ts";
import type { Taker } from "../../src/model/selection.ts";
import type { Verdict } from "../../src/model/verdict.ts";
import { type Course, emptyCourse, remember } from "../../src/policy/course.ts";
import { isLow } from "../../src/policy/levels.ts";
import type { View } from "../../src/policy/rule.ts";
import { decide } from "../../src/policy/rules.ts";
import { noteTrouble, rememberLeft } from "../../src/policy/trouble.ts";
import { aReading, someOptions } from "./nouns.ts";

const TOTAL_KIB = 1_000_000;
const SWAP_KIB = 1_000_000;
const STEP_MS = 50;

/** How the last seconds went, evenly. */
export interface Past {
  readonly memPercent: number;
  /** Share of time in which some task stalled, and in which all did; percent. */
  readonly stall: number;
  readonly fullStall?: number;
  /** Memory that the machine itself evicted, percent of RAM per second; and how much came back. */
  readonly evicted?: number;
  readonly returnedPercent?: number;
  /** Of what was evicted: what came back from swap, and what tasks waited for to be read. */
  readonly swappedInPercent?: number;
  readonly majorPercent?: number;
  /** What nobody uses for anything; the rest of what is available holds files. */
  readonly freePercent?: number;
  /** By which that grows. */
  readonly freedKibPerS?: number;
  /** By which free swap shrinks, or with a minus grows. */
  readonly kibPerS?: number;
  readonly forMs?: number;
}

/** What a daemon knows that looked for so long. */
export interface Looked {
  readonly reading: Reading;
  readonly course: Course;
}

/** Looks at a machine that goes on like this; at first half of its swap is left in the end. */
export function after(past: Past, before: Looked | null = null): Looked {
  const course = before?.course ?? emptyCourse();
  const start = before?.reading ?? aReading();
  const { evicted = 0, forMs = 10_000, fullStall = 0, kibPerS = 0, memPercent, stall } = past;
  const fromKib = before === null ? SWAP_KIB / 2 + (forMs * kibPerS) / 1000 : start.swapFreeKib;
  let reading = start;
  for (let ms = before === null ? 0 : STEP_MS; ms <= forMs; ms += STEP_MS) {
    const pages = (((ms / 1000) * evicted) / 100) * (TOTAL_KIB / 4);
    reading = aReading({
      atMs: start.atMs + ms,
      totalKib: TOTAL_KIB,
      availableKib: (memPercent * TOTAL_KIB) / 100,
      freeKib:
        ((past.freePercent ?? memPercent / 2) * TOTAL_KIB) / 100 +
        (ms * (past.freedKibPerS ?? 0)) / 1000,
      swapTotalKib: SWAP_KIB,
      swapFreeKib: fromKib - (ms * kibPerS) / 1000,
      someAvg10: stall,
      someTotalUs: start.someTotalUs + 10 * ms * stall,
      fullTotalUs: start.fullTotalUs + 10 * ms * fullStall,
      evicted: start.evicted + pages,
      refaults: start.refaults + (pages * (past.returnedPercent ?? 0)) / 100,
      swapIns: start.swapIns + (pages * (past.swappedInPercent ?? 0)) / 100,
      majorFaults: start.majorFaults + (pages * (past.majorPercent ?? 0)) / 100,
      allocStalls: start.allocStalls + (evicted > 0 ? ms : 0),
    });
    rememberLeft(course, reading);
    remember(course, reading);
    noteTrouble(course, reading, isLow(reading, someOptions()));
  }
  return { reading, course };
}

/** What rules judge by. */
export function viewOf(looked: Looked, options: Partial<Options> = {}): View {
  return { ...looked, options: someOptions(options) };
}

export function judged(looked: Looked, options: Partial<Options> = {}): Verdict {
  return decide(viewOf(looked, options));
}

/** `calm`, or the rule that acts. */
export function ruleOf(verdict: Verdict): string {
  return verdict.kind === "calm" ? "calm" : verdict.rule;
}

/** `calm`, `term` or `kill`. */
export function urgencyOf(verdict: Verdict): string {
  return verdict.kind === "calm" ? "calm" : verdict.urgency;
}

/** One who took all that was lost. */
export function aTaker(tookKib: number, changes: Partial<Taker> = {}): Taker {
  const all = { sizeKib: tookKib, tookKib, share: 1, latelyShare: 1, growingShare: 1 };
  return {
    count: 1,
    isStorm: false,
    pid: 100,
    busyShare: 0,
    pace: -1,
    faultShare: -1,
    confinedShare: 0,
    struckKib: -1,
    mostKib: Infinity,
    ...all,
    ...changes,
  };
}

/** A condition, such as `mem <= 10 and psi.some > 5`. */
export function condition(text: string): Condition {
  const allOf = text.split(" and ").map((part) => {
    const [, metric = "", operator = "", value] = /^([\w.]+) ([<>]=?) (.*)$/.exec(part) ?? [];
    return { metric: metric as Metric, operator: operator as "<=", value: Number(value) };
  });
  return { text, allOf };
}

/** What is in use does not fit: all wait, and what is evicted comes back. */
export const THRASHING: Past = { memPercent: 8, stall: 60, evicted: 5, returnedPercent: 100 };
/** Somebody takes all that is left, and it comes from others who do not need it at once. */
export const LEAKING: Past = {
  memPercent: 5.5,
  stall: 60,
  kibPerS: 20_000,
  evicted: 5,
  returnedPercent: 10,
};
/** Hardly anything goes on, and nothing comes of it. */
export const FROZEN: Past = { memPercent: 4, stall: 95, evicted: 5, returnedPercent: 20 };
