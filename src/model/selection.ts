import type { Scope } from "./options.ts";
import type { Process } from "./process.ts";

/** What one rule, or the loss, did to a process's score. */
export interface Points {
  readonly origin: string;
  readonly points: number;
}

/** What memory was lost to since it was comfortable last, KiB; who took it, a scan tells. */
export interface Loss {
  /** So long ago memory was comfortable for the last time. */
  readonly sinceMs: number;
  /** And so long ago most of its growth counts from, and what nobody is known to have taken. */
  readonly baseMs: number;
  /** Available memory and free swap that are gone since, with what victims gave back meanwhile. */
  readonly lostKib: number;
  /** The last part of it. */
  readonly latelyMs: number;
  readonly latelyKib: number;
  /** What grew and is no process's own: shared memory and tmpfs, the kernel's own, huge pages. */
  readonly shmemKib: number;
  /** Of shared memory, what was swapped out; and what in swap is more than processes have there. */
  readonly swappedShmemKib: number;
  readonly nobodysSwapKib: number;
  /** What shared memory grew by of late. */
  readonly latelyShmemKib: number;
  readonly slabKib: number;
  readonly hugetlbKib: number;
  /** What must come back for memory to be at ease. */
  readonly needKib: number;
  /**
   * What shares of the loss are of: no less than what must come back, for where little was lost
   * little is explained. While there are only first notes, of a moment ago: what was lost since.
   */
  readonly sharedOfKib: number;
}

/** Nothing is known of what was lost. */
export const NO_LOSS: Loss = {
  sinceMs: 0,
  baseMs: 0,
  lostKib: 0,
  latelyMs: 0,
  latelyKib: 0,
  shmemKib: 0,
  swappedShmemKib: 0,
  nobodysSwapKib: 0,
  latelyShmemKib: 0,
  slabKib: 0,
  hugetlbKib: 0,
  needKib: 0,
  sharedOfKib: 0,
};

/** A process that may be killed, with all that made its score. */
export interface Candidate {
  readonly process: Process;
  readonly score: number;
  readonly points: readonly Points[];
  readonly scope: Scope;
  /** What it took of the loss, KiB, and its share of all that was lost, and of late; 0 to 1. */
  readonly tookKib: number;
  readonly share: number;
  readonly latelyShare: number;
}

/** Why a process may not be chosen. */
export type SparedBecause =
  | "init"
  | "kernel-thread"
  | "itself"
  | "oom-score-adj-minus-1000"
  | "exiting"
  | "root"
  | "protected"
  | "managed-oom-omit"
  | "refused-before"
  | "dying";

export interface Spared {
  readonly process: Process;
  readonly because: SparedBecause;
  /** The rule that protects it, or "". */
  readonly origin: string;
}

/** What the members of a group have in common. */
export type Tie = "parent" | "process-group" | "session" | "kind" | "cgroup" | "user";

/** Who took less than this share of what the largest taker took is among the takers by chance. */
export const MEMBER_SHARE = 1 / 4;

/** Processes of one making that took together what none of them took alone. */
export interface Group {
  readonly tie: Tie;
  /** Pid of the parent, group or session, or what else they share, as text. */
  readonly id: string;
  readonly count: number;
  readonly tookKib: number;
  /** Its members are started without end: it is killed as a whole. */
  readonly isStorm: boolean;
}

/** Who explains what was lost best: a process or a group. */
export interface Taker {
  /** How many they are, and whether they are started without end. */
  readonly count: number;
  readonly isStorm: boolean;
  readonly sizeKib: number;
  readonly tookKib: number;
  readonly share: number;
  readonly latelyShare: number;
  /** The part of what it took that those of it took who are still growing; 0 to 1. */
  readonly growingShare: number;
  /** What was left when one of the same group was killed a short while ago, KiB, or -1. */
  readonly struckKib: number;
  /** It can take no more than this yet, KiB; Infinity where nobody knows. */
  readonly mostKib: number;
  /** Which process it is, and the share of its life in which it ran; 0 of a group. */
  readonly pid: number;
  readonly busyShare: number;
  /** How fast it took since a scan of a moment ago, of its pace until then; -1: unknown. */
  readonly pace: number;
  /** The part of all major faults since a scan of a moment ago that it had, 0 to 1; -1: unknown. */
  readonly faultShare: number;
  /** The part of them that processes had who wait at the limit of their own cgroup, 0 to 1. */
  readonly confinedShare: number;
}

/** Who is killed, who would be next, and who was spared. */
export interface Selection {
  /** In the order in which they are killed; empty: nobody can be. */
  readonly victims: readonly Candidate[];
  /** The group that they are of, or null. */
  readonly group: Group | null;
  readonly next: Candidate | null;
  /** All who may be killed and were looked at closely, victims included; unordered. */
  readonly candidates: readonly Candidate[];
  /** What the victims, or the group that they are of, took; null: next to nothing. */
  readonly taker: Taker | null;
  readonly loss: Loss;
  /** What the victim is blamed for because it is a forked copy, and nobody else took it, KiB. */
  readonly blamedKib: number;
  /** What nobody is known to have taken of it, KiB; 0 where somebody is dying, or it is a group. */
  readonly unknownKib: number;
  readonly spared: readonly Spared[];
  readonly processCount: number;
}
