import { ExitCode } from "../model/exit-codes.ts";
import type { Incident } from "../model/incident.ts";
import type { RecordedLook } from "../model/recorded.ts";
import { lookColumns } from "../recorder/incident.ts";
import { escapeName } from "../report/escape.ts";
import { explanationLines } from "../report/explanation.ts";
import { escapedJson } from "../report/escape.ts";
import type { Asked } from "./asked.ts";
import { incidentTable } from "./incident-table.ts";
import { readIncidentFile, readIncidents } from "./incident-store.ts";
import { nameKernelVictims } from "./kernel-log.ts";
import { matching, type Query } from "./match-incidents.ts";
import { zonedTime } from "./moments.ts";
import { print } from "./output.ts";
import { readPlaces } from "./places.ts";
import { readRingFile } from "./ring-file.ts";
import { readScreen, show } from "./screen.ts";
import { readUserNames } from "./users.ts";

/** Rows of each curve of an explanation. */
const CURVE_ROWS = 5;
const WIDEST = 100;
/** Looks of the ring that an incident does not have yet belong to it up to so long after. */
const AFTER_MS = 20_000;
/** An incident of this boot and the ring tell the same time, but for what the clock was set. */
const SAME_BOOT_MS = 60_000;
/** Between the end of a kill in an incident and in the ring. */
const SLACK_MS = 500;

function complain(sentences: readonly string[]): void {
  for (const sentence of sentences) {
    process.stderr.write(`bustd: ${escapeName(sentence)}\n`);
  }
}

/** Whether a word names a file, as one that was copied from another machine; names may look so. */
function isPath(word: string): boolean {
  return word.includes("/") || word.endsWith(".json");
}

/** What was asked for, the oldest first; sentences about what could not be read are printed. */
export function findIncidents(asked: Asked, query: Query): readonly Incident[] {
  const file = query.word !== null && isPath(query.word) ? readIncidentFile(query.word) : "";
  if (typeof file !== "string") {
    return [file];
  }
  const { incidents } = readPlaces(asked.directory);
  const found = readIncidents(incidents);
  complain(found.problems);
  const matches = matching(nameKernelVictims(found.incidents), query);
  sayUnwritten(found.incidents, asked);
  if (matches.length === 0) {
    const nothing = found.incidents.length === 0;
    const what = query.word === null || query.word === "last" ? "" : ` '${query.word}'`;
    const none = nothing
      ? `there is no incident in ${incidents}`
      : `no incident matches${what}; bustd incidents lists all`;
    // Where they could not be read, that was said, and there may be some.
    const isUnknown = nothing && found.problems.length > 0;
    if (file !== "") {
      complain([isUnknown ? file : `${file}; nor does an incident match`]);
    } else if (!isUnknown) {
      complain([none]);
    }
  }
  return matches;
}

/** Adds the looks that the ring has of the seconds after, where the daemon did not live so long. */
export function withLaterLooks(incident: Incident, looks: readonly RecordedLook[]): Incident {
  const { atMs, wallMs } = incident;
  const lastMs = atMs + (incident.looks.atMs.at(-1) ?? 0);
  const later = looks.filter(
    (look) =>
      look.atMs > lastMs &&
      look.atMs <= atMs + AFTER_MS &&
      Math.abs(look.wallMs - wallMs - (look.atMs - atMs)) < SAME_BOOT_MS,
  );
  if (later.length === 0) {
    return incident;
  }
  const added = lookColumns(later, atMs);
  const columns = Object.entries(incident.looks).map(
    ([name, values]) => [name, [...values, ...added[name as keyof typeof added]]] as const,
  );
  return { ...incident, looks: Object.fromEntries(columns) as unknown as Incident["looks"] };
}

/** Adds to incidents what the ring and the kernel's log know beyond them. */
export function completed(incidents: readonly Incident[], asked: Asked): readonly Incident[] {
  const read = readRingFile(readPlaces(asked.directory).ring);
  const named = nameKernelVictims(incidents);
  return "ring" in read
    ? named.map((incident) => withLaterLooks(incident, read.ring.looks))
    : named;
}

/** The daemon writes within some seconds of a kill, and no earlier than there is time. */
const UNWRITTEN_MS = 10_000;

/** Says so where the last kill is of a moment ago, and its incident is not written yet. */
function sayUnwritten(incidents: readonly Incident[], { directory }: Asked): void {
  const read = readRingFile(readPlaces(directory).ring);
  const killWallMs = "ring" in read ? read.ring.killWallMs : 0;
  const ends = incidents.map(({ outcome, wallMs }) => wallMs + (outcome?.goneMs ?? 0));
  const endWallMs = Math.max(0, ...ends);
  if (killWallMs - endWallMs > SLACK_MS && Date.now() - killWallMs < UNWRITTEN_MS) {
    const when = zonedTime(killWallMs);
    complain([`the kill at ${when} is not written down yet; ask again in some seconds`]);
  }
}

/** `incidents`: a line for each; exit code 1 when nothing matches. */
export async function runIncidents(asked: Asked): Promise<number> {
  const found = findIncidents(asked, asked.query);
  if (found.length === 0) {
    return ExitCode.problems;
  }
  const ordered = asked.isReverse ? found.toReversed() : found;
  if (asked.json) {
    print(`${escapedJson(ordered)}\n`);
    return ExitCode.ok;
  }
  const screen = readScreen();
  const lines = incidentTable(ordered, readUserNames(), screen.columns);
  await show(`${lines.join("\n")}\n`, screen, asked.mayPage);
  return ExitCode.ok;
}

/** `explain`: the story of each that matches, the last one if nothing is asked for. */
export async function runExplain(asked: Asked): Promise<number> {
  const query = { ...asked.query, word: asked.query.word ?? "last" };
  const found = findIncidents(asked, query);
  if (found.length === 0) {
    return ExitCode.problems;
  }
  const ordered = completed(asked.isReverse ? found.toReversed() : found, asked);
  if (asked.json) {
    print(`${escapedJson(ordered.length === 1 ? ordered[0] : ordered)}\n`);
    return ExitCode.ok;
  }
  const screen = readScreen();
  const canvas = { ...screen, columns: Math.min(screen.columns, WIDEST), rows: CURVE_ROWS };
  const teller = { userOf: readUserNames(), timeOf: zonedTime };
  const stories = ordered.map((incident) => explanationLines(incident, teller, canvas).join("\n"));
  await show(`${stories.join(`\n\n${"=".repeat(canvas.columns)}\n\n`)}\n`, screen, asked.mayPage);
  return ExitCode.ok;
}
