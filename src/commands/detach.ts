import { constants, fstatSync, openSync, readSync } from "node:fs";
import { errnoSentence } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";
import type { Handover } from "../model/handover.ts";
import { linux } from "../sys/linux.ts";
import { createHandover, ENGINE } from "../sys/self.ts";

/** Descriptors the daemon finds its options and the waiting command at. */
const OPTIONS_FD = 3;
const READY_FD = 4;
const LISTEN_MS = 5;

/** Where the background daemon writes: the original's places. */
function logPaths(isRoot: boolean): readonly [string, string] {
  const directory = isRoot ? "/var/log" : "/tmp";
  return [`${directory}/bustd.out`, `${directory}/bustd.err`];
}

/**
 * Opens a log to append to. In `/tmp` anybody could have put a link, a pipe or a file of that name
 * there: no link is followed, no pipe waited for, and a file of another user is refused. Throws an
 * error that says why.
 */
function openLog(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0o640);
  } catch (error) {
    const { code, errno = 0 } = error as NodeJS.ErrnoException;
    const reason = code === "ENXIO" ? "it is a pipe or a socket" : errnoSentence(Math.abs(errno));
    throw new Error(`${path}: ${reason}`, { cause: error });
  }
  const stats = fstatSync(fd);
  const { nlink, uid } = stats;
  if (!stats.isFile()) {
    throw new Error(`${path}: it is not an ordinary file`);
  }
  if (uid !== process.geteuid?.() || nlink !== 1) {
    throw new Error(`${path}: it belongs to somebody else`);
  }
  return fd;
}

/** Opens the logs anew, which may have been moved away; what cannot be opened stays as it is. */
export function reopenLogs(): void {
  for (const [index, path] of logPaths(process.geteuid?.() === 0).entries()) {
    try {
      linux.moveDescriptor(openLog(path), index + 1);
    } catch {
      // It goes on in the file that it has.
    }
  }
}

/**
 * Starts this executable as a daemon: a new session, `/` as the working directory, nothing for
 * standard input. Returns when the daemon says that it is up, or why it is not.
 */
export async function startDetached(handed: Handover): Promise<number> {
  const paths = logPaths(process.geteuid?.() === 0);
  let logs: number[];
  try {
    logs = paths.map(openLog);
  } catch (error) {
    process.stderr.write(`bustd: cannot open the log ${String((error as Error).message)}\n`);
    return ExitCode.notStarted;
  }
  const [out = 1, err = 2] = logs;
  const { inheritance, options } = handed;
  const content: Handover = { ...handed, inheritance: { ...inheritance, readyFd: READY_FD } };
  const handover = createHandover(JSON.stringify(content));
  let child;
  try {
    child = Bun.spawn(["/proc/self/exe", ...options.argv], {
      argv0: "bustd",
      cwd: "/",
      detached: true,
      env: { ...ENGINE, BUSTD_OPTIONS_FD: String(OPTIONS_FD) },
      stdio: ["ignore", out, err, handover, "pipe"],
    });
  } catch (error) {
    const because = (error as Error).message;
    process.stderr.write(
      `bustd: the daemon did not start: no process can be started: ${because}\n`,
    );
    return ExitCode.notStarted;
  }
  const said = await hear(child.stdio[READY_FD] as unknown as number);
  if (said === "up") {
    child.unref();
    return ExitCode.ok;
  }
  const exitCode = await child.exited;
  const reason = said === "" ? `it ended with exit code ${exitCode}, see ${paths[1]}` : said;
  process.stderr.write(`bustd: the daemon did not start: ${reason}\n`);
  return exitCode === 0 ? ExitCode.notStarted : exitCode;
}

/** What the daemon says once; "" when it ends without a word. */
async function hear(fd: number): Promise<string> {
  const buffer = Buffer.alloc(4096);
  for (;;) {
    try {
      return buffer.toString("utf8", 0, readSync(fd, buffer));
    } catch (error) {
      // Bun's pipe to a child does not block.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
        return "";
      }
      // oxlint-disable-next-line no-await-in-loop -- waiting is what this is about
      await Bun.sleep(LISTEN_MS);
    }
  }
}
