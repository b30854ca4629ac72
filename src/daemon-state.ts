import type { Crisis } from "./crisis/crisis.ts";
import type { Renewal } from "./footprint/footprint.ts";
import type { Asked } from "./model/asked.ts";
import type { Report } from "./model/event.ts";
import type { Inheritance } from "./model/inheritance.ts";
import type { Options } from "./model/options.ts";
import type { Needs } from "./model/process.ts";
import type { Reading } from "./model/reading.ts";
import type { Selection } from "./model/selection.ts";
import type { Acting } from "./model/verdict.ts";
import type { WarnerMemory } from "./model/warned.ts";
import type { Course } from "./policy/course.ts";
import type { Extent } from "./readings/scores.ts";
import type { Recorder } from "./recorder/recorder.ts";
import type { Sys } from "./sys/sys.ts";
import type { Ledger } from "./watch/ledger.ts";
import type { Machine } from "./watch/look.ts";

/** What the daemon is doing; a room changes only what its phase is for. */
export type Phase =
  /** Looking, and nothing is wrong. */
  | "watching"
  /** Victims are dying. */
  | "acting"
  /** A crisis was, and what it left behind is still in memory. */
  | "cooling";

/** What warns before kills; `warn/warner.ts`, of which the daemon's path loads nothing else. */
export interface Warner {
  /** What outlives a start in place. */
  readonly memory: WarnerMemory;
  /** One that remembers nothing, has nothing of this one, and warns whatever comes. */
  understudy(): Warner;
  /** After each look: remembers what is left, and warns when it will soon be gone. */
  look(daemon: Daemon): void;
  /** Looks were left out, because what is left stayed where it was until then. */
  stayed(reading: Reading): void;
  /** A rule suspects somebody, and is not sure. */
  doubts(daemon: Daemon, verdict: Acting, selection: Selection): void;
  /** SIGUSR2 came: somebody asks that a process of the daemon's own user be spared. */
  asked(daemon: Daemon): void;
  /** Whether a kill of somebody who is spared was held back a moment ago: not chosen anew yet. */
  isHolding(daemon: Daemon): boolean;
  /** Whether these are not to be killed now, because one of them is spared; a storm never is. */
  holds(daemon: Daemon, verdict: Acting, selection: Selection): boolean;
}

/** All that the daemon remembers from one look to the next. */
export interface Daemon {
  readonly sys: Sys;
  readonly options: Options;
  readonly inheritance: Inheritance;
  readonly report: Report;
  readonly ownPid: number;
  readonly ownExe: string;
  /** What the rules in force ask a look for, and what a scan has to read because of the options. */
  asked: Asked;
  readonly needs: Needs;
  /** Whom a scan looks at first. */
  readonly extent: Extent;
  /** Before Linux 5.9 `oom_score` is of another scale. */
  readonly isOldScale: boolean;
  /** Written by `watch/`; whether the kernel wakes the daemon, by `sources/`. */
  readonly machine: Machine;
  readonly reading: Reading;
  readonly ledger: Ledger;
  /** What is remembered of looks: written by the loop and `crisis/`. */
  readonly course: Course;
  /** Written by `crisis/`. */
  readonly crisis: Crisis;
  /** Written by `recorder/`; null where there is no place for what outlives the daemon. */
  readonly recorder: Recorder | null;
  /** Warns before kills, and spares whom users ask to spare; null where that is not wanted. */
  readonly warner: Warner | null;
  /** Written by `footprint/`. */
  readonly renewal: Renewal;
  /** The signal that is still to be heeded, or 0: that means the end, or else SIGHUP. */
  heard: number;
  /** SIGUSR1 came, and is still to be heeded. */
  isStateAsked: boolean;
  /** When systemd's watchdog heard of the daemon last. */
  watchdogAtMs: number;
}

/** The daemon's phase, from what its rooms know. */
export function phaseOf({ crisis }: Pick<Daemon, "crisis">): Phase {
  return crisis.kills.length > 0 ? "acting" : crisis.lastAtMs > -Infinity ? "cooling" : "watching";
}
