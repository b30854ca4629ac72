/** A process on paper; all but the pid may be left out. */
export interface PaperProcess {
  readonly pid: number;
  /** May hold anything a real name may: newlines, parentheses, escape codes. */
  comm?: string;
  state?: string;
  ppid?: number;
  pgid?: number;
  sessionId?: number;
  /** PF_* bits. */
  flags?: number;
  threads?: number;
  /** Thread ids, where they matter. */
  tasks?: readonly number[];
  /** Start, in milliseconds since boot. */
  startMs?: number;
  /** What is not given follows from the sizes, and sizes from it, as the kernel computes it. */
  oomScore?: number;
  oomScoreAdj?: number;
  /** All that is in memory; what is given of it below is a part of it. */
  rssKib?: number;
  /** Memory of its own; with `swapKib` its size. */
  anonKib?: number;
  fileKib?: number;
  shmemKib?: number;
  /** Shared memory of files that it has open and nobody else, mapped or not. */
  openShmemKib?: number;
  /** When those were written to for the last time; if not given, a moment ago. */
  openShmemWallMs?: number;
  /** Addresses that are locked in memory. */
  lockedKib?: number;
  tablesKib?: number;
  isDumpingCore?: boolean;
  swapKib?: number;
  /** Page faults so far that had to read from a disk. */
  majorFaults?: number;
  childMajorFaults?: number;
  cpuMs?: number;
  /** How long it waited for a processor. */
  readyMs?: number;
  /** How often it went to sleep. */
  sleeps?: number;
  uid?: number;
  exe?: string;
  /** Arguments with blanks between them. */
  cmdline?: string;
  cgroup?: string;
  /** Shares all memory with this process: a child of vfork(2), before it is another program. */
  memoryOf?: number;

  /** Signals are answered with EPERM. */
  refuses?: boolean;
  ignoresSigterm?: boolean;
  /** Not even SIGKILL ends it: a task that waits in the kernel. */
  stuck?: boolean;
  /** From a deadly signal to the end. */
  dyingMs?: number;
  /** Gives its memory back evenly over that time, and not in the end all at once. */
  givesBack?: boolean;
  /** Gone when so many of its files have been read. */
  vanishesAfterReads?: number;
  /** Comes and goes at these times of the paper clock. */
  bornAtMs?: number;
  endsAtMs?: number;
}

interface PaperSizes {
  readonly anonKib: number;
  readonly fileKib: number;
  readonly shmemKib: number;
  readonly swapKib: number;
}

/** Sizes as they are given, or as the score tells them. */
export function sizesOf(process: PaperProcess, totalKib: number, isOldScale = false): PaperSizes {
  const { fileKib = 0, oomScore, oomScoreAdj = 0, rssKib, shmemKib = 0, swapKib = 0 } = process;
  const shared = { fileKib, shmemKib, swapKib };
  if (process.anonKib !== undefined || rssKib !== undefined) {
    return {
      ...shared,
      anonKib: process.anonKib ?? Math.max(0, (rssKib ?? 0) - fileKib - shmemKib),
    };
  }
  if (oomScore === undefined || oomScore === 0) {
    return { ...shared, anonKib: 0 };
  }
  const thousandths = isOldScale ? oomScore - oomScoreAdj : oomScore * 1.5 - 1000 - oomScoreAdj;
  const sizeKib = (thousandths * totalKib) / 1000;
  return { ...shared, anonKib: Math.max(0, Math.round(sizeKib - fileKib - shmemKib - swapKib)) };
}

const INIT = 1;
const KERNEL_THREAD = 0x200000;

/** `/proc/PID/oom_score`, as it is given or as the kernel computes it. */
export function scoreOf(process: PaperProcess, totalKib: number, isOldScale = false): number {
  const { anonKib, fileKib, shmemKib, swapKib } = sizesOf(process, totalKib, isOldScale);
  const sizeKib = anonKib + fileKib + shmemKib + swapKib;
  return process.oomScore ?? kernelScore(process, sizeKib, totalKib, isOldScale);
}

/**
 * Since Linux 5.9 (1000 + adj + 1000 · size / total) · 2/3, before it 1000 · size / total + adj,
 * and not below 0; 0 for init, the kernel's threads and the exempt. fs/proc/base.c.
 */
export function kernelScore(
  { flags = 0, oomScoreAdj = 0, pid }: PaperProcess,
  sizeKib: number,
  totalKib: number,
  isOldScale = false,
): number {
  if (pid === INIT || (flags & KERNEL_THREAD) !== 0 || oomScoreAdj === -1000) {
    return 0;
  }
  const badness = Math.floor((1000 * sizeKib) / Math.max(1, totalKib));
  return isOldScale
    ? Math.max(0, badness + oomScoreAdj)
    : Math.max(0, Math.floor(((1000 + oomScoreAdj + badness) * 2) / 3));
}
