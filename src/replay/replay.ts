import type { runDaemon } from "../daemon.ts";
import type { Event } from "../model/event.ts";
import { NO_INHERITANCE } from "../model/inheritance.ts";
import type { Options } from "../model/options.ts";
import type { Selection } from "../model/selection.ts";
import type { Acting } from "../model/verdict.ts";
import { NO_WARNINGS } from "../model/warned.ts";
import { KillWarner } from "../warn/warner.ts";
import { RecordedSys } from "./recorded-sys.ts";
import type { Recording } from "./recording.ts";

/** The daemon itself, from its first look to its last: what is replayed is no other program. */
export type RunDaemon = typeof runDaemon;

/** Something that the daemon would have done. */
export interface Act {
  readonly kind: "kill" | "nobody";
  /** Milliseconds since the recording began. */
  readonly atMs: number;
  readonly verdict: Acting;
  readonly selection: Selection;
}

/** A warning that the daemon would have given. */
export interface Warning {
  /** Milliseconds since the recording began. */
  readonly atMs: number;
  readonly event: Extract<Event, { kind: "warned" }>;
}

/**
 * Lets the daemon live through a recording; what it would have done, in order. `warned` hears of
 * its warnings, where the options ask for them: without it nobody looks for any.
 */
export function replay(
  run: RunDaemon,
  recording: Recording,
  wanted: Options,
  warned: ((warning: Warning) => void) | null = null,
): readonly Act[] {
  // A dry run would say nothing new of a second kill, and there is nothing to trim or to run here.
  const options: Options = {
    ...wanted,
    announce: null,
    dryRun: false,
    trim: false,
    verbose: false,
  };
  const sys = new RecordedSys(recording);
  const acts: Act[] = [];
  const report = (event: Event) => {
    if (event.kind === "killing" || event.kind === "nobody") {
      const { selection, verdict } = event;
      const kind = event.kind === "killing" ? "kill" : "nobody";
      acts.push({ kind, atMs: sys.atMs, verdict, selection });
    } else if (event.kind === "warned") {
      warned?.({ atMs: sys.atMs, event });
    }
  };
  const warner = options.warn && warned !== null ? new KillWarner(NO_WARNINGS) : null;
  run(sys, { options, inheritance: NO_INHERITANCE }, report, "replay", warner);
  return acts;
}
