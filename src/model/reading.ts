import { NOTE_STEP_PERCENT } from "./limits.ts";

/** What sysinfo(2) says, in KiB. `freeKib` is MemFree: it can say "plenty", never "scarce". */
export interface MemoryTotals {
  totalKib: number;
  freeKib: number;
  swapTotalKib: number;
  swapFreeKib: number;
}

/** Counts of pages are kept in units of so many KiB, whatever the size of a page here. */
export const UNIT_KIB = 4;

/** How much a look read: sysinfo(2) alone, meminfo as well, or stalls and reclaim too. */
export const Depth = { free: 0, memory: 1, stalls: 2 } as const;
export type Depth = (typeof Depth)[keyof typeof Depth];

/**
 * One look at the machine. The daemon keeps one and fills it again at each look; what a look does
 * not read keeps its old value, and `depth` says what is new.
 */
export interface Reading extends MemoryTotals {
  /** Milliseconds of a clock that never goes back. */
  atMs: number;
  depth: Depth;
  /** MemAvailable plus what ZFS would give back; proc_meminfo(5). */
  availableKib: number;
  /**
   * Free memory that MemFree and MemAvailable do not count, because it lies on the free lists of
   * single processors. Only a close look reads it; 0 otherwise.
   */
  perCpuKib: number;
  /** Shmem: tmpfs, memfd and shared anonymous memory. */
  shmemKib: number;
  /** Memory of the kernel itself that it cannot give back: SUnreclaim. */
  slabKib: number;
  hugetlbKib: number;
  /** In swap and in memory: SwapCached. */
  swapCachedKib: number;
  /** What compressed swap, zram's or zswap's, takes of RAM for itself: nr_zspages. */
  compressedKib: number;
  /** Whether some of swap is no zram: what is free there takes none of RAM. */
  isSwapOnDisk: boolean;
  /** Pages that are locked in memory, of files as well: Mlocked. */
  lockedKib: number;
  /** What tells the processor where the pages of processes are: PageTables. */
  tablesKib: number;
  /**
   * What no process can give back, and no swap is counted: Hugetlb, and the Shmem that was there
   * before memory began to run out. Never more than all.
   */
  setAsideKib: number;
  /** RAM and swap of the whole machine, also in a container whose meminfo tells of less. */
  machineKib: number;
  /** False where the kernel has no PSI. */
  hasPressure: boolean;
  /** `some avg10`, in percent; Documentation/accounting/psi.rst. */
  someAvg10: number;
  /** `some total`, microseconds since boot in which at least one task waited for memory. */
  someTotalUs: number;
  fullTotalUs: number;
  /** Read back after it was evicted in use, units of 4 KiB: workingset_refault_{anon,file}. */
  refaults: number;
  /** Read back from swap, units of 4 KiB since boot: pswpin. */
  swapIns: number;
  /** Page faults for which something had to be read, also for the first time: pgmajfault. */
  majorFaults: number;
  /** Evicted by the machine itself and not by a cgroup's limit, units of 4 KiB: pgsteal_kswapd. */
  evicted: number;
  /** Times that a task had to free memory before it got some, anywhere: allocstall_*. */
  allocStalls: number;
  /** Kills by the kernel's own OOM killer since boot: oom_kill; -1 while it was not read. */
  oomKills: number;
}

/** A reading of nothing. */
export function emptyReading(): Reading {
  return {
    atMs: 0,
    totalKib: 0,
    freeKib: 0,
    swapTotalKib: 0,
    swapFreeKib: 0,
    swapCachedKib: 0,
    depth: Depth.free,
    availableKib: 0,
    perCpuKib: 0,
    shmemKib: 0,
    slabKib: 0,
    hugetlbKib: 0,
    compressedKib: 0,
    isSwapOnDisk: false,
    lockedKib: 0,
    tablesKib: 0,
    setAsideKib: 0,
    machineKib: 0,
    hasPressure: false,
    someAvg10: 0,
    someTotalUs: 0,
    fullTotalUs: 0,
    refaults: 0,
    swapIns: 0,
    majorFaults: 0,
    evicted: 0,
    allocStalls: 0,
    oomKills: -1,
  };
}

/** What is in swap and nowhere else, KiB. */
export function inSwapKib({ swapCachedKib, swapFreeKib, swapTotalKib }: Reading): number {
  return swapTotalKib - swapFreeKib - swapCachedKib;
}

/** What a share of memory is told from. */
export type Shares = Pick<Reading, "availableKib" | "perCpuKib" | "setAsideKib" | "totalKib">;

/** All memory that is not set aside, KiB; not less than what is available. */
export function usableKib({ availableKib, setAsideKib, totalKib }: Shares): number {
  const ownKib = totalKib - setAsideKib;
  return availableKib > ownKib ? availableKib : ownKib;
}

/** Available memory in percent of all that is not set aside. */
export function availablePercent(reading: Shares): number {
  const allKib = usableKib(reading);
  const availableKib = reading.availableKib + reading.perCpuKib;
  return allKib > 0 && availableKib < allKib ? (100 * availableKib) / allKib : 100;
}

/** What is available without this share of all files, percent of what is usable. */
export function unusedPercent(reading: Reading, usedFilesPercent: number): number {
  const { availableKib, freeKib } = reading;
  const fileShare = availableKib > freeKib ? (availableKib - freeKib) / availableKib : 0;
  const usedShare = (fileShare * Math.min(100, Math.max(0, usedFilesPercent))) / 100;
  return availablePercent(reading) * (1 - usedShare);
}

/** Whether it tells of the whole machine, as the counters of reclaim do, and not of a container. */
export function isWholeMachine({ machineKib, swapTotalKib, totalKib }: Reading): boolean {
  return machineKib === totalKib + swapTotalKib;
}

/** What is left before memory runs out, KiB: available memory and free swap. */
export function leftKib({ availableKib, swapFreeKib }: Reading): number {
  return availableKib + swapFreeKib;
}

/**
 * What nobody has taken, KiB. Of memory that is swapped out into RAM a third or half is still
 * there, compressed: that much less is left, and no process has grown by it.
 */
export function untakenKib(reading: Reading): number {
  return leftKib(reading) + reading.compressedKib;
}

/** Less than this is no change: sizes are not noted for it. */
export function noteStepKib({ totalKib }: Pick<Reading, "totalKib">): number {
  return (totalKib * NOTE_STEP_PERCENT) / 100;
}

/** Free swap in percent; 0 on a machine without swap. */
export function swapFreePercent(reading: Pick<Reading, "swapFreeKib" | "swapTotalKib">): number {
  return reading.swapTotalKib > 0 ? (100 * reading.swapFreeKib) / reading.swapTotalKib : 0;
}
