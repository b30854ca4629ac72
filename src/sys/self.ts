import { ptr } from "bun:ffi";
import { Errno } from "../model/errno.ts";
import { At, base, bytes, decodeField, encode, i32, orErrno, setI32, text } from "./arena.ts";
import { AT_SYMLINK_NOFOLLOW, restoreOutput, statOf } from "./files.ts";
import { libc } from "./libc.ts";
import type { HandoverName, SystemName } from "./sys.ts";

const AT_FDCWD = -100;
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_NOFOLLOW = process.arch === "arm64" ? 0o100000 : 0o400000;
const LOCK_EX_NB = 2 | 4;
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** sun_path without its NUL. */
const SOCKET_PATH_BYTES = 107;
const UTS_FIELD_BYTES = 65;
const SYS_SCHED_SETSCHEDULER = process.arch === "arm64" ? 119 : 144;
const SYS_SCHED_GETSCHEDULER = process.arch === "arm64" ? 120 : 145;
const SYS_SCHED_GETPARAM = process.arch === "arm64" ? 121 : 143;
const SCHED_OTHER = 0;
const SCHED_FIFO = 1;
const LOWEST_REAL_TIME = 1;
const SCHED_RESET_ON_FORK = 0x40000000;
const PRIO_PROCESS = 0;
const HIGHEST_PRIORITY = -20;

function utsField(index: number): string {
  return decodeField(At.utsname + index * UTS_FIELD_BYTES, UTS_FIELD_BYTES);
}

/** uname(2). */
export function systemName(): SystemName {
  libc.uname(base + At.utsname);
  return {
    system: utsField(0),
    host: utsField(1),
    release: utsField(2),
    architecture: utsField(4),
  };
}

/** Whether it runs as `raisePriority` has it run, also since before execve(2). */
let isRealTime = false;

/** See `Sys.raisePriority`. */
export function raisePriority(): number {
  const policy = libc.syscall(SYS_SCHED_GETSCHEDULER, 0, 0, 0, 0, 0) & ~SCHED_RESET_ON_FORK;
  isRealTime =
    policy === SCHED_OTHER
      ? setScheduler(SCHED_FIFO, LOWEST_REAL_TIME) >= 0
      : policy === SCHED_FIFO && ownRealTime() === LOWEST_REAL_TIME;
  return orErrno(libc.setpriority(PRIO_PROCESS, 0, HIGHEST_PRIORITY));
}

/** Lets a call be made as any other thread would make it: what it starts inherits how it runs. */
export function withoutRealTime<T>(call: () => T): T {
  if (!isRealTime) {
    return call();
  }
  setScheduler(SCHED_OTHER, 0);
  try {
    return call();
  } finally {
    setScheduler(SCHED_FIFO, LOWEST_REAL_TIME);
  }
}

function ownRealTime(): number {
  const result = libc.syscall(SYS_SCHED_GETPARAM, 0, base + At.schedParam, 0, 0, 0);
  return result < 0 ? 0 : i32(At.schedParam);
}

/** By number: musl's function of that name refuses. */
function setScheduler(policy: number, priority: number): number {
  setI32(At.schedParam, priority);
  return orErrno(libc.syscall(SYS_SCHED_SETSCHEDULER, 0, policy, base + At.schedParam, 0, 0));
}

export function ownPid(): number {
  return libc.getpid();
}

/** geteuid(2). */
export function ownUid(): number {
  return libc.geteuid();
}

/** One datagram to a Unix socket, in the abstract namespace after a leading `@`; unix(7). */
export function sendDatagram(socketPath: string, message: string): number {
  const fd = orErrno(libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0));
  if (fd < 0) {
    return fd;
  }
  const pathBytes = encode(socketPath);
  if (pathBytes > SOCKET_PATH_BYTES) {
    libc.close(fd);
    return -Errno.EINVAL;
  }
  bytes[At.sockaddr] = AF_UNIX;
  bytes[At.sockaddr + 1] = 0;
  bytes.copyWithin(At.sockaddr + 2, At.output, At.output + pathBytes);
  if (socketPath.startsWith("@")) {
    bytes[At.sockaddr + 2] = 0;
  }
  const length = encode(message);
  // Whoever listens may be too busy to read: that must not stop the daemon.
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const address = base + At.sockaddr;
  const result = orErrno(libc.sendto(fd, base + At.output, length, flags, address, 2 + pathBytes));
  libc.close(fd);
  return result;
}

/** A pid file that one instance holds by flock(2) for as long as it runs, also over execve(2). */
export function holdPidFile(path: string): number {
  const flags = O_RDWR | O_CREAT | O_NOFOLLOW;
  const fd = orErrno(libc.openat(AT_FDCWD, path, flags, 0o644));
  if (fd < 0) {
    return fd;
  }
  const problem = lockOwnFile(fd, path);
  if (problem < 0) {
    libc.close(fd);
    return problem;
  }
  const length = encode(`${libc.getpid()}\n`);
  libc.ftruncate(fd, 0);
  const written = orErrno(libc.write(fd, base + At.output, length));
  if (written < 0) {
    libc.close(fd);
    return written;
  }
  return fd;
}

/** Type of a file, and that of one that holds bytes; inode(7). */
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

function lockOwnFile(fd: number, path: string): number {
  const locked = orErrno(libc.flock(fd, LOCK_EX_NB));
  if (locked < 0) {
    return locked;
  }
  const ours = statOf(`/proc/self/fd/${fd}`, 0);
  // A second name may be somebody's file that was linked here, to be overwritten.
  const isOwnFile = ours !== null && (ours.mode & S_IFMT) === S_IFREG && ours.links <= 1;
  if (!isOwnFile || ours.uid !== libc.geteuid()) {
    return -Errno.EPERM;
  }
  // An instance that ends removes the file; the one we locked must be the one with the name.
  const named = statOf(path, AT_SYMLINK_NOFOLLOW);
  return named?.inode === ours.inode ? 0 : -Errno.EAGAIN;
}

/** A memory file that outlives execve(2), with this text inside; memfd_create(2). */
export function createHandover(content: string): number {
  const fd = orErrno(libc.memfd_create("bustd-options", 0));
  if (fd < 0) {
    return fd;
  }
  const data = new TextEncoder().encode(content);
  for (let at = 0; at < data.length;) {
    const part = data.subarray(at, at + 8192);
    bytes.set(part, At.output);
    const written = orErrno(libc.write(fd, base + At.output, part.length));
    if (written <= 0) {
      libc.close(fd);
      return written < 0 ? written : -Errno.ENOMEM;
    }
    at += written;
  }
  return fd;
}

/** Reads what `createHandover` wrote; null when the descriptor is not of its making. */
export function readHandover(fd: number): string | null {
  const decoder = new TextDecoder();
  const length = readLinkOf(fd);
  const link = decoder.decode(text.subarray(0, Math.max(0, length)));
  if (link !== "/memfd:bustd-options (deleted)") {
    return null;
  }
  let result = "";
  for (let at = 0; ;) {
    const got = libc.pread(fd, base + At.text, text.length, at);
    if (got <= 0) {
      libc.close(fd);
      return result + decoder.decode();
    }
    result += decoder.decode(text.subarray(0, got), { stream: true });
    at += got;
  }
}

/** readlinkat(2): what a descriptor of ours is. */
function readLinkOf(fd: number): number {
  encode(`/proc/self/fd/${fd}`);
  return orErrno(libc.readlinkatRaw(AT_FDCWD, base + At.output, base + At.text, text.length));
}

/** NUL-terminated strings behind the array of their addresses, as execve(2) wants them. */
export function stringArray(values: readonly string[]): {
  readonly block: ArrayBuffer;
  at: number;
} {
  const encoded = values.map((value) => new TextEncoder().encode(`${value}\0`));
  const tableBytes = 8 * (values.length + 1);
  const size = encoded.reduce((sum, item) => sum + item.length, tableBytes);
  // Large, so that the engine does not move it (see arena.ts).
  const block = new ArrayBuffer(Math.max(4096, size));
  const addresses = new BigUint64Array(block, 0, values.length + 1);
  const address = ptr(block) as number;
  let at = tableBytes;
  for (const [index, item] of encoded.entries()) {
    addresses[index] = BigInt(address + at);
    new Uint8Array(block).set(item, at);
    at += item.length;
  }
  return { block, at: address };
}

/**
 * The engine's settings for a program that runs for months. One thread for everything: without the
 * first one a thread starts that keeps memory in stock; the second and third keep the collector in
 * the thread that it works for. Garbage is collected when there is as much as all else (the factor
 * counts below 16 GiB of RAM, the increase above), not when there is twice as much or 8 MB; hardly
 * ever in a crisis, for the collector would have to be read from disk. And code that ran stays,
 * however long ago: what a kill needs must not be made again in a crisis.
 */
export const ENGINE: Readonly<Record<string, string>> = {
  BUN_JSC_useWarmUpMarkedBlocks: "0",
  BUN_JSC_numberOfGCMarkers: "1",
  BUN_JSC_useConcurrentGC: "0",
  BUN_JSC_largeHeapSize: "1000000",
  BUN_JSC_smallHeapGrowthFactor: "2",
  BUN_JSC_heapGrowthMaxIncrease: "1",
  BUN_JSC_forceCodeBlockLiveness: "1",
};

/** A full collection, in this thread: see `ENGINE`. */
export function collectGarbage(): void {
  Bun.gc(true);
}

/** execve(2) of this executable with the same pid; see `Sys.restart`. */
export function restart(as: HandoverName, content: string, argv: readonly string[]): number {
  const fd = createHandover(content);
  if (fd < 0) {
    return fd;
  }
  // The next stage would not know it for its own, and start another one, for ever.
  const seen = readLinkOf(fd);
  if (seen < 0) {
    libc.close(fd);
    return seen;
  }
  const args = stringArray(["bustd", ...argv]);
  const settings = Object.entries({ ...ENGINE, [as]: fd });
  const environment = stringArray(settings.map(([name, value]) => `${name}=${value}`));
  restoreOutput();
  const failed = orErrno(libc.execve("/proc/self/exe", args.at, environment.at));
  libc.close(fd);
  return failed;
}
