import type { LimitsInForce, LookColumns } from "../model/incident.ts";
import { escapeName } from "./escape.ts";
import { axisLines, type Canvas, curveLines } from "./timeline.ts";
import { type Track, tracksOf } from "./tracks.ts";
import { percent, shortSize, sizeText, spanText } from "./units.ts";

/** Who grows. */
export interface GrowingRow {
  readonly pid: number;
  readonly comm: string;
  readonly sizeKib: number;
  readonly kibPerS: number;
}

/** Who would be killed, in order. */
export interface CandidateRow {
  readonly pid: number;
  readonly comm: string;
  readonly user: string;
  readonly sizeKib: number;
  readonly score: number;
}

/** All that the live view shows. */
export interface View {
  readonly clock: string;
  /** `runs, pid 4242`, `does not run`. */
  readonly state: string;
  readonly isHealthy: boolean;
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
  readonly text: string;
}

function gaugeLine({ isAlarm, label, limit, text, value }: Gauge, canvas: Canvas): string {
  const width = Math.max(10, Math.min(60, Math.floor(canvas.columns / 2) - LABEL_COLUMNS - 2));
  const bar = gauge(value, limit, width, canvas);
  const room = canvas.columns - LABEL_COLUMNS - width - 1;
  const shown = isAlarm ? colored(bar, RED, canvas) : bar;
  return `${label.padEnd(LABEL_COLUMNS)}${shown} ${text.slice(0, Math.max(0, room))}`;
}

function actsAt(limit: number): string {
  return limit > 0 ? `, acts at ${limit} %` : "";
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
      text: `${percent(memory)} of ${sizeText(view.usableKib)}${actsAt(memSoftPercent)}`,
    },
    ...(view.swapTotalKib > 0
      ? [
          {
            label: "Swap",
            value: swap,
            limit: swapSoftPercent,
            isAlarm: swap <= swapSoftPercent,
            text: `${percent(swap)} of ${sizeText(view.swapTotalKib)}` + actsAt(swapSoftPercent),
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
            text:
              `${percent(view.somePercent)}, all tasks ` +
              `${percent(view.fullPercent)}${actsAt(stallPercent)}`,
          },
        ]
      : []),
  ];
}

/** How far it is to acting. */
function distanceText({ leftKib, limits, lossKibPerS }: View): string {
  if (limits.when.length > 0) {
    return "To go   conditions of the configuration stand in place of the limits";
  }
  if (leftKib < 0) {
    return "To go   the limits of memory are switched off";
  }
  if (leftKib === 0) {
    return "To go   nothing: the limit is passed";
  }
  const trend =
    lossKibPerS >= STEADY_KIB_PER_S
      ? `shrinking by ${sizeText(lossKibPerS)}/s: in ${spanText((1000 * leftKib) / lossKibPerS)}`
      : lossKibPerS <= -STEADY_KIB_PER_S
        ? `growing by ${sizeText(-lossKibPerS)}/s`
        : "steady";
  return `To go   ${sizeText(leftKib)} until it acts, ${trend}`;
}

function cell(text: string, width: number): string {
  const safe = escapeName(text);
  return safe.length > width ? safe.slice(0, width) : safe.padEnd(width);
}

function growingLine({ comm, kibPerS, pid, sizeKib }: GrowingRow): string {
  const rate = (kibPerS / 1024).toFixed(1);
  return [
    String(pid).padStart(7),
    cell(comm, 13),
    shortSize(sizeKib).padStart(6),
    rate.padStart(7),
  ].join(" ");
}

function candidateLine({ comm, pid, score, sizeKib, user }: CandidateRow): string {
  return [
    String(pid).padStart(7),
    cell(comm, 15),
    shortSize(sizeKib).padStart(6),
    String(Math.round(score)).padStart(5),
    cell(user, 12).trimEnd(),
  ].join(" ");
}

const GROWING_HEADER = "    PID WHO GROWS       SIZE   MiB/s";
const CANDIDATE_HEADER = "    PID WOULD BE KILLED   SIZE SCORE USER";
/** Columns of the left table with the gap behind it; the right one has the rest. */
const LEFT_COLUMNS = 37;

/** Two tables side by side, of so many rows with their headings. */
function tables(view: View, rows: number, canvas: Canvas): string[] {
  const left = [GROWING_HEADER, ...view.growing.map(growingLine)];
  const right = [CANDIDATE_HEADER, ...view.candidates.map(candidateLine)];
  const room = Math.max(0, canvas.columns - LEFT_COLUMNS);
  return Array.from({ length: rows }, (_, i) => {
    const line =
      (left[i] ?? "").slice(0, LEFT_COLUMNS - 1).padEnd(LEFT_COLUMNS) +
      (right[i] ?? "").slice(0, room);
    const cut = line.slice(0, canvas.columns);
    return i === 0 ? colored(cut.padEnd(canvas.columns), REVERSE, canvas) : cut.trimEnd();
  });
}

function headLine(view: View, canvas: Canvas): string {
  const { clock, isHealthy, processCount, state } = view;
  const left = `bustd ${state}`;
  const right = `${processCount} processes  ${clock}  q quits`;
  const gap = canvas.columns - left.length - right.length;
  const line = gap >= 1 ? left + " ".repeat(gap) + right : left.slice(0, canvas.columns);
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

/** Rows that the tables have at least, with their heading. */
const TABLE_ROWS = 9;

/** The whole view, in exactly so many rows that are no wider than the canvas. */
export function frameOf(view: View, rows: number, canvas: Canvas): string[] {
  const gauges = gaugesOf(view).map((item) => gaugeLine(item, canvas));
  const head = [headLine(view, canvas), ...gauges, distanceText(view).slice(0, canvas.columns)];
  const curves = curvesOf(view, rows - head.length - TABLE_ROWS, canvas);
  const tableRows = Math.max(0, rows - head.length - curves.length);
  const lines = [...head, ...curves, ...tables(view, tableRows, canvas)];
  return lines.slice(0, rows);
}
