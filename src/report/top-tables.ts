import { escapeName } from "./escape.ts";
import { shortSize } from "./units.ts";

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

interface Column<Row> {
  readonly title: string;
  readonly width: number;
  readonly textOf: (row: Row) => string;
  /** Numbers stand on the right. */
  readonly isNumber: boolean;
}

const LEFT: readonly Column<GrowingRow>[] = [
  { title: "PID", width: 7, textOf: ({ pid }) => String(pid), isNumber: true },
  { title: "WHO GROWS", width: 13, textOf: ({ comm }) => comm, isNumber: false },
  { title: "SIZE", width: 6, textOf: ({ sizeKib }) => shortSize(sizeKib), isNumber: true },
  {
    title: "MiB/s",
    width: 7,
    textOf: ({ kibPerS }) => (kibPerS / 1024).toFixed(1),
    isNumber: true,
  },
];

const RIGHT: readonly Column<CandidateRow>[] = [
  { title: "PID", width: 7, textOf: ({ pid }) => String(pid), isNumber: true },
  { title: "WOULD BE KILLED", width: 15, textOf: ({ comm }) => comm, isNumber: false },
  { title: "SIZE", width: 6, textOf: ({ sizeKib }) => shortSize(sizeKib), isNumber: true },
  { title: "SCORE", width: 5, textOf: ({ score }) => String(Math.round(score)), isNumber: true },
  { title: "USER", width: 12, textOf: ({ user }) => user, isNumber: false },
];

/** Which columns each table has: the first row whose tables fit. `USER` may be cut, numbers not. */
const LAYOUTS: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ["PID", "WHO GROWS", "SIZE", "MiB/s"],
    ["PID", "WOULD BE KILLED", "SIZE", "SCORE", "USER"],
  ],
  [
    ["PID", "WHO GROWS", "SIZE", "MiB/s"],
    ["PID", "WOULD BE KILLED", "SIZE", "SCORE"],
  ],
  [
    ["PID", "WHO GROWS", "MiB/s"],
    ["PID", "WOULD BE KILLED", "SIZE", "SCORE"],
  ],
  [
    ["PID", "WHO GROWS", "MiB/s"],
    ["PID", "WOULD BE KILLED", "SIZE"],
  ],
  [[], ["PID", "WOULD BE KILLED", "SIZE", "SCORE", "USER"]],
  [[], ["PID", "WOULD BE KILLED", "SIZE", "SCORE"]],
  [[], ["PID", "WOULD BE KILLED", "SIZE"]],
  [[], ["PID", "WOULD BE KILLED"]],
];
/** What of a user's name must fit. */
const SHORTEST_USER = 5;

function cell<Row>(text: string, { isNumber, width }: Column<Row>): string {
  const safe = escapeName(text).slice(0, width);
  return isNumber ? safe.padStart(width) : safe.padEnd(width);
}

function widthOf<Row>(columns: readonly Column<Row>[]): number {
  return columns.reduce(
    (sum, { title, width }) => sum + 1 + (title === "USER" ? SHORTEST_USER : width),
    -1,
  );
}

function chosen<Row>(all: readonly Column<Row>[], titles: readonly string[]): Column<Row>[] {
  return all.filter(({ title }) => titles.includes(title));
}

function rowsOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  const heading = columns.map((column) => cell(column.title, column)).join(" ");
  return [
    heading,
    ...rows.map((row) => columns.map((column) => cell(column.textOf(row), column)).join(" ")),
  ];
}

/**
 * Two tables side by side with their headings, no wider than so many columns: where there is little
 * room, columns are left out and then the left table, and no number is cut.
 */
export function tableLines(
  growing: readonly GrowingRow[],
  candidates: readonly CandidateRow[],
  columns: number,
): string[] {
  const layouts = LAYOUTS.map(
    ([left, right]) => [chosen(LEFT, left), chosen(RIGHT, right)] as const,
  );
  const fits = layouts.find(
    ([left, right]) => Math.max(0, widthOf(left) + 1) + widthOf(right) <= columns,
  );
  const [left, right] = fits ?? [[], chosen(RIGHT, ["PID"])];
  const leftRows = left.length === 0 ? [] : rowsOf(growing, left);
  const rightRows = rowsOf(candidates, right);
  const indent = Math.max(0, widthOf(left) + 1);
  return Array.from({ length: Math.max(leftRows.length, rightRows.length) }, (_, i) =>
    ((leftRows[i] ?? "").padEnd(indent) + (rightRows[i] ?? "")).slice(0, columns).trimEnd(),
  );
}
