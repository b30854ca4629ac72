import type { Scope } from "./options.ts";
import type { Process } from "./process.ts";

/** What one rule did to a process's score. */
export interface Points {
  readonly origin: string;
  readonly points: number;
}

/** A process that may be ended, with all that made its score. */
export interface Candidate {
  readonly process: Process;
  readonly score: number;
  readonly points: readonly Points[];
  readonly scope: Scope;
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
  | "refused-before";

export interface Spared {
  readonly process: Process;
  readonly because: SparedBecause;
  /** The rule that protects it, or "". */
  readonly origin: string;
}

/** Many processes of one making that are ended together. */
export interface Family {
  /** What they share. */
  readonly tie: "parent" | "process-group" | "session";
  readonly id: number;
  readonly count: number;
  readonly sizeKib: number;
  readonly grownKib: number;
  /** Share of what all processes together grew since the scan before, in percent. */
  readonly growthPercent: number;
}

/** One process, or a whole family. */
export interface Grower {
  readonly name: string;
  readonly pid: number;
  readonly sizeKib: number;
  readonly grownKib: number;
}

/** Who dies, who would have been next, and who was spared. */
export interface Selection {
  /** One process, or the members of a family with the most guilty first; empty: nobody can be. */
  readonly victims: readonly Candidate[];
  readonly family: Family | null;
  readonly next: Candidate | null;
  /** Who grew most since the scan before, chosen or not; null when nobody did. */
  readonly grower: Grower | null;
  readonly spared: readonly Spared[];
  readonly processCount: number;
}
