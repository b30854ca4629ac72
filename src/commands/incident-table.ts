import type { Incident } from "../model/incident.ts";
import { escapeName } from "../report/escape.ts";
import { shortSize } from "../report/units.ts";
import { localTime, zoneOf } from "./moments.ts";

interface Column {
  readonly title: string;
  readonly width: number;
  readonly textOf: (incident: Incident) => string;
  /** Numbers stand on the right. */
  readonly isNumber?: true;
  /** Left out where not all columns fit. */
  readonly isDetail?: true;
}

/** Of the names of processes; proc_pid_comm(5). The first to give way. */
const LONGEST_NAME = 15;
const SHORTEST_NAME = 8;

const WHAT: Readonly<Record<Incident["kind"], string>> = {
  kill: "kill",
  "dry-run": "dry run",
  nobody: "nobody",
  warned: "warned",
  asked: "asked",
  kernel: "kernel",
};

/** In five columns: `0.14s`, `10.5s`, `2min`. */
function secondsText(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 100
    ? `${seconds.toFixed(seconds < 10 ? 2 : 1)}s`
    : `${Math.round(seconds / 60)}min`;
}

function victimOf({ kernel, selection }: Incident) {
  return selection?.victims[0] ?? kernel?.victims[0];
}

function columnsOf(
  userOf: (uid: number) => string,
  zone: string,
  idWidth: number,
): readonly Column[] {
  return [
    { title: "ID", width: idWidth, textOf: ({ id }) => id },
    // The id has the year, and all of it in UTC.
    {
      title: `TIME ${zone}`,
      width: 11,
      textOf: ({ wallMs }) => localTime(wallMs).slice("2026-".length, -":00".length),
    },
    { title: "NAME", width: LONGEST_NAME, textOf: (incident) => victimOf(incident)?.comm ?? "-" },
    {
      title: "USER",
      width: 8,
      textOf: (incident) => {
        const { uid = -1 } = victimOf(incident) ?? {};
        return uid < 0 ? "-" : userOf(uid);
      },
      isDetail: true,
    },
    { title: "RULE", width: 10, textOf: ({ verdict }) => verdict?.rule ?? "-" },
    {
      title: "FREED",
      width: 5,
      textOf: ({ outcome }) => (outcome === null ? "-" : shortSize(outcome.freedKib)),
      isNumber: true,
    },
    {
      title: "GONE",
      width: 5,
      textOf: ({ outcome }) => (outcome?.ending === "gone" ? secondsText(outcome.goneMs) : "-"),
      isNumber: true,
      isDetail: true,
    },
    {
      title: "WHAT",
      width: 7,
      textOf: ({ kind, outcome }) =>
        outcome === null || outcome.ending === "gone" ? WHAT[kind] : outcome.ending,
    },
  ];
}

/** A text in its column. */
function cell(text: string, { isNumber, width }: Column): string {
  const safe = escapeName(text);
  const cut = safe.slice(0, width);
  return isNumber === true ? cut.padStart(width) : cut.padEnd(width);
}

/** The zone of all of these times, or that it is the reader's, where summer came between. */
function zoneOfAll(incidents: readonly Incident[]): string {
  const [zone = "", ...others] = new Set(incidents.map(({ wallMs }) => zoneOf(wallMs)));
  return others.length === 0 ? zone : "local";
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + 1, -1);
}

/** A table of incidents with a heading, as wide as it may be; names are escaped. */
export function incidentTable(
  incidents: readonly Incident[],
  userOf: (uid: number) => string,
  columns: number,
): string[] {
  // An id is never cut, for it is what is typed.
  const idWidth = Math.max(...incidents.map(({ id }) => escapeName(id).length));
  const all = columnsOf(userOf, zoneOfAll(incidents), idWidth);
  const isWide = widthOf(all) <= columns;
  const kept = isWide ? all : all.filter(({ isDetail }) => isDetail !== true);
  const nameWidth = Math.max(SHORTEST_NAME, LONGEST_NAME - Math.max(0, widthOf(kept) - columns));
  const shown = kept.map((column) =>
    column.title === "NAME" ? Object.assign(column, { width: nameWidth }) : column,
  );
  const rows = incidents.map((incident) =>
    shown.map((column) => cell(column.textOf(incident), column)).join(" "),
  );
  const heading = shown.map((column) => cell(column.title, column)).join(" ");
  return [heading, ...rows].map((line) => line.trimEnd());
}
