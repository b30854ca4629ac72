import { coordinate, html } from "./markup.ts";
import { tickText, ticksOf } from "./timeline.ts";
import type { Point, Span, Track } from "./tracks.ts";

/** Units of the drawing, which is stretched to whatever width there is. */
const WIDTH = 1000;
const HEIGHT = 100;
/** Times below an axis: no more than a phone has room for. */
const TICKS = 5;

function xOf(ms: number, { fromMs, toMs }: Span): number {
  return (WIDTH * (ms - fromMs)) / (toMs - fromMs);
}

function yOf(percent: number): number {
  return HEIGHT - (HEIGHT * Math.max(0, Math.min(100, percent))) / 100;
}

/** Points within the span, and one before and after it, so that the curve reaches the edges. */
function around(points: readonly Point[], { fromMs, toMs }: Span): readonly Point[] {
  const first = points.findLastIndex(({ atMs }) => atMs <= fromMs);
  const last = points.findIndex(({ atMs }) => atMs >= toMs);
  return points.slice(Math.max(0, first), last < 0 ? undefined : last + 1);
}

/** The curve: straight from look to look, or in steps where a value holds since the look before. */
function lineOf(track: Track, span: Span): string {
  const points = around(track.points, span);
  return points
    .map(({ atMs, value }, i) => {
      const at = `${coordinate(xOf(atMs, span))} ${coordinate(yOf(value))}`;
      const step = track.actsBelow ? "" : `V${coordinate(yOf(value))}`;
      return i === 0 ? `M${at}` : `${step}L${at}`;
    })
    .join("");
}

function areaOf(track: Track, span: Span): string {
  const points = around(track.points, span);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) {
    return "";
  }
  const [left, right] = [first, last].map(({ atMs }) => coordinate(xOf(atMs, span)));
  return `${lineOf(track, span)}L${right} ${HEIGHT}L${left} ${HEIGHT}Z`;
}

function horizontal(percent: number, kind: string): string {
  const y = coordinate(yOf(percent));
  return `<path class="${kind}" d="M0 ${y}H${WIDTH}"/>`;
}

function drawing(track: Track, span: Span, label: string): string {
  const zero = coordinate(xOf(0, span));
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img"`,
    ` aria-label="${html(label)}">`,
    horizontal(50, "grid"),
    `<path class="area" d="${areaOf(track, span)}"/>`,
    `<path class="line" d="${lineOf(track, span)}"/>`,
    ...track.limits.map(({ percent }, i) => horizontal(percent, i === 0 ? "limit" : "limit hard")),
    `<path class="event" d="M${zero} 0V${HEIGHT}"/>`,
    "</svg>",
  ].join("");
}

function yLabel(percent: number): string {
  return `<span class="y" style="top:${coordinate(100 - percent)}%">${percent} %</span>`;
}

/** Names of limits, at the right; two that are near each other share one place. */
function limitLabels({ limits }: Track): string {
  const [first] = limits;
  if (first === undefined) {
    return "";
  }
  const text = limits.map(({ name, percent }) => `${name} ${percent} %`).join(", ");
  const side = first.percent > 80 ? "below" : "above";
  const top = coordinate(100 - first.percent);
  return `<span class="at ${side}" style="top:${top}%">${html(text)}</span>`;
}

/** One curve with its axes as a figure; the event at 0 s is named below. */
export function figureOf(track: Track, span: Span, event: string): string {
  const caption = `${track.name}, % of ${track.of}`;
  const ticks = ticksOf(span, TICKS).filter((ms) => ms !== 0);
  const zero = xOf(0, span) / WIDTH;
  const labels = ticks
    .map((ms) => [xOf(ms, span) / WIDTH, tickText(ms)] as const)
    .filter(([at]) => Math.abs(at - zero) > 0.12 && at > 0.04 && at < 0.96);
  const times = [[zero, event] as const, ...labels].map(
    ([at, text], i) =>
      `<span class="${i === 0 ? "now" : "tick"}" style="left:${coordinate(100 * at)}%">` +
      `${html(text)}</span>`,
  );
  return [
    `<figure><figcaption>${html(caption)}</figcaption>`,
    `<div class="plot">${drawing(track, span, caption)}`,
    [0, 50, 100].map(yLabel).join(""),
    limitLabels(track),
    `</div><div class="x">${times.join("")}</div></figure>`,
  ].join("");
}
