import { At, base, orErrno, u64 } from "./arena.ts";
import { libc } from "./libc.ts";
import type { PageRange } from "./sys.ts";

const SYS_MLOCK2 = process.arch === "arm64" ? 284 : 325;
const MCL_CURRENT = 1;
const MCL_FUTURE = 2;
const MCL_ONFAULT = 4;
const MLOCK_ONFAULT = 1;

/**
 * mlockall(2), pages locked as they are touched. Never without MCL_ONFAULT: the engine reserves
 * gigabytes of addresses, and the kernel would fill them all.
 */
export function lockMemory(): number {
  return orErrno(libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT));
}

/** munlockall(2). */
export function unlockMemory(): number {
  return orErrno(libc.munlockall());
}

/** mlock2(2) with MLOCK_ONFAULT. */
export function lockRange(range: PageRange): number {
  return orErrno(libc.syscall(SYS_MLOCK2, range.address, range.bytes, MLOCK_ONFAULT, 0, 0));
}

/** madvise(2). */
export function advise(range: PageRange, advice: number): number {
  return orErrno(libc.madvise(range.address, range.bytes, advice));
}

const WORD_BYTES = 8;

/** Whether each word equals the one before. */
function isUniform(address: number, length: number): boolean {
  return libc.memcmp(address, address + WORD_BYTES, length - WORD_BYTES) === 0;
}

export function isTextUniform(length: number): boolean {
  return isUniform(base + At.text, length);
}

/** Whether a range holds nothing but zeros. */
export function isBlank({ address, bytes: length }: PageRange): boolean {
  const startsBlank = libc.memcmp(address, base + At.zeroWord, WORD_BYTES) === 0;
  return startsBlank && isUniform(address, length);
}

const RUSAGE_SELF = 0;

/** ru_minflt of struct rusage: behind two times, and four numbers about sizes. */
export function pageFaults(): number {
  libc.getrusage(RUSAGE_SELF, base + At.rusage);
  return u64(At.rusage + 64);
}
