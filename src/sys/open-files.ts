import { At, base, bytes, orErrno, tids, u32, u64 } from "./arena.ts";
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  readEntries,
  STATX_BASIC_STATS,
  SYS_STATX,
  takeNumbers,
} from "./files.ts";
import { libc } from "./libc.ts";

/** A directory entry takes so many bytes at least: no more are read than there is room for. */
const ENTRY_BYTES = 24;
const MOST_PATH_BYTES = 4096;
const MEMFD = "/memfd:";
const SHM = "/dev/shm/";
const DELETED = " (deleted)";

/** Memory of files that a process has open, that ends with it, and that changed since then, KiB. */
export function openShmemKib(pid: number, sinceWallMs: number): number {
  const fd = orErrno(libc.openat(AT_FDCWD, `/proc/${pid}/fd`, O_DIRECTORY | O_CLOEXEC, 0));
  if (fd < 0) {
    return fd;
  }
  let kib = 0;
  let counted: Set<number> | null = null;
  for (;;) {
    const length = readEntries(fd, tids.length * ENTRY_BYTES);
    const count = length > 0 ? takeNumbers(length, tids, 0) : 0;
    for (let i = 0; i < count; i++) {
      if (endsWithHolder(fd, tids[i] ?? 0)) {
        // What is open twice is there once.
        counted ??= new Set();
        const isNew = askBlocks(fd) && changedWallMs() >= sinceWallMs && !counted.has(inode());
        kib += isNew ? blocksKib() : 0;
        counted.add(inode());
      }
    }
    if (length <= 0) {
      libc.close(fd);
      return kib;
    }
  }
}

/** Whether a descriptor is of shared memory that has no name, or none any more. */
function endsWithHolder(directory: number, number: number): boolean {
  writeName(number);
  // Only the link: a file on a server that does not answer is never asked.
  const length = libc.readlinkatRaw(directory, base + At.paths, base + At.text, MOST_PATH_BYTES);
  return (
    isAt(MEMFD, 0, length) ||
    (isAt(SHM, 0, length) && isAt(DELETED, length - DELETED.length, length))
  );
}

/** Writes a number as a name, where the path of a process's file would stand. */
function writeName(number: number): void {
  const digits = String(number);
  for (let i = 0; i <= digits.length; i++) {
    bytes[At.paths + i] = i < digits.length ? digits.charCodeAt(i) : 0;
  }
}

/** Whether these bytes of the text are this. */
function isAt(expected: string, from: number, length: number): boolean {
  if (from < 0 || from + expected.length > length) {
    return false;
  }
  for (let i = 0; i < expected.length; i++) {
    if (bytes[At.text + from + i] !== expected.charCodeAt(i)) {
      return false;
    }
  }
  return true;
}

function askBlocks(directory: number): boolean {
  const mask = STATX_BASIC_STATS;
  return libc.syscall(SYS_STATX, directory, base + At.paths, 0, mask, base + At.statx) === 0;
}

// struct statx: ino at 32, blocks of 512 bytes at 48, seconds and nanoseconds of ctime at 96.

function inode(): number {
  return u64(At.statx + 32);
}

/** Writing changes it, also to what is mapped; fault_dirty_shared_page() of mm/memory.c. */
function changedWallMs(): number {
  return u64(At.statx + 96) * 1000 + u32(At.statx + 104) / 1e6;
}

function blocksKib(): number {
  return u64(At.statx + 48) / 2;
}
