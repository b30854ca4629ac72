import type { Incident } from "../model/incident.ts";
import { escapeName } from "./escape.ts";
import { type Section, storyOf, type Teller } from "./story.ts";
import { type Canvas, timelineLines } from "./timeline.ts";
import { spanOf, tracksOf } from "./tracks.ts";
import { wrapped } from "./wrap.ts";

const BOLD = "\x1b[1m";
const PLAIN = "\x1b[0m";

/** What the event is called below the axis of time. */
export const EVENTS: Readonly<Record<Incident["kind"], string>> = {
  kill: "kill",
  asked: "asked",
  "dry-run": "would kill",
  nobody: "nobody",
  warned: "warning",
  kernel: "kernel's kill",
};

function heading(text: string, { hasColor }: Canvas): string {
  return hasColor ? `${BOLD}${text}${PLAIN}` : text;
}

function sectionLines({ lines, title }: Section, canvas: Canvas): string[] {
  const told = lines.flatMap((line) => wrapped(line, canvas.columns, "  ", "    "));
  return ["", heading(title, canvas), ...told];
}

function curves(incident: Incident, canvas: Canvas): string[] {
  const { kind, limits, looks } = incident;
  if (looks.atMs.length < 2) {
    return [];
  }
  const tracks = tracksOf(looks, limits);
  return ["", ...timelineLines(tracks, spanOf(incident), canvas, EVENTS[kind])];
}

/** One incident for a terminal or a file: its story, then its curves. */
export function explanationLines(incident: Incident, teller: Teller, canvas: Canvas): string[] {
  const { headline, sections } = storyOf(incident, teller);
  const { bustd, id, machine } = incident;
  const source = `${id}, bustd ${bustd.version}, settings ${bustd.digest}, Linux ${machine.kernel}`;
  return [
    ...wrapped(headline, canvas.columns, "", "").map((line) => heading(line, canvas)),
    ...sections.flatMap((section) => sectionLines(section, canvas)),
    ...curves(incident, canvas),
    "",
    ...wrapped(escapeName(source), canvas.columns, "", ""),
  ];
}
