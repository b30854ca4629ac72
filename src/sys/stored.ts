import { toArrayBuffer } from "bun:ffi";
import { Errno } from "../model/errno.ts";
import { At, base, bytes, orErrno, text } from "./arena.ts";
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_WRONLY,
  readEntries,
  removeFile,
  statOf,
} from "./files.ts";
import { libc } from "./libc.ts";

const O_RDWR = 2;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_NONBLOCK = 0o4000;
const O_NOFOLLOW = process.arch === "arm64" ? 0o100000 : 0o400000;
const PROT_READ_WRITE = 1 | 2;
const MAP_SHARED = 1;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const OTHERS_WRITE = 0o022;

const OUTPUT_BYTES = At.text - At.output;

/** Everybody may read the readings of memory; nobody but us may write them. */
const MAPPED_MODE = 0o644;

/** Whether an open file is a plain one that nobody else can write or reach by another name. */
function isOurs(fd: number, size: number): boolean {
  const stat = statOf(`/proc/self/fd/${fd}`, 0);
  return (
    stat !== null &&
    (stat.mode & S_IFMT) === S_IFREG &&
    (stat.mode & OTHERS_WRITE) === 0 &&
    stat.uid === libc.geteuid() &&
    stat.links === 1 &&
    stat.bytes === size
  );
}

/** The file that is there, if it is ours and of this size, else a new one in its place. */
function openOwn(path: string, size: number): number {
  const flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const there = orErrno(libc.openat(AT_FDCWD, path, flags, 0));
  if (there >= 0) {
    if (isOurs(there, size)) {
      return there;
    }
    libc.close(there);
  }
  if (there !== -Errno.ENOENT) {
    // Not cut short in place: somebody who has mapped it would die of SIGBUS.
    removeFile(path);
  }
  const fd = orErrno(libc.openat(AT_FDCWD, path, flags | O_CREAT | O_EXCL, MAPPED_MODE));
  if (fd >= 0) {
    libc.fchmod(fd, MAPPED_MODE);
  }
  return fd;
}

/** mmap(2); an address of 48 bits at most. */
function mapShared(fd: number, size: number): number {
  return orErrno(Number(libc.mmap(0, size, PROT_READ_WRITE, MAP_SHARED, fd, 0)));
}

/** mmap(2) of a whole file that is ours; see `Sys.mapFile`. */
export function mapFile(path: string, size: number): ArrayBuffer | number {
  const fd = openOwn(path, size);
  if (fd < 0) {
    return fd;
  }
  // A page that is not there would be made when it is first written: with no memory or no space
  // left that is a stall, or SIGBUS.
  const reserved = orErrno(libc.fallocate(fd, 0, 0, size));
  const address = reserved < 0 ? reserved : mapShared(fd, size);
  libc.close(fd);
  return address < 0 ? address : toArrayBuffer(address as never, 0, size);
}

/** write(2) of everything, in parts; 0, or the negative error number. */
function writeAll(fd: number, data: Uint8Array): number {
  for (let at = 0; at < data.length;) {
    const part = data.subarray(at, at + OUTPUT_BYTES);
    bytes.set(part, At.output);
    const written = orErrno(libc.write(fd, base + At.output, part.length));
    if (written <= 0) {
      return written < 0 ? written : -Errno.ENOSPC;
    }
    at += written;
  }
  return 0;
}

/** Writes a file under another name first; rename(2). See `Sys.replaceFile`. */
export function replaceFile(path: string, content: string, mode: number): number {
  const temporary = `${path}.tmp`;
  removeFile(temporary);
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const fd = orErrno(libc.openat(AT_FDCWD, temporary, flags, mode));
  if (fd < 0) {
    return fd;
  }
  libc.fchmod(fd, mode);
  const written = writeAll(fd, new TextEncoder().encode(content));
  // Network file systems say only here that there was no space.
  const closed = orErrno(libc.close(fd));
  const failed = written < 0 ? written : closed;
  const result = failed < 0 ? failed : orErrno(libc.renameat(AT_FDCWD, temporary, AT_FDCWD, path));
  if (result < 0) {
    removeFile(temporary);
  }
  return result;
}

/** mkdirat(2). */
export function makeDirectory(path: string, mode: number): number {
  return orErrno(libc.mkdirat(AT_FDCWD, path, mode));
}

/** Names in a directory; getdents64(2). */
export function listNames(path: string): readonly string[] {
  const fd = libc.openat(AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC, 0);
  const names: string[] = [];
  const decoder = new TextDecoder();
  for (let length = fd < 0 ? 0 : readEntries(fd); length > 0; length = readEntries(fd)) {
    // struct linux_dirent64: inode 8, offset 8, length 2, type 1, name.
    for (let at = 0; at < length;) {
      const size = (text[at + 16] ?? 0) + 256 * (text[at + 17] ?? 0);
      const name = text.subarray(at + 19, text.indexOf(0, at + 19));
      names.push(decoder.decode(name));
      at += size;
    }
  }
  if (fd >= 0) {
    libc.close(fd);
  }
  return names.filter((name) => name !== "." && name !== "..");
}
