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
  readonly oomScore: number;
  readonly oomScoreAdj: number;
  /** Of all threads, also when the first one is a zombie. */
  readonly rssKib: number;
  /** With what lies in swap, as far as `oom_score` tells: its step is 0.15 % of RAM and swap. */
  readonly sizeKib: number;
  /** How much larger it is than at the scan before; all of it when it was not there. */
  readonly grownKib: number;
  /** What rules may ask for; empty, or -1, where no rule does. */
  readonly uid: number;
  readonly exe: string;
  readonly cmdline: string;
  /** Path below the cgroup root, such as `/user.slice/…/app.scope`. */
  readonly cgroup: string;
  /** `ManagedOOMPreference=` of the cgroup, as systemd stores it. */
  readonly managedPreference: "none" | "avoid" | "omit";
}

/** The process exits already: its memory is about to be freed. include/linux/sched.h. */
export const PF_EXITING = 0x4;
/** A thread of the kernel. */
export const PF_KTHREAD = 0x200000;

/** Files a scan has to read beside the ones it always reads. */
export interface Needs {
  readonly uid: boolean;
  readonly exe: boolean;
  /** Who cannot be looked at may be somebody whom a rule protects. */
  readonly exeProtects: boolean;
  readonly cmdline: boolean;
  readonly cgroup: boolean;
}
