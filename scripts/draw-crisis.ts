/**
 * Draws the same crisis without and with bustd from two courses that scripts/bench-oom.ts recorded
 * (--course): `bun scripts/draw-crisis.ts WITHOUT.jsonl WITH.jsonl >packaging/crisis.svg`.
 */
import { readFileSync } from "node:fs";

/** What is drawn of the first line of a course, and of each sample; see scripts/bench/course.ts. */
interface Machine {
  readonly daemon: string;
  readonly durationMs: number;
  readonly deaths: readonly { readonly name: string; readonly atMs: number }[];
}
interface Sample {
  readonly atMs: number;
  readonly meminfo: { readonly MemTotal: number; readonly MemAvailable: number };
  readonly some: { readonly totalUs: number };
}
export interface Course {
  readonly machine: Machine;
  readonly samples: readonly Sample[];
}

const WIDTH = 860;
const PANEL = { left: 60, right: 20, top: 44, height: 130 } as const;
const GAP = 62;
/** Stalls are the share of so long before each point. */
const WINDOW_MS = 1000;
const TICK_MS = 5000;

interface Point {
  readonly atMs: number;
  readonly availablePercent: number;
  readonly stallPercent: number;
}

function parsed(text: string): Course {
  const [first = "", ...lines] = text.trimEnd().split("\n");
  return {
    machine: JSON.parse(first) as Machine,
    samples: lines.map((line) => JSON.parse(line) as Sample),
  };
}

function pointsOf({ samples }: Course): Point[] {
  return samples.map(({ atMs, meminfo, some }, i) => {
    const before = samples.findLast((sample, at) => at < i && atMs - sample.atMs >= WINDOW_MS);
    const stallMs = before === undefined ? 0 : (some.totalUs - before.some.totalUs) / 1000;
    const spanMs = before === undefined ? WINDOW_MS : atMs - before.atMs;
    return {
      atMs,
      availablePercent: (100 * meminfo.MemAvailable) / meminfo.MemTotal,
      stallPercent: Math.min(100, (100 * stallMs) / spanMs),
    };
  });
}

/** One of the two panels; `top` is where its axis of 100 % lies. */
function panel(title: string, course: Course, top: number, untilMs: number): string[] {
  const { height, left, right } = PANEL;
  const x = (ms: number) => (left + ((WIDTH - left - right) * ms) / untilMs).toFixed(1);
  const y = (percent: number) => (top + height - (height * percent) / 100).toFixed(1);
  const points = pointsOf(course).filter(({ atMs }) => atMs >= 0 && atMs <= untilMs);
  const line = (of: (point: Point) => number) =>
    points.map((point) => `${x(point.atMs)} ${y(of(point))}`).join("L");
  const [begin, end] = [points[0]?.atMs ?? 0, points.at(-1)?.atMs ?? 0];
  const stalls = line(({ stallPercent }) => stallPercent);
  const deaths = course.machine.deaths
    .filter(({ atMs }) => atMs <= untilMs)
    .map(
      ({ atMs, name }) =>
        `<path class="kill" d="M${x(atMs)} ${y(100)}V${y(0)}"/>` +
        `<text x="${x(atMs)}" y="${top - 4}" text-anchor="middle">${escaped(name)} killed</text>`,
    );
  return [
    `<text class="title" x="${left}" y="${top - 20}">${title}</text>`,
    ...[0, 50, 100].map(
      (percent) =>
        `<path class="grid" d="M${left} ${y(percent)}H${WIDTH - right}"/>` +
        `<text x="${left - 8}" y="${Number(y(percent)) + 4}" text-anchor="end">${percent} %</text>`,
    ),
    `<path class="stall" d="M${x(begin)} ${y(0)}L${stalls}L${x(end)} ${y(0)}Z"/>`,
    `<path class="available" d="M${line(({ availablePercent }) => availablePercent)}"/>`,
    ...deaths,
    ...Array.from({ length: Math.floor(untilMs / TICK_MS) + 1 }, (_item, i) => i * TICK_MS).map(
      (ms) =>
        `<text x="${x(ms)}" y="${top + height + 16}" text-anchor="middle">${ms / 1000} s</text>`,
    ),
  ];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

const STYLE = `
text { font: 12px sans-serif; fill: #333 }
.title { font-weight: bold; font-size: 14px }
.grid { stroke: #ccc; fill: none }
.stall { fill: #d33; fill-opacity: .45 }
.available { stroke: #06c; stroke-width: 2; fill: none }
.kill { stroke: #333; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .grid { stroke: #555 } .kill { stroke: #ddd } .available { stroke: #5af }
}`;

/** The picture: both courses one above the other, on one scale of time. */
export function crisisPicture(without: Course, withBustd: Course): string {
  const untilMs = Math.max(without.machine.durationMs, withBustd.machine.durationMs);
  const second = PANEL.top + PANEL.height + GAP;
  const height = second + PANEL.height + 56;
  const legendY = height - 14;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" ` +
      `aria-label="Available memory and stalls without and with bustd">`,
    `<style>${STYLE}</style>`,
    ...panel("Without bustd", without, PANEL.top, untilMs),
    ...panel("With bustd", withBustd, second, untilMs),
    `<path class="available" d="M${PANEL.left} ${legendY - 4}h24"/>`,
    `<text x="${PANEL.left + 30}" y="${legendY}">available memory</text>`,
    `<path class="stall" d="M${PANEL.left + 170} ${legendY - 10}h24v12h-24Z"/>`,
    `<text x="${PANEL.left + 200}" y="${legendY}">time that tasks wait for memory</text>`,
    "</svg>",
    "",
  ].join("\n");
}

if (import.meta.main) {
  const [without, withBustd] = process.argv
    .slice(2)
    .map((path) => parsed(readFileSync(path, "utf8")));
  if (without === undefined || withBustd === undefined) {
    process.stderr.write("Usage: bun scripts/draw-crisis.ts WITHOUT.jsonl WITH.jsonl >FILE.svg\n");
    process.exitCode = 2;
  } else {
    process.stdout.write(crisisPicture(without, withBustd));
  }
}
