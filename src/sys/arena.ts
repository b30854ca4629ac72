import { ptr, toArrayBuffer } from "bun:ffi";
import { libc } from "./libc.ts";

/**
 * Where each structure that the kernel fills or reads has its place. All lie in one large buffer,
 * because the engine moves the bytes of small typed arrays and leaves old addresses stale.
 */
export const At = {
  /** struct timespec (64-bit): seconds, nanoseconds. */
  timespec: 0,
  /** struct sysinfo of 64-bit kernels; sysinfo(2). */
  sysinfo: 64,
  /** sigset_t, 128 bytes in glibc and musl. */
  sigset: 256,
  /** struct signalfd_siginfo; signalfd(2). */
  siginfo: 384,
  /** struct pollfd, for a single question; poll(2). */
  askfd: 512,
  /** struct sockaddr_un; unix(7). */
  sockaddr: 576,
  /** struct utsname, 6 × 65 bytes. */
  utsname: 768,
  /** struct statx; statx(2). */
  statx: 1280,
  /** struct rusage; getrusage(2). */
  rusage: 1536,
  /** struct sched_param. */
  schedParam: 1728,
  /** Nothing is ever written here. */
  zeroWord: 1792,
  /** struct pollfd × 24: one for each of `Source`. */
  pollfds: 1856,
  /** Paths below `/proc` that a scan builds: digits, then `/NAME`. */
  paths: 2048,
  /** Text to write. */
  output: 4096,
  /** Text that was read, and directory entries. */
  text: 16384,
} as const;

const OUTPUT_BYTES = At.text - At.output;
// Without a JIT the length of a typed array is a call out of the interpreter.
export const TEXT_BYTES = 65536;
/** Threads of one process; more are not asked. */
const MAX_TIDS = 1024;

const arena = new ArrayBuffer(At.text + TEXT_BYTES + 4 * MAX_TIDS);
// Not a DataView: without a JIT each of its methods is a call out of the interpreter.
const words = new Uint32Array(arena, 0, At.output / 4);
const integers = new Int32Array(arena, 0, At.output / 4);
const shorts = new Int16Array(arena, 0, At.output / 2);
/** The arena's address. */
export const base = ptr(arena) as number;

export const bytes = new Uint8Array(arena);
/** Room for text without the NUL behind it. */
const output = new Uint8Array(arena, At.output, OUTPUT_BYTES - 1);
export const text = new Uint8Array(arena, At.text, TEXT_BYTES);
export const tids = new Int32Array(arena, At.text + TEXT_BYTES, MAX_TIDS);

// The address belongs to the thread, and there is only one.
const errnoCell = new Int32Array(toArrayBuffer(libc.__errno_location() as never, 0, 4));

/** The result of a call, or the negative error number. */
export function orErrno(result: number): number {
  return result < 0 ? -(errnoCell[0] ?? 0) : result;
}

/** Both architectures are little-endian; offsets are multiples of a number's size. */
export function u32(offset: number): number {
  return words[offset >> 2] ?? 0;
}

export function i32(offset: number): number {
  return integers[offset >> 2] ?? 0;
}

export function setI32(offset: number, value: number): void {
  integers[offset >> 2] = value;
}

export function setI16(offset: number, value: number): void {
  shorts[offset >> 1] = value;
}

export function i16(offset: number): number {
  return shorts[offset >> 1] ?? 0;
}

/** A 64-bit number, exact to 2^53. */
export function u64(offset: number): number {
  return (words[offset >> 2] ?? 0) + (words[(offset >> 2) + 1] ?? 0) * 4294967296;
}

const encoder = new TextEncoder();

/** Puts text into the output area as UTF-8 with a NUL behind it; its length without the NUL. */
export function encode(value: string): number {
  const { written } = encoder.encodeInto(value, output);
  bytes[At.output + written] = 0;
  return written;
}

/** The text of a NUL-terminated field. */
export function decodeField(offset: number, maxBytes: number): string {
  let result = "";
  for (let at = offset; at < offset + maxBytes && bytes[at] !== 0; at++) {
    result += String.fromCharCode(bytes[at] ?? 0);
  }
  return result;
}
