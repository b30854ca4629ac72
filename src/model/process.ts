/** One process as it looked when the table was read. Texts are the kernel's, unescaped. */
export interface Process {
  readonly pid: number;
  readonly comm: string;
  /** `R`, `S`, `D`, `Z` …; proc_pid_stat(5). */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly sessionId: number;
  /** PF_* of the kernel's include/linux/sched.h. */
  readonly flags: number;
  readonly threads: number;
  /** Start, in milliseconds since boot. */
  readonly startMs: number;
  /** Page faults so far that had to read from a disk, or from compressed memory. */
  readonly majorFaults: number;
  /** The same of its children that have ended and theirs, once it knows of that. */
  readonly childMajorFaults: number;
  /** How long all its threads have run on processors so far, milliseconds. */
  readonly cpuMs: number;
  readonly oomScore: number;
  readonly oomScoreAdj: number;
  /** Of all threads, also when the first one is a zombie. */
  readonly rssKib: number;
  readonly swapKib: number;
  /** Page tables: small, but for who maps much of which little is there; VmPTE. */
  readonly tablesKib: number;
  /** Its memory is being written to a core file: it is dead, and holds all of it until then. */
  readonly isDumpingCore: boolean;
  /**
   * What it has of its own, in memory and in swap; of files what it locked since, and of page
   * tables what is new.
   */
  sizeKib: number;
  /** How much of that is new since memory was comfortable last, and of late; see turnover.ts. */
  grownKib: number;
  latelyKib: number;
  /** For how much longer `grownKib` counts than that of others: it has gone on all the time. */
  readonly carriedMs: number;
  /** How much more shared memory it has since then, and of late; others may have the same. */
  shmemGrownKib: number;
  shmemLatelyKib: number;
  /** The most of it that it was seen with since then: what is swapped out, nothing tells. */
  readonly shmemHeldKib: number;
  /** Of a newborn's sizeKib, what its parent has as well: shared as it was born, or its own. */
  readonly heirKib: number;
  readonly uid: number;
  /** What rules may ask for; a command line is empty where none does. */
  readonly exe: string;
  readonly cmdline: string;
  /** Path below the cgroup root, such as `/user.slice/…/app.scope`. */
  readonly cgroup: string;
  /** `ManagedOOMPreference=` of the cgroup, as systemd stores it. */
  readonly managedPreference: "none" | "avoid" | "omit";
}

/** The `oom_score_adj` of who must not be killed; proc_pid_oom_score_adj(5). */
export const EXEMPT_ADJ = -1000;
/** The process exits already: its memory is about to be freed. include/linux/sched.h. */
export const PF_EXITING = 0x4;
/** It was forked, and is no other program yet: what it has, it has from its parent. */
export const PF_FORKNOEXEC = 0x40;
/** A thread of the kernel. */
export const PF_KTHREAD = 0x200000;

/** Files a scan has to read beside the ones it always reads. */
export interface Needs {
  readonly exe: boolean;
  /** Who cannot be looked at may be somebody whom a rule protects. */
  readonly exeProtects: boolean;
  readonly cmdline: boolean;
  /** A rule goes by it: who cannot be looked at may be somebody whom it protects. */
  readonly cmdlineRules: boolean;
}

/** Identifies a process for as long as the machine is up. */
export function identityOf(process: Pick<Process, "pid" | "startMs">): string {
  return `${process.pid}:${process.startMs}`;
}
