import type { Options } from "./options.ts";
import type { Reading } from "./reading.ts";
import type { Selection } from "./selection.ts";
import type { Acting } from "./verdict.ts";

/** How a kill ended. */
export type Ending =
  /** All are gone: their pidfds said so. */
  | "gone"
  /** They were gone before the first signal, or their pids belong to others now. */
  | "gone-before"
  /** The kernel refused the signal. */
  | "refused"
  /** Still there long after SIGKILL. */
  | "stuck"
  /** The daemon was told to stop meanwhile. */
  | "interrupted";

export interface Outcome {
  readonly ending: Ending;
  readonly sigkill: boolean;
  /** From the first signal to the end. */
  readonly tookMs: number;
  /** Positive error number where `ending` is `refused`, else 0. */
  readonly errno: number;
  /** Processes that were signalled. */
  readonly signalled: number;
  /** The process group that was killed whole as well, or 0. */
  readonly group: number;
}

/** An hour that is over; -1 where memory was never short enough to be looked at closely. */
export interface HourOver {
  readonly lowestKib: number;
  readonly lowestPercent: number;
  /** How often memory came near the limit, and kills. */
  readonly near: number;
  readonly kills: number;
}

/** Everything worth a line in the log. */
export type Event =
  | {
      readonly kind: "started";
      readonly version: string;
      readonly system: string;
      readonly host: string;
      readonly release: string;
      readonly architecture: string;
    }
  | { readonly kind: "no-pressure"; readonly errno: number }
  | { readonly kind: "trigger"; readonly stallMs: number; readonly windowMs: number }
  | { readonly kind: "no-trigger"; readonly errno: number }
  /** It goes on without these. */
  | { readonly kind: "no-pid-file"; readonly errno: number; readonly path: string }
  | { readonly kind: "no-recorder"; readonly errno: number }
  | { readonly kind: "locked"; readonly how: "all" | "resident"; readonly kib: number }
  | { readonly kind: "not-locked"; readonly errno: number }
  | { readonly kind: "watching"; readonly options: Options; readonly reading: Reading }
  | {
      readonly kind: "look";
      readonly reading: Reading;
      /** Of the last second; -1 when there was no look a second ago. */
      readonly stallPercent: number;
      readonly refaultsPerS: number;
      readonly swapInsPerS: number;
      readonly sleepMs: number;
    }
  | ({ readonly kind: "hour" } & HourOver)
  | {
      readonly kind: "killing";
      readonly verdict: Acting;
      readonly selection: Selection;
      readonly dryRun: boolean;
    }
  | {
      readonly kind: "killed";
      readonly rule: string;
      readonly selection: Selection;
      readonly outcome: Outcome;
      readonly availablePercent: number;
      /** What memory and swap got back since it began. */
      readonly freedKib: number;
    }
  | {
      readonly kind: "warned";
      /** Memory is not at its limit yet. */
      readonly isFar: boolean;
      /** Until it is, or until all is used up. */
      readonly leftMs: number;
      /** Who takes it, and would be killed. */
      readonly selection: Selection;
    }
  | {
      /** A user asked that a process be spared; a positive error number: it is not. */
      readonly kind: "spared";
      readonly pid: number;
      readonly comm: string;
      readonly errno: number;
      readonly byUid: number;
    }
  /** Nobody is killed, because one of these is spared. */
  | { readonly kind: "held"; readonly verdict: Acting; readonly selection: Selection }
  | { readonly kind: "recovered"; readonly verdict: Acting; readonly reading: Readonly<Reading> }
  /** Nobody is killed: who would be has nothing to do with it, or most who wait are in cgroups. */
  | { readonly kind: "blameless"; readonly verdict: Acting; readonly selection: Selection }
  | { readonly kind: "nobody"; readonly verdict: Acting; readonly selection: Selection }
  /** Meminfo cannot be read any more, or can be again. */
  | { readonly kind: "meminfo"; readonly isLost: boolean }
  | { readonly kind: "pressure-lost" }
  | { readonly kind: "reloading" }
  | { readonly kind: "problem"; readonly sentence: string }
  | { readonly kind: "stopped"; readonly signal: number };

/** What is done with what happens: it becomes a line, a state for systemd, or another record. */
export type Report = (event: Event) => void;
