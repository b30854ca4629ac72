import { columnsOf, type Span, type Track } from "./tracks.ts";
import { fitting } from "./wrap.ts";

/** How a chart may be drawn. */
export interface Canvas {
  readonly columns: number;
  /** Rows of one curve, without its heading. */
  readonly rows: number;
  readonly isUtf8: boolean;
  readonly hasColor: boolean;
}

/** Before the curve: `100 │`. */
const MARGIN = 5;
/** Eighths of a cell. */
const BLOCKS = " ▁▂▃▄▅▆▇█";
const ASCII = {
  full: "#",
  half: ":",
  over: "=",
  axis: "|",
  limit: "-",
  event: "!",
  kill: "^",
  corner: "+",
  line: "-",
};
const UTF8: typeof ASCII = {
  full: "█",
  half: "▄",
  /** A full cell in the row of the limit. */
  over: "▓",
  axis: "│",
  limit: "╌",
  event: "┊",
  kill: "▲",
  corner: "└",
  line: "─",
};

const CALM = "\x1b[36m";
const ALARM = "\x1b[31m";
const DIM = "\x1b[2m";
const PLAIN = "\x1b[0m";

/** One cell of a column: how full, in eighths, from 0 to 8. */
function eighthsOf(value: number, row: number, rows: number): number {
  const filled = (value / 100) * rows - (rows - 1 - row);
  return Math.max(0, Math.min(8, Math.round(filled * 8)));
}

/** The row that a percentage lies in, from the top. */
function rowOf(percent: number, rows: number): number {
  const fromBottom = Math.ceil((percent / 100) * rows) - 1;
  return rows - 1 - Math.max(0, Math.min(rows - 1, fromBottom));
}

/** What lies behind a cell's curve. */
type Behind = "nothing" | "limit" | "event";

function cellText(eighths: number, behind: Behind, { isUtf8 }: Canvas): string {
  const { event, full, half, limit, over } = isUtf8 ? UTF8 : ASCII;
  if (eighths === 0) {
    return behind === "limit" ? limit : behind === "event" ? event : " ";
  }
  if (eighths === 8) {
    return behind === "limit" ? over : full;
  }
  return isUtf8 ? (BLOCKS[eighths] ?? full) : eighths >= 4 ? full : half;
}

/** Whether a rule could act at this value. */
function isAlarm({ actsBelow, limits }: Track, value: number): boolean {
  const [soft] = limits;
  return soft !== undefined && (actsBelow ? value <= soft.percent : value >= soft.percent);
}

/** Text in runs of one colour, as few sequences as need be. */
function painted(cells: readonly (readonly [string, string])[], hasColor: boolean): string {
  let text = "";
  let color = "";
  const last = cells.findLastIndex(([cell]) => cell !== " ");
  for (const [cell, wanted] of cells.slice(0, last + 1)) {
    if (hasColor && wanted !== color && cell !== " ") {
      text += wanted === "" ? PLAIN : `${PLAIN}${wanted}`;
      color = wanted;
    }
    text += cell;
  }
  return color === "" ? text : `${text}${PLAIN}`;
}

/** The label of a row: the top, the bottom, and the limit where it lies. */
function labelOf(track: Track, row: number, rows: number): string {
  const limit = track.limits[0];
  if (limit !== undefined && row === rowOf(limit.percent, rows)) {
    return String(Math.round(limit.percent));
  }
  return row === 0 ? "100" : row === rows - 1 ? "0" : "";
}

/** The column of a moment. */
function columnOf(ms: number, { fromMs, toMs }: Span, width: number): number {
  return Math.max(0, Math.min(width - 1, Math.floor(((ms - fromMs) / (toMs - fromMs)) * width)));
}

/** Columns that a curve has, however narrow the window is. */
function widthOf({ columns }: Canvas): number {
  return Math.max(1, columns - MARGIN);
}

/** One curve: a heading and its rows; an event is at 0 ms. */
export function curveLines(track: Track, span: Span, canvas: Canvas, hasEvent: boolean): string[] {
  const { columns, hasColor, isUtf8, rows } = canvas;
  const width = widthOf(canvas);
  const values = columnsOf(track, span, width);
  const limit = track.limits[0];
  const limitRow = limit === undefined ? -1 : rowOf(limit.percent, rows);
  const eventColumn = hasEvent ? columnOf(0, span, width) : -1;
  const { axis } = isUtf8 ? UTF8 : ASCII;
  const limitText = limit === undefined ? [] : [`limit ${limit.percent} %`];
  const heading = fitting([track.name, `% of ${track.of}`, ...limitText], columns);
  const lines = Array.from({ length: rows }, (_, row) => {
    const cells = values.map((value, column) => {
      const eighths = value === null ? 0 : eighthsOf(value, row, rows);
      const color = eighths === 0 ? DIM : isAlarm(track, value ?? 0) ? ALARM : CALM;
      const behind = row === limitRow ? "limit" : column === eventColumn ? "event" : "nothing";
      return [cellText(eighths, behind, canvas), color] as const;
    });
    const label = labelOf(track, row, rows).padStart(MARGIN - 2);
    return `${label} ${axis}${painted(cells, hasColor)}`;
  });
  return [heading, ...lines];
}

const STEPS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
/** Columns that a time below the axis needs. */
const LABEL_COLUMNS = 12;

/** Round times to write below an axis. */
export function ticksOf({ fromMs, toMs }: Span, most: number): number[] {
  const spanS = (toMs - fromMs) / 1000;
  const stepS = STEPS_S.find((step) => spanS / step <= most) ?? 3600;
  const firstS = Math.ceil(fromMs / 1000 / stepS) * stepS;
  const count = Math.floor((toMs / 1000 - firstS) / stepS) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (firstS + i * stepS) * 1000);
}

/** `-30 s`, `-2 min`, `+5 s`. */
export function tickText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const sign = seconds > 0 ? "+" : "";
  return seconds !== 0 && seconds % 60 === 0 ? `${sign}${seconds / 60} min` : `${sign}${seconds} s`;
}

/** Writes texts over a line, each centred on its column; what would touch another is left out. */
function written(width: number, texts: readonly (readonly [number, string])[]): string {
  let line = " ".repeat(width);
  for (const [column, text] of texts) {
    const start = Math.max(0, Math.min(width - text.length, column - (text.length >> 1)));
    const around = line.slice(Math.max(0, start - 1), start + text.length + 1);
    if (around.trim() === "") {
      line = line.slice(0, start) + text + line.slice(start + text.length);
    }
  }
  return line;
}

/** The axis of time, with the event at 0 marked; `event` is what it is called. */
export function axisLines(span: Span, canvas: Canvas, event: string): string[] {
  const width = widthOf(canvas);
  const { corner, kill, line } = canvas.isUtf8 ? UTF8 : ASCII;
  const zero = columnOf(0, span, width);
  const ticks = ticksOf(span, Math.floor(width / LABEL_COLUMNS))
    .filter((ms) => ms !== 0 || event === "")
    .map((ms) => [columnOf(ms, span, width), tickText(ms)] as const);
  const rule =
    event === ""
      ? line.repeat(width)
      : `${line.repeat(zero)}${kill}${line.repeat(width - zero - 1)}`;
  const marks = event === "" ? ticks : [[zero, event] as const, ...ticks];
  const margin = " ".repeat(MARGIN);
  return [
    `${" ".repeat(MARGIN - 1)}${corner}${rule}`,
    `${margin}${written(width, marks)}`.trimEnd(),
  ];
}

/** All curves above one axis. */
export function timelineLines(
  tracks: readonly Track[],
  span: Span,
  canvas: Canvas,
  event: string,
): string[] {
  return [
    ...tracks.flatMap((track) => curveLines(track, span, canvas, event !== "")),
    ...axisLines(span, canvas, event),
  ];
}
