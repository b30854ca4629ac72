import { Errno } from "../model/errno.ts";
import { At, base, bytes, encode, orErrno, TEXT_BYTES, tids, u32, u64 } from "./arena.ts";
import { readInTime } from "./in-time.ts";
import { libc } from "./libc.ts";
import type { ProcessFile, TaskFile } from "./sys.ts";

export const AT_FDCWD = -100;
export const O_WRONLY = 1;
export const O_CLOEXEC = 0o2000000;
export const O_DIRECTORY = process.arch === "arm64" ? 0o40000 : 0o200000;
const SYS_GETDENTS64 = process.arch === "arm64" ? 61 : 217;
export const SYS_STATX = process.arch === "arm64" ? 291 : 332;
const SYS_GETXATTR = process.arch === "arm64" ? 8 : 191;
/** All that stat(2) told. */
export const STATX_BASIC_STATS = 0x7ff;

export const AT_SYMLINK_NOFOLLOW = 0x100;

/** Digits of the longest pid. */
const DIGITS = 10;

const PROCESS_FILES: readonly ProcessFile[] = [
  "oom_score",
  "oom_score_adj",
  "stat",
  "statm",
  "status",
  "comm",
  "cmdline",
  "cgroup",
  "schedstat",
  "exe",
];

/** Where each file's `/NAME` stands in the arena; the pid's digits are put before it. */
const suffixAt = new Map<string, number>();
for (const [index, name] of PROCESS_FILES.entries()) {
  const at = At.paths + index * 32 + DIGITS;
  suffixAt.set(name, at);
  for (let i = 0; i <= name.length; i++) {
    bytes[at + i] = i === 0 ? 47 : name.charCodeAt(i - 1);
  }
  bytes[at + name.length + 1] = 0;
}

let procFd = -1;

/** `/proc`, opened once: paths relative to it are shorter to walk. */
function proc(): number {
  if (procFd < 0) {
    procFd = libc.openat(AT_FDCWD, "/proc", O_DIRECTORY | O_CLOEXEC, 0);
  }
  return procFd;
}

/** Writes the pid's digits before the suffix; the address of the whole path. */
function pathOf(pid: number, name: ProcessFile): number {
  let at = suffixAt.get(name) ?? 0;
  let rest = pid;
  do {
    const quotient = (rest / 10) | 0;
    bytes[--at] = 48 + rest - quotient * 10;
    rest = quotient;
  } while (rest > 0);
  return base + at;
}

/** openat(2), read-only. */
export function openToRead(path: string): number {
  return orErrno(libc.openat(AT_FDCWD, path, O_CLOEXEC, 0));
}

/** pread(2) of an open file from its start into the text area. */
export function readFromStart(fd: number): number {
  return orErrno(libc.pread(fd, base + At.text, TEXT_BYTES, 0));
}

/** pread(2) of part of an open file into the text area. */
export function readAt(fd: number, length: number, offset: number): number {
  return orErrno(libc.pread(fd, base + At.text, Math.min(length, TEXT_BYTES), offset));
}

/** close(2). */
export function close(fd: number): void {
  libc.close(fd);
}

const F_GETFL = 3;
const F_SETFL = 4;
const OUTPUTS = [1, 2] as const;
/** Read before anything of the runtime could change them. */
const outputFlags = OUTPUTS.map((fd) => libc.fcntl(fd, F_GETFL, 0));

export function restoreOutput(): void {
  for (const [index, fd] of OUTPUTS.entries()) {
    const flags = outputFlags[index] ?? -1;
    if (flags >= 0) {
      libc.fcntl(fd, F_SETFL, flags);
    }
  }
}

/** dup2(2), then close(2). */
export function moveDescriptor(fd: number, onto: number): number {
  const result = orErrno(libc.dup2(fd, onto));
  libc.close(fd);
  return result;
}

function readAndClose(fd: number): number {
  if (fd < 0) {
    return fd;
  }
  const length = readFromStart(fd);
  libc.close(fd);
  return length;
}

/** Opens, reads once, closes. */
export function readFile(path: string): number {
  return readAndClose(openToRead(path));
}

/** A file of `/proc/PID/`; `exe` is read as a link, `cmdline` in time. */
export function readProcessFile(pid: number, name: ProcessFile): number {
  const path = pathOf(pid, name);
  if (name === "exe") {
    return orErrno(libc.readlinkatRaw(proc(), path, base + At.text, TEXT_BYTES));
  }
  const fd = orErrno(libc.openatRaw(proc(), path, O_CLOEXEC, 0));
  return name === "cmdline" && fd >= 0 ? readInTime(pid, fd) : readAndClose(fd);
}

/** `/proc/PID/task/TID/NAME`. */
export function readTaskFile(pid: number, tid: number, name: TaskFile): number {
  const fd = openToRead(`/proc/${pid}/task/${tid}/${name}`);
  return name === "cmdline" && fd >= 0 ? readInTime(tid, fd) : readAndClose(fd);
}

/** Reads the next names of an open directory into the text area; getdents64(2). */
export function readEntries(fd: number, mostBytes = TEXT_BYTES): number {
  return libc.syscall(SYS_GETDENTS64, fd, base + At.text, mostBytes, 0, 0);
}

/**
 * Pids of the last list. It grows: the engine lets garbage come together for as long as it is less
 * than all that was allocated, so that room for every pid there may be would cost as much again.
 */
let pids: Int32Array = new Int32Array(16_384);

export function pidsOfList(): Int32Array {
  return pids;
}

/** How many of them there are so far. */
let listed = 0;

/** Processes of `/proc`, into `pids`, a part at a time: the directory keeps its place meanwhile. */
export function listProcesses(isMore: boolean): number {
  if (!isMore) {
    listed = 0;
    if (libc.lseek(proc(), 0, 0) < 0) {
      // A filter refuses it; an open directory begins at the first entry.
      libc.close(procFd);
      procFd = -1;
    }
  }
  const length = readEntries(proc());
  if (length <= 0) {
    return listed > 0 || length === 0 ? listed : orErrno(length);
  }
  // An entry takes 24 bytes at least.
  if (listed + length / 24 > pids.length) {
    const more = new Int32Array(2 * (listed + Math.ceil(length / 24)));
    more.set(pids);
    pids = more;
  }
  listed = takeNumbers(length, pids, listed);
  return -Errno.EAGAIN;
}

/** The threads of a process, into `tids`, as many as fit. */
export function listTasks(pid: number): number {
  const fd = orErrno(libc.openat(AT_FDCWD, `/proc/${pid}/task`, O_DIRECTORY | O_CLOEXEC, 0));
  if (fd < 0) {
    return fd;
  }
  let count = 0;
  let length = readEntries(fd);
  const first = length;
  for (; length > 0; length = readEntries(fd)) {
    count = takeNumbers(length, tids, count);
  }
  libc.close(fd);
  return first < 0 ? orErrno(first) : count;
}

/** Takes the numeric names of what was read of a directory, as many as fit; how many there are. */
export function takeNumbers(length: number, into: Int32Array, from: number): number {
  let count = from;
  // struct linux_dirent64: inode 8, offset 8, length 2, type 1, name.
  for (let at = At.text; at < At.text + length;) {
    const first = bytes[at + 19] ?? 0;
    if (first >= 48 && first <= 57 && count < into.length) {
      let number = 0;
      for (let i = at + 19; bytes[i] !== 0; i++) {
        number = number * 10 + (bytes[i] ?? 0) - 48;
      }
      into[count++] = number;
    }
    at += (bytes[at + 16] ?? 0) + 256 * (bytes[at + 17] ?? 0);
  }
  return count;
}

/** An extended attribute as text; getxattr(2). */
export function readAttribute(path: string, name: string): number {
  const nameAt = encode(path) + 1;
  for (let i = 0; i <= name.length; i++) {
    bytes[At.output + nameAt + i] = i < name.length ? name.charCodeAt(i) : 0;
  }
  const address = base + At.output;
  return orErrno(
    libc.syscall(SYS_GETXATTR, address, address + nameAt, base + At.text, TEXT_BYTES, 0),
  );
}

interface FileStat {
  readonly uid: number;
  /** Type and permissions; inode(7). */
  readonly mode: number;
  readonly links: number;
  readonly inode: number;
  readonly bytes: number;
}

/** Asks statx(2); 0, or the negative error number. */
function askStat(path: string, flags: number): number {
  encode(path);
  const mask = STATX_BASIC_STATS;
  return orErrno(libc.syscall(SYS_STATX, AT_FDCWD, base + At.output, flags, mask, base + At.statx));
}

/** What matters of a file, or null; statx(2). */
export function statOf(path: string, flags: number): FileStat | null {
  if (askStat(path, flags) < 0) {
    return null;
  }
  // struct statx: mask 4, blksize 4, attributes 8, nlink 4, uid 4, gid 4, mode 2, gap 2, ino 8,
  // size 8.
  return {
    uid: u32(At.statx + 20),
    mode: u32(At.statx + 28) & 0xffff,
    links: u32(At.statx + 16),
    inode: u64(At.statx + 32),
    bytes: u64(At.statx + 40),
  };
}

/** A file's owner, or the negative error number. */
export function ownerOf(path: string): number {
  const result = askStat(path, AT_SYMLINK_NOFOLLOW);
  return result < 0 ? result : u32(At.statx + 20);
}

/** Writes a text to an existing file in one write(2). */
export function writeFile(path: string, value: string): number {
  const fd = orErrno(libc.openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0));
  if (fd < 0) {
    return fd;
  }
  const result = write(fd, value);
  libc.close(fd);
  return result;
}

/** write(2) of a text, as UTF-8; the number of bytes written. */
export function write(fd: number, value: string): number {
  return orErrno(libc.write(fd, base + At.output, encode(value)));
}

/** unlink(2). */
export function removeFile(path: string): number {
  return orErrno(libc.unlinkat(AT_FDCWD, path, 0));
}
