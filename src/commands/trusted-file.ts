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
import { errnoSentence } from "../model/errno.ts";

/** `S_IWGRP | S_IWOTH` and `S_ISVTX` of inode(7). */
const OTHERS_WRITE = 0o022;
/**
 * Where a system's daemon that is not root keeps its files: it owns them, and nobody else does.
 * Those below `private` are the ones of a service with DynamicUser=; systemd.exec(5).
 */
const SERVICE_DIRECTORIES = [
  "/run/bustd",
  "/run/private/bustd",
  "/var/lib/bustd",
  "/var/lib/private/bustd",
];

/** A file's bytes, that there is none, or why it is not read, as the end of a sentence. */
export type TrustedFile =
  | { readonly kind: "found"; readonly bytes: Uint8Array }
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Reads a plain file of at most so many bytes; no link is followed, and no FIFO waited for. As
 * root, a file that others could have written is refused: root acts on what it says.
 */
export function readTrusted(path: string, maxBytes: number): TrustedFile {
  return read(path, maxBytes, process.geteuid?.() === 0 ? strangeWriter : () => null);
}

/** The same of a file that has to be this user's own, and that nobody else could have written. */
export function readOwn(path: string, maxBytes: number): TrustedFile {
  return read(path, maxBytes, ({ mode, nlink, uid }) => {
    if (uid !== process.geteuid?.()) {
      return `it belongs to user ${uid}`;
    }
    return (mode & OTHERS_WRITE) !== 0 || nlink !== 1
      ? "others than its owner could have written it"
      : null;
  });
}

/** Says why an open file is not to be read, if so. */
type Objection = (stat: Stats, path: string) => string | null;

function read(path: string, maxBytes: number, objection: Objection): TrustedFile {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  let fd = -1;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const reason = refusal(fd, path, maxBytes, objection);
    if (reason !== null) {
      return { kind: "refused", reason };
    }
    const buffer = Buffer.alloc(maxBytes);
    let length = 0;
    for (let got = -1; got !== 0 && length < maxBytes; length += got) {
      got = readSync(fd, buffer, length, maxBytes - length, length);
    }
    return { kind: "found", bytes: buffer.subarray(0, length) };
  } catch (error) {
    const { code = "", errno = 0 } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR"
      ? { kind: "missing" }
      : { kind: "refused", reason: errnoSentence(Math.abs(errno)) };
  } finally {
    if (fd >= 0) {
      closeSync(fd);
    }
  }
}

function refusal(fd: number, path: string, maxBytes: number, objection: Objection): string | null {
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    return "it is no plain file";
  }
  if (stat.size > maxBytes) {
    return `it is larger than ${Math.round(maxBytes / 1024)} KiB`;
  }
  return objection(stat, path);
}

/** Whether somebody could have written a file who is not trusted by root. */
function strangeWriter(stat: Stats, path: string): string | null {
  if ((stat.mode & OTHERS_WRITE) !== 0) {
    return "others than its owner can write it; chmod go-w it if you trust what it says";
  }
  return isTrustedOwner(stat.uid, dirname(realpathSync(path)))
    ? null
    : `user ${stat.uid}, who is not root, could have written it; read it as that user`;
}

function isTrustedOwner(uid: number, directory: string): boolean {
  const { mode, uid: directoryUid } = statSync(directory);
  if (uid === 0) {
    return true;
  }
  const isService = SERVICE_DIRECTORIES.some((known) => `${directory}/`.startsWith(`${known}/`));
  return isService && directoryUid === uid && (mode & OTHERS_WRITE) === 0;
}
