import type { Ending, Outcome } from "./event.ts";
import type { Candidate, Group, Points, Selection, SparedBecause } from "./selection.ts";
import type { Options, Scope } from "./options.ts";
import type { RecordedLook } from "./recorded.ts";
import type { Acting, Witness } from "./verdict.ts";

/** Of the schema below; a member more does not change it, another meaning does. */
export const INCIDENT_VERSION = 1;

/** What came to pass. */
export type IncidentKind =
  | "kill"
  /** A dry run would have killed. */
  | "dry-run"
  /** A rule acted, but nobody could be killed. */
  | "nobody"
  /** Somebody asked how things stand, by SIGUSR1; nobody was killed. */
  | "asked"
  /** The kernel's own OOM killer killed. */
  | "kernel"
  /** Somebody would be killed soon. */
  | "warned";

/** What the machine is; -1 and "" where it is not known. */
export interface MachineFacts {
  readonly kernel: string;
  readonly architecture: string;
  readonly totalKib: number;
  readonly swapTotalKib: number;
  /** `none`, or what there is of `zram`, `disk` and `file`, joined by `+`. */
  readonly swapKind: string;
  /** `/sys/kernel/mm/lru_gen/min_ttl_ms`, 0 where the kernel protects no working set. */
  readonly minTtlMs: number;
}

/** The limits that were in force, in percent; 0 switches off. */
export interface LimitsInForce {
  readonly memSoftPercent: number;
  readonly memHardPercent: number;
  readonly swapSoftPercent: number;
  readonly swapHardPercent: number;
  readonly stallPercent: number;
  /** Conditions of the configuration that stand in their place, as they are written. */
  readonly when: readonly string[];
}

/** What else the daemon went by, as it was set; its rules show in the points of the candidates. */
export type SettingsInForce = Pick<
  Options,
  | "adjPolicy"
  | "dryRun"
  | "ignoreRootUser"
  | "killAfterMs"
  | "mem"
  | "psiPercent"
  | "scope"
  | "sortBy"
  | "swap"
>;

/** Who took how much of what was lost. */
export interface Attribution {
  /** How long ago memory was last comfortable, at the time of the verdict. */
  readonly sinceMs: number;
  /** What memory and swap have lost since then. */
  readonly lostKib: number;
  /** The most greedy first. */
  readonly takers: readonly {
    readonly pid: number;
    readonly comm: string;
    readonly tookKib: number;
  }[];
  /**
   * Where the victim is a forked copy: how much of what it took it is only blamed for, and what all
   * copies of its parent took; absent where it is none.
   */
  readonly copies?:
    { readonly ppid: number; readonly blamedKib: number; readonly allKib: number } | undefined;
  /** Memory that no process can give back. */
  readonly unownedKib: {
    readonly shmem: number;
    readonly slab: number;
    readonly hugetlb: number;
    /** What ZFS's cache (ARC) held then; absent where there is none. */
    readonly arc?: number | undefined;
  };
}

/** A process as it was when it was looked at. Texts are the kernel's, unescaped. */
export interface ProcessRecord {
  readonly pid: number;
  readonly comm: string;
  /** -1 where nobody asked. */
  readonly uid: number;
  /** Path below the cgroup root; "" where nobody asked. */
  readonly cgroup: string;
  readonly rssKib: number;
  /** -1 where it was not written down. */
  readonly swapKib: number;
  /** What it had of its own, in memory and in swap: neither of files nor shared. */
  readonly sizeKib: number;
  readonly grownKib: number;
  /** How long it had run; -1 where that is not known. */
  readonly ageMs: number;
  /** When it started, milliseconds since boot: with its pid, who it is; -1: not written down. */
  readonly startMs: number;
  readonly oomScore: number;
  readonly oomScoreAdj: number;
}

export interface CandidateRecord extends ProcessRecord {
  /** What it took of the loss, KiB, and its share of that; 0 to 1. */
  readonly tookKib: number;
  readonly share: number;
  readonly score: number;
  readonly points: readonly Points[];
  readonly scope: Scope;
}

export interface VictimRecord extends CandidateRecord {
  readonly exe: string;
  /** "" unless the configuration asks for it: command lines hold secrets. */
  readonly cmdline: string;
  /** Pages it had to wait for the disk for; -1 where nobody asked. */
  readonly majorFaults: number;
}

export interface SparedRecord extends ProcessRecord {
  readonly because: SparedBecause;
  /** The rule that protects it, or "". */
  readonly origin: string;
}

/** What is asked of a victim alone; what could not be read, or was not asked for, is left out. */
export interface VictimDetails {
  readonly pid: number;
  readonly uid?: number;
  readonly cgroup?: string;
  readonly exe?: string;
  readonly cmdline?: string;
  readonly majorFaults?: number;
}

/** A kill of the kernel's, as its log tells of it. */
export interface KernelVictim {
  readonly pid: number;
  readonly comm: string;
  readonly uid: number;
  readonly rssKib: number;
  /** `oom_memcg` of a kill that a cgroup's own limit made; "" of the machine's. */
  readonly cgroup: string;
}

/** Looks by columns: the n-th values of all of them belong to one look. */
export type LookColumns = {
  readonly [K in keyof Omit<RecordedLook, "wallMs">]: readonly number[];
};

/**
 * One kill, or why there was none, in one JSON document. Bounded: what is long is cut, of what is
 * many the first are kept, and how many there were stands beside it.
 */
export interface Incident {
  readonly version: number;
  /**
   * `20261128T145511.123Z-4242`: when, and the first victim's pid or 0; `-dry` behind it where it
   * would have been killed. Also the file's name.
   */
  readonly id: string;
  readonly kind: IncidentKind;
  /** RFC 3339, in UTC. */
  readonly time: string;
  readonly wallMs: number;
  /** Of CLOCK_MONOTONIC; the zero of `looks.atMs`. */
  readonly atMs: number;
  readonly bustd: {
    readonly version: string;
    readonly pid: number;
    /** Of the configuration in force; the same for the same settings. */
    readonly digest: string;
  };
  readonly machine: MachineFacts;
  readonly limits: LimitsInForce;
  /** Absent in incidents of older daemons. */
  readonly settings?: SettingsInForce | undefined;
  readonly verdict: {
    readonly rule: string;
    /** Why, in words. */
    readonly because: string;
    readonly urgency: "term" | "kill";
    readonly witnesses: readonly Witness[];
  } | null;
  readonly selection: {
    readonly victims: readonly VictimRecord[];
    readonly victimCount: number;
    readonly group: Group | null;
    readonly next: CandidateRecord | null;
    /** In the order of the choice, victims included. */
    readonly candidates: readonly CandidateRecord[];
    readonly candidateCount: number;
    readonly spared: readonly SparedRecord[];
    readonly sparedCount: number;
    readonly processCount: number;
  } | null;
  readonly outcome: {
    readonly ending: Ending;
    readonly signal: "SIGTERM" | "SIGKILL";
    readonly errno: number;
    readonly signalled: number;
    readonly group: number;
    /** From the first signal until the victims were gone, or were given up. */
    readonly goneMs: number;
    /** From the first signal until no rule asked for a kill; -1 when that was not seen. */
    readonly reliefMs: number;
    /** What memory and swap got back by then. */
    readonly freedKib: number;
    readonly availablePercent: number;
  } | null;
  readonly attribution: Attribution | null;
  /** The kernel's own kills since the look before. */
  readonly kernel: { readonly kills: number; readonly victims: readonly KernelVictim[] } | null;
  readonly looks: LookColumns;
}

/** What the daemon knows of one incident. */
export interface IncidentParts {
  readonly kind: IncidentKind;
  /** Of CLOCK_MONOTONIC: the first signal, or the verdict where none was sent. */
  readonly atMs: number;
  readonly wallMs: number;
  readonly bustd: Incident["bustd"];
  readonly machine: MachineFacts;
  readonly limits: LimitsInForce;
  readonly settings: SettingsInForce;
  readonly verdict: Acting | null;
  readonly selection: Selection | null;
  /** In the order of the choice, victims included. */
  readonly candidates: readonly Candidate[];
  readonly details: readonly VictimDetails[];
  readonly outcome: Outcome | null;
  readonly reliefMs: number;
  readonly freedKib: number;
  readonly availablePercent: number;
  readonly attribution: Attribution | null;
  readonly kernel: Incident["kernel"];
  /** Rows of the ring, in ascending order. */
  readonly looks: readonly RecordedLook[];
}
