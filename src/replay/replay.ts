import type { runDaemon } from "../daemon.ts";
import type { Event } from "../model/event.ts";
import { NO_INHERITANCE } from "../model/inheritance.ts";
import type { Options } from "../model/options.ts";
import type { Selection } from "../model/selection.ts";
import type { Acting } from "../model/verdict.ts";
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

/** Lets the daemon live through a recording; what it would have done, in order. */
export function replay(run: RunDaemon, recording: Recording, wanted: Options): readonly Act[] {
  // A dry run would say nothing new of a second kill, and there is nothing to trim here.
  const options: Options = { ...wanted, dryRun: false, trim: false, verbose: false };
  const sys = new RecordedSys(recording);
  const acts: Act[] = [];
  const report = (event: Event) => {
    if (event.kind === "killing" || event.kind === "nobody") {
      const { selection, verdict } = event;
      const kind = event.kind === "killing" ? "kill" : "nobody";
      acts.push({ kind, atMs: sys.atMs, verdict, selection });
    }
  };
  run(sys, { options, inheritance: NO_INHERITANCE }, report, "replay");
  return acts;
}
