import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import type { FoundFile } from "../cli/surroundings.ts";

/** Nobody writes so much by hand; passwd(5) of a large site fits. */
const LARGEST_FILE = 1024 * 1024;
/** A file that comes so slowly lies where nobody answers. */
const LONGEST_READ_MS = 2_000;
/** Device numbers of `/dev/null`; null(4). */
const NULL_DEVICE = 0x103;

/**
 * Reads an ordinary file, and no more of it than people write. Anything else is not even opened:
 * opening a pipe waits, and opening a device may do what it is for.
 */
export function readFile(path: string): FoundFile {
  let fd = -1;
  try {
    const before = statSync(path);
    if (!before.isFile()) {
      const isNull = before.isCharacterDevice() && before.rdev === NULL_DEVICE;
      return isNull ? { kind: "null" } : { kind: "unreadable", reason: kindOf(before) };
    }
    const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = constants;
    fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    const stats = fstatSync(fd);
    const bytes = stats.isFile() && stats.size <= LARGEST_FILE ? readAll(fd) : kindOf(stats);
    if (typeof bytes === "string") {
      return { kind: "unreadable", reason: bytes };
    }
    const real = realpathSync(path);
    const directory = statSync(dirname(real));
    return {
      kind: "found",
      ...decoded(bytes),
      ...(real === path ? {} : { isLinked: true }),
      uid: stats.uid,
      mode: stats.mode,
      directoryUid: directory.uid,
      directoryMode: directory.mode,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR"
      ? { kind: "missing" }
      : { kind: "unreadable", reason: reasonOf(error) };
  } finally {
    if (fd >= 0) {
      closeSync(fd);
    }
  }
}

/** All bytes of an open file, or why it is given up: it may grow while it is read. */
function readAll(fd: number): Buffer | string {
  const buffer = Buffer.alloc(LARGEST_FILE + 1);
  const startedMs = performance.now();
  for (let length = 0; length < buffer.length;) {
    const read = readSync(fd, buffer, length, buffer.length - length, null);
    if (read === 0) {
      return buffer.subarray(0, length);
    }
    if (performance.now() - startedMs > LONGEST_READ_MS) {
      return "reading it takes too long";
    }
    length += read;
  }
  return "it is larger than 1 MiB";
}

/** What it is that is no file to read, and what to do. */
function kindOf(stats: Stats): string {
  if (stats.isDirectory()) {
    return "it is a directory; name a file in it";
  }
  if (stats.isFIFO()) {
    return "it is a pipe; write what comes out of it into a file";
  }
  if (stats.isSocket()) {
    return "it is a socket, and no file";
  }
  return stats.isFile() ? "it is larger than 1 MiB" : "it is a device, and no file";
}

/** The text, and where the first bytes stand that are not UTF-8. */
function decoded(bytes: Buffer): Pick<Extract<FoundFile, { kind: "found" }>, "text" | "notUtf8"> {
  const text = bytes.toString("utf8");
  // What was UTF-8 comes back as it was, U+FFFD as well.
  const again = Buffer.from(text);
  if (again.equals(bytes)) {
    return { text };
  }
  const differsAt = bytes.findIndex((byte, index) => byte !== again[index]);
  const wrongAt = differsAt < 0 ? bytes.length : differsAt;
  const before = bytes.toString("utf8", 0, wrongAt).split("\n");
  return { text, notUtf8: { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 } };
}

/** Why a file or directory cannot be read, as the end of a sentence. */
export function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "EACCES":
      return "permission denied";
    case "EISDIR":
      return "it is a directory; name a file in it";
    case "ENOTDIR":
      return "it is no directory";
    case "ELOOP":
      return "too many links";
    case "ENAMETOOLONG":
      return "the name is too long";
    case "EAGAIN":
      return "it would have to be waited for";
    default:
      return message.replace(/[\r\n].*/s, "");
  }
}
