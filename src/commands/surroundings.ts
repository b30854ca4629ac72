import { existsSync, fstatSync, readdirSync } from "node:fs";
import type { FoundDirectory, Surroundings } from "../cli/surroundings.ts";
import { placesOf } from "../model/places.ts";
import { version } from "../version.ts";
import { programProblem } from "./hook-program.ts";
import { readFile, reasonOf } from "./read-file.ts";

/** What the command line depends on, as it is now. */
export function readSurroundings(): Surroundings {
  const { env } = process;
  return {
    version,
    isRoot: process.geteuid?.() === 0,
    pid: process.pid,
    stdoutIsTerminal: Boolean(process.stdout.isTTY),
    stderrIsTerminal: Boolean(process.stderr.isTTY),
    stderrIsJournal: stderrIsJournal(),
    notifySocket: env["NOTIFY_SOCKET"] ?? "",
    watchdogUsec: env["WATCHDOG_USEC"] ?? "",
    watchdogPid: env["WATCHDOG_PID"] ?? "",
    directory: workingDirectory(),
    hasSystemd: existsSync("/run/systemd/system"),
    places: placesOf(env, process.geteuid?.() === 0),
    readFile,
    listDirectory,
    programProblem: (path) => programProblem(path, process.geteuid?.() ?? -1),
  };
}

/** Whether `JOURNAL_STREAM` names what standard error is; systemd.exec(5). */
function stderrIsJournal(): boolean {
  const named = process.env["JOURNAL_STREAM"] ?? "";
  try {
    const { dev, ino } = fstatSync(2);
    return named === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

function listDirectory(path: string): FoundDirectory {
  try {
    return { names: readdirSync(path), reason: "" };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return { names: [], reason: code === "ENOENT" ? "" : reasonOf(error) };
  }
}
