import type { MemoryTotals } from "../model/reading.ts";

/** Files of `/proc/PID/` the daemon reads. */
export type ProcessFile =
  | "oom_score"
  | "oom_score_adj"
  | "stat"
  | "statm"
  | "status"
  | "comm"
  | "cmdline"
  | "cgroup"
  | "schedstat"
  | "exe";

/** What `wait` can be woken by: a descriptor each. Why it came back is a set of these bits. */
export const Source = { signals: 1, pressure: 2, victim: 4 } as const;
export type Source = (typeof Source)[keyof typeof Source];

/** The bit of a source whose descriptor is of no use any more, and not watched; poll(2). */
export function lost(source: Source): number {
  return source << 8;
}

const POLLIN = 1;
const POLLPRI = 2;
const POLLHUP = 16;

/** What poll(2) is asked of each; what is not asked for, as POLLERR, is its loss. */
export const EVENTS: Readonly<Record<Source, number>> = {
  [Source.signals]: POLLIN,
  [Source.pressure]: POLLPRI,
  // POLLHUP as well once somebody waited for it, since Linux 6.9.
  [Source.victim]: POLLIN | POLLHUP,
};

export const Signal = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
} as const;

/**
 * Who sent a signal with a value, as they themselves say; that they may send it, the kernel sees
 * to. sigqueue(3).
 */
export interface Sender {
  readonly uid: number;
  readonly value: number;
}

/** The variable of the environment that tells the next stage which descriptor holds what. */
export type HandoverName = "BUSTD_OPTIONS_FD" | "BUSTD_RELOAD_FD";

/** Files of `/proc/PID/task/TID/` that are read. */
export type TaskFile = "statm" | "status" | "cmdline";

/** What `uname(2)` says. */
export interface SystemName {
  readonly system: string;
  readonly host: string;
  readonly release: string;
  readonly architecture: string;
}

/** What the kernel is told about pages; madvise(2). */
export const Advice = { NORMAL: 0, DONTNEED: 4, DONTDUMP: 16, DODUMP: 17 } as const;

/** Whole pages of this process. */
export interface PageRange {
  readonly address: number;
  readonly bytes: number;
}

/**
 * The seam to the kernel: everything the daemon asks of it, one verb for each intent.
 *
 * Verbs that return a number answer the negative error number when the kernel refuses; none throws.
 * Reading verbs leave what they read in `text` and answer its length in bytes; a longer file is cut
 * at `text.length`. Nothing is kept between two calls but open descriptors.
 */
export interface Sys {
  /** What the last reading verb read. */
  readonly text: Uint8Array;
  /** The processes that `listProcesses` listed, and the threads that `listTasks` did. */
  readonly pids: Int32Array;
  readonly tids: Int32Array;
  /** Size of a page; sysconf(3). */
  readonly pageKib: number;

  /** Milliseconds of CLOCK_MONOTONIC, which stands still in suspension; clock_gettime(2). */
  nowMs(): number;
  /** Milliseconds since boot, suspension included, as start times of processes count. */
  bootMs(): number;
  /** Milliseconds since 1970 of CLOCK_REALTIME, which people may set. */
  wallMs(): number;
  /** sysinfo(2); does not fail. */
  readMemoryTotals(into: MemoryTotals): void;
  /** openat(2), read-only; a descriptor. */
  openToRead(path: string): number;
  /** pread(2) from the start of an open file. */
  readFromStart(fd: number): number;
  /** Opens, reads once, closes. */
  readFile(path: string): number;
  /**
   * The same for `/proc/PID/NAME`; `exe` is read as a link. `cmdline` takes a lock that a stranger
   * may hold for ever: ETIMEDOUT, or the reason why it cannot even be waited for, ENOSYS or EAGAIN.
   */
  readProcessFile(pid: number, name: ProcessFile): number;
  /** The same for `/proc/PID/task/TID/NAME`. */
  readTaskFile(pid: number, tid: number, name: TaskFile): number;
  /**
   * Lists the processes of `/proc` into `pids`, thousands at a time: EAGAIN while there are more,
   * for which it is called again; then how many they are in all. getdents64(2).
   */
  listProcesses(isMore: boolean): number;
  /** Lists the threads of one process into `tids`, as many as fit; how many. */
  listTasks(pid: number): number;
  /**
   * How much memory ends with a process because only files that it has open hold it, mapped or not:
   * memfds and removed files of `/dev/shm`, KiB; proc_pid_fd(5). Only of files that have changed
   * since this time: in any other there is nothing new.
   */
  openShmemKib(pid: number, sinceWallMs: number): number;
  /** getxattr(2) of a file, as text; ENODATA when it is not set. */
  readAttribute(path: string, name: string): number;
  /** The file's owner; statx(2). */
  ownerOf(path: string): number;
  close(fd: number): void;
  /** Puts an open descriptor in the place of another one, and closes its own; dup2(2). */
  moveDescriptor(fd: number, onto: number): number;

  /** Lets SIGHUP wait for `watchSignals`, or no longer: it would end a start; sigprocmask(2). */
  holdHangup(hold: boolean): void;
  /** Blocks these signals for good and hears of them through `wait`; signalfd(2). */
  watchSignals(): number;
  /** The next signal that came, or 0. */
  nextSignal(): number;
  /** Who sent the signal that came last, and what with it; null: nothing came with it. */
  signalSender(): Sender | null;
  /** Registers a PSI trigger on `/proc/pressure/memory`: some stall in a window, microseconds. */
  watchPressure(stallUs: number, windowUs: number): number;
  /** Makes `wait` return when something happens at a descriptor; -1 for no longer. */
  watch(source: Source, fd: number): void;
  /** Whether all threads of a pidfd's process have ended; poll(2). */
  hasEnded(pidfd: number): boolean;
  /** poll(2) on all that is watched; bits of `Source`. The only place where the daemon sleeps. */
  wait(timeoutMs: number): number;

  /** pidfd_open(2); a descriptor, ESRCH when the process is gone, ENOSYS before Linux 5.3. */
  openPidfd(pid: number): number;
  /** pidfd_send_signal(2); signal 0 only asks. */
  sendSignal(pidfd: number, signal: number): number;
  /** kill(2), for kernels without pidfds; no protection from a pid's second use. */
  signalProcess(pid: number, signal: number): number;
  /** setpriority(2) of a process to nice -20: one that is dying gets a processor then. */
  hurry(pid: number): number;
  /** kill(2) to a process group. */
  signalGroup(pgid: number, signal: number): number;
  /** Whether two processes share all their memory: 0; kcmp(2), which needs CAP_SYS_PTRACE. */
  compareMemory(pid: number, other: number): number;
  /**
   * process_mrelease(2): frees a dying process's memory now; ENOSYS before Linux 5.15. It waits for
   * whoever holds the lock of that memory.
   */
  releaseMemory(pidfd: number): number;
  /** Writes a small text to an existing file, such as `cgroup.kill`. */
  writeFile(path: string, text: string): number;

  /** write(2) of the whole text as UTF-8; what cannot be written is dropped. */
  write(fd: number, text: string): number;
  /**
   * Gives standard output and error the flags back that they had at the start; fcntl(2). The
   * runtime makes pipes non-blocking, also for everybody else who writes to them.
   */
  restoreOutput(): void;
  /** Whether a write would not have to wait, as it has to for a full pipe; poll(2). */
  canWrite(fd: number): boolean;
  /** One datagram to a Unix socket; a leading `@` means the abstract namespace. unix(7). */
  sendDatagram(socketPath: string, text: string): number;

  /**
   * sched_setscheduler(2) of the calling thread to SCHED_FIFO, the lowest priority of those, and
   * setpriority(2) to nice -20, where it may: CAP_SYS_NICE, or RLIMIT_RTPRIO for the former. One
   * that was started with another policy keeps that. How the latter went.
   */
  raisePriority(): number;
  /** mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT), and never without the last. */
  lockMemory(): number;
  /** munlockall(2). */
  unlockMemory(): number;
  /** mlock2(MLOCK_ONFAULT) of one range. */
  lockRange(range: PageRange): number;
  /** madvise(2) with one of `Advice`. */
  advise(range: PageRange, advice: number): number;
  /** Whether the first `length` bytes of `text` are the same eight again and again. */
  isTextUniform(length: number): boolean;
  /** Whether these pages of ours hold nothing but zeros. */
  isBlank(range: PageRange): boolean;
  /** Has the engine find what is no longer used, so that its place is used again. */
  collectGarbage(): void;
  /** Page faults of this process so far that needed no reading; getrusage(2). */
  pageFaults(): number;
  /** pread(2) of `bytes` bytes at an offset, into `text`. */
  readAt(fd: number, bytes: number, offset: number): number;

  /**
   * Maps a file of this size that is ours alone to write, all of it backed by memory or disk, so
   * that no later write to it can fail; made anew where it is not, never cut short. mmap(2).
   * Its memory, which stays mapped, or the negative error number.
   */
  mapFile(path: string, bytes: number): ArrayBuffer | number;
  /**
   * Writes a whole text to a new file with these permissions, which then takes this name;
   * rename(2). Whatever fails leaves the file that had the name as it was.
   */
  replaceFile(path: string, text: string, mode: number): number;
  /** mkdirat(2); EEXIST where something has this name. */
  makeDirectory(path: string, mode: number): number;
  /** Names in a directory, without the two of dots; none where it cannot be read. */
  listNames(path: string): readonly string[];

  systemName(): SystemName;
  ownPid(): number;
  /** Effective user. */
  ownUid(): number;

  /**
   * Creates a pid file that only one instance can hold (flock(2), no link followed), and writes
   * this process's pid; EAGAIN when another holds it. The descriptor stays open over `restart`.
   */
  holdPidFile(path: string): number;
  removeFile(path: string): number;
  /** What a stage before this one handed over; null when the descriptor is not of its making. */
  readHandover(fd: number): string | null;
  /**
   * Starts this executable beside itself, with these arguments and this environment, and forgets
   * it; posix_spawn(3). It has our outputs, and nothing else of ours.
   */
  startBeside(args: readonly string[], env: readonly string[]): number;
  /**
   * execve(2) of this executable, same pid, in an environment that holds only where `content` lies:
   * as the daemon with these options, or once more from the start, to read its files again.
   * Returns only when it failed.
   */
  restart(as: HandoverName, content: string, argv: readonly string[]): number;
}
