/** Error numbers the daemon tells apart; the same on x86-64 and arm64 (asm-generic/errno.h). */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  EMFILE: 24,
  ENOSPC: 28,
  EPIPE: 32,
  ENOSYS: 38,
  ENAMETOOLONG: 36,
  EOPNOTSUPP: 95,
  ETIMEDOUT: 110,
} as const;

const SENTENCES: Readonly<Record<number, string>> = {
  1: "the kernel does not permit it",
  2: "there is no such file",
  3: "there is no such process",
  4: "a signal interrupted it",
  5: "an input/output error",
  9: "the descriptor is closed",
  11: "it is held by another process",
  12: "not enough memory, or over the limit for locked memory",
  13: "permission is denied",
  16: "it is busy",
  17: "it exists already",
  20: "a part of the path is not a directory",
  21: "it is a directory",
  22: "the kernel does not accept the arguments",
  24: "too many files are open",
  28: "no space is left",
  30: "the file system is read-only",
  32: "nobody reads it any more",
  38: "this kernel does not have it",
  40: "it is a symbolic link",
  95: "this kernel has it switched off",
};

/** What an error number means, as a part of a sentence; `error 123` for a rare one. */
export function errnoSentence(errno: number): string {
  return SENTENCES[errno] ?? `error ${errno}`;
}
