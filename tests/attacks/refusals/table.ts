/**
 * What becomes of a daemon that a filter refuses a system call:
 * - `protects`: it ends whom it must, goes on, and ends when it is told to.
 * - `sentence`: it ends by itself with a documented exit code and one sentence.
 * - `mute`: the same, but it cannot say anything: write(2) is refused.
 * - `either`: one of the first two.
 * - `runtime`: the C library's loader or the runtime ends, or waits, before the program's first
 *   line: a program without a line of the daemon's does the same.
 */
export type Outcome = "protects" | "sentence" | "mute" | "either" | "runtime";

export const ERRORS = { EPERM: 1, ENOSYS: 38, EMFILE: 24, EINTR: 4 } as const;
export type ErrorName = keyof typeof ERRORS;

interface Row {
  /** Unless told otherwise by name of the error. */
  usual: Outcome;
  but?: Partial<Record<ErrorName, Outcome>>;
}

const protects: Row = { usual: "protects" };
const either: Row = { usual: "either" };
const runtime: Row = { usual: "runtime" };
/** The runtime asks again when it was interrupted, for as long as it is. */
const asksAgain: Row = { usual: "protects", but: { EINTR: "runtime" } };

/** Every system call that the daemon makes, on either machine. */
export const TABLE: Readonly<Record<string, Row>> = {
  // How it starts: the loader and the runtime need these.
  arch_prctl: runtime,
  close: runtime,
  mmap: runtime,
  mprotect: runtime,
  munmap: runtime,
  newfstatat: runtime,
  openat: runtime,
  pread64: runtime,
  read: runtime,
  futex: runtime,
  prlimit64: runtime,
  rt_sigaction: runtime,
  epoll_create1: runtime,
  eventfd2: runtime,
  // Without clone3(2) the C library takes clone(2); any other error is an error.
  clone3: { usual: "runtime", but: { ENOSYS: "protects" } },
  epoll_ctl: asksAgain,
  fcntl: asksAgain,
  fstat: asksAgain,
  getrandom: asksAgain,
  // The configuration's files as well, which are read at the start.
  statx: { usual: "protects", but: { EINTR: "runtime", EMFILE: "either" } },
  access: protects,
  brk: protects,
  clone: protects,
  close_range: protects,
  exit: protects,
  exit_group: protects,
  getcwd: protects,
  gettid: protects,
  fallocate: protects,
  ioctl: protects,
  mkdirat: protects,
  open: protects,
  prctl: protects,
  rseq: protects,
  sched_getaffinity: protects,
  set_robust_list: protects,
  set_tid_address: protects,
  sigaltstack: protects,
  // How it becomes the daemon's own stage.
  execve: { usual: "sentence" },
  memfd_create: { usual: "sentence" },
  readlinkat: either,
  uname: protects,
  write: { usual: "mute", but: { EINTR: "runtime" } },
  // What the daemon does.
  clock_gettime: protects,
  fchmod: protects,
  flock: protects,
  ftruncate: protects,
  getdents64: either,
  geteuid: protects,
  getpid: either,
  getrusage: protects,
  getxattr: protects,
  kcmp: protects,
  kill: protects,
  lseek: protects,
  madvise: protects,
  mlock2: protects,
  mlockall: protects,
  munlockall: protects,
  pidfd_open: protects,
  pidfd_send_signal: protects,
  poll: either,
  process_mrelease: protects,
  renameat: protects,
  rt_sigprocmask: protects,
  sched_getparam: protects,
  sched_getscheduler: protects,
  sched_setscheduler: protects,
  sendto: protects,
  setpriority: protects,
  signalfd4: either,
  socket: protects,
  sysinfo: protects,
  unlinkat: protects,
};

export function expected(call: string, error: ErrorName): Outcome {
  const row = TABLE[call];
  return row?.but?.[error] ?? row?.usual ?? "protects";
}
