import type { LimitsInForce, LookColumns } from "../model/incident.ts";
import { axisLines, type Canvas, curveLines } from "./timeline.ts";
import { type Track, tracksOf } from "./tracks.ts";
import { type CandidateRow, type GrowingRow, tableLines } from "./top-tables.ts";
import { percent, sizeText, spanText } from "./units.ts";
import { fitting } from "./wrap.ts";

/** All that the live view shows. */
export interface View {
  readonly clock: string;
  /** `runs, pid 4242`, `does not run`. */
  readonly state: string;
  readonly isHealthy: boolean;
  /** Whether it goes on until somebody types q. */
  readonly mayQuit: boolean;
  /** Times from now: not above 0. */
  readonly looks: LookColumns;
  readonly limits: LimitsInForce;
  readonly availableKib: number;
  readonly usableKib: number;
  readonly swapFreeKib: number;
  readonly swapTotalKib: number;
  /** In the last seconds, percent; -1 where the kernel has no PSI. */
  readonly somePercent: number;
  readonly fullPercent: number;
  /** What can be taken before the rule of exhaustion acts; -1 when it is off. */
  readonly leftKib: number;
  /** What memory and swap lose at present, KiB/s; below 0 when they grow. */
  readonly lossKibPerS: number;
  readonly growing: readonly GrowingRow[];
  readonly candidates: readonly CandidateRow[];
  readonly processCount: number;
}

/** How much of the past the curves show. */
export const HISTORY_MS = 300_000;
/** Less than this is noise: MiB a second that a machine at rest moves about. */
const STEADY_KIB_PER_S = 1024;

const BOLD = "\x1b[1m";
const RED = "\x1b[31m";
const REVERSE = "\x1b[7m";
const PLAIN = "\x1b[0m";

function colored(text: string, color: string, { hasColor }: Canvas): string {
  return hasColor ? `${color}${text}${PLAIN}` : text;
}

const LABEL_COLUMNS = 8;
/** Of a shorter bar nobody sees how long it is. */
const SHORTEST_BAR = 8;

/** A share as a bar, with a mark where the limit lies. */
function gauge(value: number, limit: number, width: number, { isUtf8 }: Canvas): string {
  const [full, empty, mark] = isUtf8 ? ["█", "░", "┃"] : ["#", ".", "|"];
  const filled = Math.round((Math.max(0, Math.min(100, value)) / 100) * width);
  const at = limit > 0 ? Math.min(width - 1, Math.round((limit / 100) * width)) : -1;
  return Array.from({ length: width }, (_, i) =>
    i === at ? mark : i < filled ? full : empty,
  ).join("");
}

interface Gauge {
  readonly label: string;
  readonly value: number;
  readonly limit: number;
  readonly isAlarm: boolean;
  /** The first one matters most. */
  readonly parts: readonly string[];
}

/** The bar gives way to the numbers, and is left out where next to nothing is left of it. */
function gaugeLine(
  { isAlarm, label, limit, parts, value }: Gauge,
  textWidth: number,
  canvas: Canvas,
): string {
  const room = canvas.columns - LABEL_COLUMNS;
  const widest = Math.min(60, Math.floor(canvas.columns / 2) - LABEL_COLUMNS - 2);
  const width = Math.min(widest, room - textWidth - 1);
  if (width < SHORTEST_BAR) {
    const text = fitting(parts, room);
    return `${label.padEnd(LABEL_COLUMNS)}${isAlarm ? colored(text, RED, canvas) : text}`;
  }
  const bar = gauge(value, limit, width, canvas);
  const shown = isAlarm ? colored(bar, RED, canvas) : bar;
  return `${label.padEnd(LABEL_COLUMNS)}${shown} ${parts.join(", ")}`;
}

function actsAt(limit: number): string[] {
  return limit > 0 ? [`acts at ${limit} %`] : [];
}

function share(part: number, all: number): number {
  return all > 0 ? (100 * part) / all : 0;
}

function gaugesOf(view: View): Gauge[] {
  const { memSoftPercent, stallPercent, swapSoftPercent } = view.limits;
  const memory = share(view.availableKib, view.usableKib);
  const swap = share(view.swapFreeKib, view.swapTotalKib);
  return [
    {
      label: "Memory",
      value: memory,
      limit: memSoftPercent,
      isAlarm: memory <= memSoftPercent,
      parts: [`${percent(memory)} of ${sizeText(view.usableKib)}`, ...actsAt(memSoftPercent)],
    },
    ...(view.swapTotalKib > 0
      ? [
          {
            label: "Swap",
            value: swap,
            limit: swapSoftPercent,
            isAlarm: swap <= swapSoftPercent,
            parts: [
              `${percent(swap)} of ${sizeText(view.swapTotalKib)}`,
              ...actsAt(swapSoftPercent),
            ],
          },
        ]
      : []),
    ...(view.somePercent >= 0
      ? [
          {
            label: "Stalls",
            value: view.somePercent,
            limit: stallPercent,
            isAlarm: stallPercent > 0 && view.somePercent >= stallPercent,
            parts: [
              percent(view.somePercent),
              `all tasks ${percent(view.fullPercent)}`,
              ...actsAt(stallPercent),
            ],
          },
        ]
      : []),
  ];
}

/** How far it is to acting; the first part matters most. */
function distanceParts({ leftKib, limits, lossKibPerS }: View): string[] {
  if (limits.when.length > 0) {
    return ["To go   conditions of the configuration stand in place of the limits"];
  }
  if (leftKib < 0) {
    return ["To go   the limits of memory are switched off"];
  }
  if (leftKib === 0) {
    return ["To go   nothing: the limit is passed"];
  }
  const left = `To go   ${sizeText(leftKib)} until it acts`;
  if (lossKibPerS >= STEADY_KIB_PER_S) {
    const span = spanText((1000 * leftKib) / lossKibPerS);
    return [left, `in ${span}`, `shrinking by ${sizeText(lossKibPerS)}/s`];
  }
  return lossKibPerS <= -STEADY_KIB_PER_S
    ? [left, `growing by ${sizeText(-lossKibPerS)}/s`]
    : [left, "steady"];
}

function headLine(view: View, canvas: Canvas): string {
  const { clock, isHealthy, mayQuit, processCount, state } = view;
  const left = fitting(`bustd ${state}`.split(", "), canvas.columns);
  const room = canvas.columns - left.length - 1;
  const quit = mayQuit ? ["q quits"] : [];
  const right = [[clock, `${processCount} processes`, ...quit], [clock, ...quit], [clock], []]
    .map((parts) => parts.join("  "))
    .find(({ length }) => length <= room);
  const gap = Math.max(1, room + 1 - (right ?? "").length);
  const line = `${left}${" ".repeat(gap)}${right ?? ""}`.slice(0, canvas.columns);
  return colored(line, isHealthy ? BOLD : RED, canvas);
}

/** A window that is narrower than this has no room for curves. */
const NARROWEST = 20;

/** Rows that curves get: one of five rows in 24, all of them where there is room. */
function curvesOf(view: View, rows: number, canvas: Canvas): string[] {
  const tracks = tracksOf(view.looks, view.limits);
  const span = { fromMs: -HISTORY_MS, toMs: 0 };
  const heights = [8, 6, 4];
  const axis = 2;
  const height = heights.find((each) => tracks.length * (each + 1) + axis <= rows);
  const shown: readonly Track[] = height === undefined ? tracks.slice(0, 1) : tracks;
  const each = height ?? Math.min(5, rows - axis - 1);
  if (each < 2 || canvas.columns < NARROWEST) {
    return [];
  }
  const curve = { ...canvas, rows: each };
  return [
    ...shown.flatMap((track) => curveLines(track, span, curve, false)),
    ...axisLines(span, curve, ""),
  ];
}

/** The tables, the heading reversed, in so many rows. */
function tablesOf(view: View, rows: number, canvas: Canvas): string[] {
  const [heading = "", ...others] = tableLines(view.growing, view.candidates, canvas.columns);
  const lines = [colored(heading.padEnd(canvas.columns), REVERSE, canvas), ...others];
  return Array.from({ length: rows }, (_, i) => lines[i] ?? "");
}

/** Rows that the tables have at least, with their heading. */
const TABLE_ROWS = 9;

/** The whole view, in exactly so many rows that are no wider than the canvas. */
export function frameOf(view: View, rows: number, canvas: Canvas): string[] {
  const parts = gaugesOf(view);
  const textWidth = Math.max(...parts.map((item) => item.parts.join(", ").length));
  const gauges = parts.map((item) => gaugeLine(item, textWidth, canvas));
  const distance = fitting(distanceParts(view), canvas.columns);
  const head = [headLine(view, canvas), ...gauges, distance];
  const curves = curvesOf(view, rows - head.length - TABLE_ROWS, canvas);
  const tableRows = Math.max(0, rows - head.length - curves.length);
  const lines = [...head, ...curves, ...tablesOf(view, tableRows, canvas)];
  return lines.slice(0, rows);
}
