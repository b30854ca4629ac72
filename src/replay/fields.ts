/** What a recording holds of a machine and its processes. */

/** Lines of /proc/meminfo, KiB; proc_meminfo(5). */
export const MEMINFO_FIELDS = [
  "MemTotal",
  "MemFree",
  "MemAvailable",
  "SwapTotal",
  "SwapFree",
  "Shmem",
  "SUnreclaim",
  "Hugetlb",
] as const;

/** Lines of /proc/vmstat; of these a kernel has those of its time. */
export const VMSTAT_FIELDS = [
  "workingset_refault_anon",
  "workingset_refault_file",
  "workingset_refault",
  "pswpin",
  "pswpout",
  "pgmajfault",
  "pgsteal_kswapd",
  "pgsteal_direct",
  "allocstall_dma",
  "allocstall_dma32",
  "allocstall_normal",
  "allocstall_movable",
  "oom_kill",
  "nr_zspages",
] as const;

/** Numbers of a process; times in milliseconds since boot, `flags` as in proc_pid_stat(5). */
export const PROCESS_NUMBERS = [
  "pid",
  "ppid",
  "pgid",
  "sid",
  "flags",
  "threads",
  "startMs",
  "majorFaults",
  "cpuMs",
  "uid",
  "oomScore",
  "oomScoreAdj",
  "anonKib",
  "fileKib",
  "shmemKib",
  "swapKib",
] as const;

/** Texts of a process; "" where they are not known. Command lines hold secrets: never recorded. */
export const PROCESS_TEXTS = ["comm", "state", "exe", "cgroup", "preference"] as const;

/** One process. `preference` is `avoid` or `omit` where systemd was told so of its cgroup. */
export type Process = { readonly [K in (typeof PROCESS_NUMBERS)[number]]: number } & {
  readonly [K in (typeof PROCESS_TEXTS)[number]]: string;
};

/** A process of which nothing is known. */
export const NOBODY: Process = {
  pid: 0,
  ppid: 0,
  pgid: 0,
  sid: 0,
  flags: 0,
  threads: 1,
  startMs: 0,
  majorFaults: 0,
  cpuMs: 0,
  uid: 0,
  oomScore: 0,
  oomScoreAdj: 0,
  anonKib: 0,
  fileKib: 0,
  shmemKib: 0,
  swapKib: 0,
  comm: "",
  state: "S",
  exe: "",
  cgroup: "",
  preference: "",
};

/** One side of /proc/pressure/memory: percent, and microseconds since boot. */
export interface Pressure {
  readonly avg10: number;
  readonly totalUs: number;
}

/** Everything at one moment, milliseconds since the recording began. */
export interface Moment {
  readonly atMs: number;
  readonly meminfo: Readonly<Partial<Record<(typeof MEMINFO_FIELDS)[number], number>>>;
  readonly vmstat: Readonly<Partial<Record<(typeof VMSTAT_FIELDS)[number], number>>>;
  /** Null where the kernel has no PSI. */
  readonly some: Pressure | null;
  readonly full: Pressure | null;
  readonly arcKib: number;
  /** By pid: the very same object where nobody looked again. */
  readonly processes: ReadonlyMap<number, Process>;
}

/** Where and when it was recorded. */
export interface Header {
  readonly kernel: string;
  readonly pageKib: number;
  /** What the clocks showed at the first moment: monotonic, since boot, since 1970. */
  readonly atMs: number;
  readonly bootMs: number;
  readonly wallMs: number;
  /** RAM by sysinfo(2): a container's meminfo may tell of less. */
  readonly ramKib: number;
  /** Who recorded, or 0. */
  readonly ownPid: number;
  /** What it is of, and beside which daemon, for people; or absent. */
  readonly about?: string;
}
