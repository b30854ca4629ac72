import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import type { FoundFile, Surroundings } from "../cli/surroundings.ts";
import { version } from "../version.ts";

/** Nobody writes so much by hand; it is `/dev/zero` or a mistake. */
const LARGEST_FILE = 1024 * 1024;

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
    readFile,
    listDirectory,
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

function readFile(path: string): FoundFile {
  let fd = -1;
  try {
    fd = openSync(path, "r");
    const { uid, mode, size } = fstatSync(fd);
    const directory = statSync(dirname(realpathSync(path)));
    if (size > LARGEST_FILE) {
      return { kind: "unreadable", reason: "it is larger than 1 MiB" };
    }
    return {
      kind: "found",
      text: readFileSync(fd, "utf8"),
      uid,
      mode,
      directoryUid: directory.uid,
      directoryMode: directory.mode,
    };
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      return { kind: "missing" };
    }
    return { kind: "unreadable", reason: reasonOf(code, message) };
  } finally {
    if (fd >= 0) {
      closeSync(fd);
    }
  }
}

function reasonOf(code: string, message: string): string {
  switch (code) {
    case "EACCES":
      return "permission denied";
    case "EISDIR":
      return "it is a directory";
    case "ELOOP":
      return "too many links";
    default:
      return message.replace(/[\r\n].*/s, "");
  }
}

function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
