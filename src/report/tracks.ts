import type { Incident, LimitsInForce, LookColumns } from "../model/incident.ts";
import { availablePercent, type Shares, usableKib } from "../model/reading.ts";
import { Mark } from "../model/recorded.ts";
import { sizeText } from "./units.ts";

/** One measured value; `value` is in percent. */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** A curve: what it shows, its points in ascending order, and the limits to draw into it. */
export interface Track {
  readonly name: string;
  /** Of what the percentages are. */
  readonly of: string;
  readonly points: readonly Point[];
  readonly limits: readonly { readonly name: string; readonly percent: number }[];
  /** A rule acts below its limit (memory, swap) or above it (stalls). */
  readonly actsBelow: boolean;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

type Limits = Pick<
  LimitsInForce,
  "memSoftPercent" | "memHardPercent" | "swapSoftPercent" | "swapHardPercent" | "stallPercent"
>;

function limitsOf(soft: number, hard: number): Track["limits"] {
  return [
    ...(soft > 0 ? [{ name: "SIGTERM", percent: soft }] : []),
    ...(hard > 0 ? [{ name: "SIGKILL", percent: hard }] : []),
  ];
}

function at(column: readonly number[], index: number): number {
  return column[index] ?? 0;
}

/** What a recorded look says of memory. */
export function sharesAt(looks: LookColumns, i: number): Shares {
  return {
    availableKib: at(looks.availableKib, i),
    perCpuKib: 0,
    setAsideKib: at(looks.setAsideKib, i),
    totalKib: at(looks.totalKib, i),
  };
}

function swapPoint(looks: LookColumns, i: number): Point {
  const totalKib = at(looks.swapTotalKib, i);
  const value = totalKib > 0 ? (100 * at(looks.swapFreeKib, i)) / totalKib : 0;
  return { atMs: at(looks.atMs, i), value: Math.min(100, value) };
}

/** A count of 32 bits that may have begun again from 0. */
function sinceBefore(column: readonly number[], i: number): number {
  return (at(column, i) - at(column, i - 1)) >>> 0;
}

/** The share of the time since the look before in which tasks waited; none where nobody looked. */
function stallPoints(looks: LookColumns): Point[] {
  return looks.atMs.flatMap((atMs, i) => {
    const spanMs = atMs - at(looks.atMs, i - 1);
    const isFirst = i === 0 || (at(looks.marks, i) & Mark.START) !== 0;
    if (isFirst || spanMs <= 0) {
      return [];
    }
    return [{ atMs, value: Math.min(100, (100 * sinceBefore(looks.someMs, i)) / spanMs) }];
  });
}

/** Available memory, free swap where there is some, and stalls, each with its limits. */
export function tracksOf(looks: LookColumns, limits: Limits): Track[] {
  const swapKib = Math.max(0, ...looks.swapTotalKib);
  const indices = looks.atMs.map((_, i) => i);
  return [
    {
      name: "Available memory",
      of: sizeText(usableKib(sharesAt(looks, looks.atMs.length - 1))),
      points: indices.map((i) => ({
        atMs: at(looks.atMs, i),
        value: availablePercent(sharesAt(looks, i)),
      })),
      limits: limitsOf(limits.memSoftPercent, limits.memHardPercent),
      actsBelow: true,
    },
    ...(swapKib > 0
      ? [
          {
            name: "Free swap",
            of: sizeText(swapKib),
            points: indices.map((i) => swapPoint(looks, i)),
            limits: limitsOf(limits.swapSoftPercent, limits.swapHardPercent),
            actsBelow: true,
          },
        ]
      : []),
    {
      name: "Tasks waiting for memory",
      of: "the time",
      points: stallPoints(looks),
      limits:
        limits.stallPercent > 0 ? [{ name: "stall limit", percent: limits.stallPercent }] : [],
      actsBelow: false,
    },
  ];
}

const SHORTEST_MS = 20_000;
const LONGEST_MS = 600_000;
const AFTER_MS = 20_000;

/**
 * The stretch of time that tells the story: from twice as long before as memory was lost, at least
 * 20 s and at most 10 min, to 20 s after, as far as there are looks.
 */
export function spanOf({ attribution, looks }: Incident): Span {
  const wantedMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, 2 * (attribution?.sinceMs ?? 0)));
  const within = looks.atMs.filter((ms) => ms >= -wantedMs && ms <= AFTER_MS);
  const fromMs = Math.min(-1_000, within[0] ?? 0);
  return { fromMs, toMs: Math.max(within.at(-1) ?? 0, 1_000) };
}

/** The lowest, or of stalls the mean, in each of so many equal parts of the span; null: no look. */
export function columnsOf(track: Track, span: Span, count: number): (number | null)[] {
  const { actsBelow, points } = track;
  const columns: (number | null)[] = Array.from({ length: count }, () => null);
  const sums = Array.from({ length: count }, () => 0);
  const widthMs = (span.toMs - span.fromMs) / count;
  for (const { atMs, value } of points) {
    const index = Math.min(count - 1, Math.floor((atMs - span.fromMs) / widthMs));
    const before = columns[index];
    if (index >= 0 && before !== undefined && atMs <= span.toMs) {
      sums[index] = (sums[index] ?? 0) + 1;
      const seen = sums[index] ?? 1;
      const mean = ((before ?? 0) * (seen - 1) + value) / seen;
      columns[index] = actsBelow ? Math.min(before ?? 100, value) : mean;
    }
  }
  return filled(
    columns,
    points.find(({ atMs }) => atMs >= span.fromMs),
  );
}

/** Columns between two looks show the one before. */
function filled(columns: readonly (number | null)[], first: Point | undefined): (number | null)[] {
  let before: number | null = null;
  const lastIndex = columns.findLastIndex((value) => value !== null);
  return columns.map((value, index) => {
    before = value ?? before;
    return first === undefined || index > lastIndex ? null : before;
  });
}
