/** What sysinfo(2) says, in KiB. `freeKib` is MemFree: it can say "plenty", never "scarce". */
export interface MemoryTotals {
  totalKib: number;
  freeKib: number;
  swapTotalKib: number;
  swapFreeKib: number;
}

/**
 * One look at the machine. The daemon keeps one and fills it again at each look; what was not read
 * because memory is plentiful keeps its old value, and `detailed` is false.
 */
export interface Reading extends MemoryTotals {
  /** Milliseconds of a clock that never goes back. */
  atMs: number;
  detailed: boolean;
  /** MemAvailable plus what ZFS would give back; proc_meminfo(5). */
  availableKib: number;
  /** Shmem (tmpfs is in it) and Hugetlb: no process can give it back, and no swap is counted. */
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
  /** Read back from swap, and written to it, units of 4 KiB since boot: pswpin, pswpout. */
  swapIns: number;
  swapOuts: number;
}

/** Shares of memory, in percent, above which a look need not see everything; above 100: never. */
export interface Enough {
  /** With at least so much free, no rule can ask for more than sysinfo(2). */
  readonly freePercent: number;
  /** With more than that available, no rule can act, whatever else is true. */
  readonly availablePercent: number;
  /** The limits that the daemon looks the more often the nearer they are. */
  readonly memLimitPercent: number;
  readonly swapLimitPercent: number;
}

/** A reading of nothing. */
export function emptyReading(): Reading {
  return {
    atMs: 0,
    totalKib: 0,
    freeKib: 0,
    swapTotalKib: 0,
    swapFreeKib: 0,
    detailed: false,
    availableKib: 0,
    setAsideKib: 0,
    machineKib: 0,
    hasPressure: false,
    someAvg10: 0,
    someTotalUs: 0,
    fullTotalUs: 0,
    refaults: 0,
    swapIns: 0,
    swapOuts: 0,
  };
}

/** What a share of memory is told from. */
type Shares = Pick<Reading, "availableKib" | "setAsideKib" | "totalKib">;

/** All memory that is not set aside, KiB; not less than what is available. */
export function usableKib({ availableKib, setAsideKib, totalKib }: Shares): number {
  const ownKib = totalKib - setAsideKib;
  return availableKib > ownKib ? availableKib : ownKib;
}

/** Available memory in percent of all that is not set aside. */
export function availablePercent(reading: Shares): number {
  const allKib = usableKib(reading);
  return allKib > 0 ? (100 * reading.availableKib) / allKib : 100;
}

/** What is left before memory runs out, KiB: available memory and free swap. */
export function leftKib({ availableKib, swapFreeKib }: Reading): number {
  return availableKib + swapFreeKib;
}

/** Free swap in percent; 0 on a machine without swap. */
export function swapFreePercent(reading: Pick<Reading, "swapFreeKib" | "swapTotalKib">): number {
  return reading.swapTotalKib > 0 ? (100 * reading.swapFreeKib) / reading.swapTotalKib : 0;
}
