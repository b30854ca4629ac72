import { existsSync } from "node:fs";
import { readConfiguration } from "../cli/configuration.ts";
import { parseCommandLine } from "../cli/options.ts";
import { Errno } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { type Places, SYSTEM_PLACES } from "../model/places.ts";
import type { Standing } from "../model/standing.ts";
import { digestOf } from "../recorder/standing.ts";
import { escapedJson } from "../report/escape.ts";
import { type Status, statusLines } from "../report/status-lines.ts";
import { wrapped } from "../report/wrap.ts";
import { linux } from "../sys/linux.ts";
import type { Asked } from "./asked.ts";
import { readIncidents } from "./incident-store.ts";
import { readMemory } from "./machine-now.ts";
import { zonedTime, parseMoment } from "./moments.ts";
import { print } from "./output.ts";
import { readPlaces } from "./places.ts";
import { readWarning } from "./read-warning.ts";
import { readRingFile } from "./ring-file.ts";
import { inForce, isOwn, others, runningDaemons } from "./running.ts";
import { readScreen } from "./screen.ts";
import { readStanding } from "./standing-file.ts";
import { type Sources, statusOf, besideRecorders } from "./status-of.ts";
import { isBustd, isHalted } from "./is-bustd.ts";
import { readSurroundings } from "./surroundings.ts";
import { readTrusted } from "./trusted-file.ts";

const NOTHING_FOUND = { incidents: [], problems: [] } as const;
const UNKNOWN_SOURCES: Sources = { files: [], isCurrent: null };

/** Whether a process exists; that it is not ours to signal says so as well. */
function exists(pid: number): boolean {
  const result = linux.signalProcess(pid, 0);
  return pid > 0 && (result === 0 || result === -Errno.EPERM);
}

/** What is wrong with the files by now; the daemon goes on with what it read before. */
function brokenSince(sentences: readonly string[]): string[] {
  const [first, ...more] = sentences;
  const count = more.length > 0 ? `, and ${more.length} more` : "";
  return first === undefined
    ? []
    : [`the files are broken by now, and what was read before stays in force: ${first}${count}`];
}

/**
 * Which files the daemon's arguments name, whether they still say what is in force, and what is
 * wrong with them.
 */
async function sourcesOf({
  argv,
  bustd,
}: Standing): Promise<{ readonly sources: Sources; readonly problems: readonly string[] }> {
  const surroundings = readSurroundings();
  const line = await parseCommandLine(argv, surroundings);
  if (line.kind !== "daemon") {
    const problems = line.kind === "problems" ? brokenSince(line.sentences) : [];
    return { sources: UNKNOWN_SOURCES, problems };
  }
  const at = argv.indexOf("--config");
  const inline = argv.find((word) => word.startsWith("--config="));
  const path = at >= 0 ? argv[at + 1] : inline?.slice("--config=".length);
  const { read } = await readConfiguration(path ?? null, surroundings);
  const isCurrent = digestOf(line.options) === bustd.digest;
  return { sources: { files: read, isCurrent }, problems: [] };
}

/** How things stand by what lies in these places. */
async function readStatusIn(places: Places, about: "all" | "daemon"): Promise<Status> {
  const told = readStanding(places.standing);
  const standing = told !== null && "standing" in told ? told.standing : null;
  const read = readRingFile(places.ring);
  const ring = "ring" in read ? read.ring : null;
  const isRingUnreadable = "problem" in read && read.isMissing !== true;
  const isAll = about === "all";
  const { incidents, problems } = isAll ? readIncidents(places.incidents) : NOTHING_FOUND;
  const warned = isAll ? readWarning(places.warned, readTrusted) : null;
  const nowMs = Date.now();
  const files =
    standing === null || !isAll
      ? { sources: UNKNOWN_SOURCES, problems: [] }
      : await sourcesOf(standing);
  const status = statusOf({
    standing,
    sources: files.sources,
    ring,
    isRingUnreadable,
    incidents,
    hasWarnings: typeof warned !== "string" && existsSync(places.warned),
    warned: typeof warned === "string" ? null : warned,
    problems: [
      ...(told !== null && "problem" in told ? [told.problem] : []),
      ...(isRingUnreadable ? [`${places.ring}: ${read.problem}`] : []),
      ...problems,
      ...(typeof warned === "string" ? [warned] : []),
    ],
    memory: readMemory(),
    isThere: (pid) => exists(pid) && isBustd(pid) !== false,
    isHalted,
    nowAtMs: linux.nowMs(),
    midnightMs: parseMoment("today", nowMs) ?? 0,
  });
  const isJudged = status.state !== "stopped" && isOwn(status.pid);
  return isJudged ? { ...status, problems: [...files.problems, ...status.problems] } : status;
}

/**
 * How things stand now; of the daemon alone, without incidents and files, it is quick. Where no
 * directory was asked for, a daemon that left nothing there is found among the processes.
 */
export async function readStatus(
  directory: string | null,
  about: "all" | "daemon" = "all",
): Promise<Status> {
  const status = await readStatusIn(readPlaces(directory), about);
  if (status.state !== "stopped" || directory !== null) {
    return status;
  }
  const running = inForce(await runningDaemons(others()));
  return running === null ? status : besideRecorders(status, running, seesRecorders());
}

/** Whether there is no flight recorder that cannot be read. */
function seesRecorders(): boolean {
  return [readPlaces(null), SYSTEM_PLACES].every(({ ring }) => {
    const read = readRingFile(ring);
    return "ring" in read || read.isMissing === true;
  });
}

/** `status`: exit code 0 when it runs, 1 when it does not. */
export async function runStatus({ directory, json }: Asked): Promise<number> {
  const status = await readStatus(directory);
  const { columns } = readScreen();
  const lines = json
    ? [escapedJson(status)]
    : statusLines(status, zonedTime, Date.now()).flatMap((line) =>
        wrapped(line, columns, "", " ".repeat(10)),
      );
  print(`${lines.join("\n")}\n`);
  return status.state === "running" ? ExitCode.ok : ExitCode.problems;
}
