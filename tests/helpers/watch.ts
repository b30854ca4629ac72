import { runDaemon } from "../../src/daemon.ts";
import type { Event } from "../../src/model/event.ts";
import type { Inheritance } from "../../src/model/inheritance.ts";
import type { Options } from "../../src/model/options.ts";
import type { Reading } from "../../src/model/reading.ts";
import { NO_WARNINGS } from "../../src/model/warned.ts";
import { Signal } from "../../src/sys/sys.ts";
import { KillWarner } from "../../src/warn/warner.ts";
import type { FakeSys } from "./fake-sys.ts";
import { anInheritance, someOptions } from "./nouns.ts";

/** An event and when it was reported, in milliseconds of the paper clock. */
interface Reported {
  readonly atMs: number;
  readonly event: Event;
}

/** What a daemon did on a paper kernel until it ended. */
export interface Watched {
  readonly code: number;
  readonly reported: readonly Reported[];
  /** `0ms killing`, without the looks. */
  readonly log: readonly string[];
  /** Signals that were sent: `0ms SIGTERM 42`. */
  readonly signals: readonly string[];
}

/** Runs the daemon for so long; then it is told to stop, unless it ended before. */
export function watch(
  sys: FakeSys,
  forMs: number,
  changes: Partial<Options> = {},
  inherited: Partial<Inheritance> = {},
): Watched {
  const reported: Reported[] = [];
  sys.at(forMs, Signal.SIGTERM);
  const report = (event: Event) => {
    // The daemon fills the same reading again at each look.
    reported.push({ atMs: Math.round(sys.nowMs()), event: structuredClone(event) });
  };
  const handover = {
    options: someOptions({ trim: false, ...changes }),
    inheritance: anInheritance(inherited),
  };
  const { warned } = handover.inheritance;
  const warner = handover.options.warn ? new KillWarner(warned ?? NO_WARNINGS) : null;
  const code = runDaemon(sys, handover, report, "1.2.3", warner);
  return {
    code,
    reported,
    log: reported
      .filter(({ event }) => event.kind !== "look")
      .map(({ atMs, event }) => `${atMs}ms ${event.kind}`),
    signals: signalsOf(sys),
  };
}

/** Signals that were sent so far. */
export function signalsOf({ calls }: FakeSys): string[] {
  return calls.filter((call) => /^\d+ms SIG/.test(call));
}

/** All events of one kind. */
export function eventsOf<K extends Event["kind"]>(
  { reported }: Watched,
  kind: K,
): Extract<Event, { readonly kind: K }>[] {
  return reported.flatMap(({ event }) =>
    event.kind === kind ? [event as Extract<Event, { readonly kind: K }>] : [],
  );
}

/** Memory of 1000 MiB of which this share is available, in percent. */
export function memoryAt(memPercent: number, changes: Partial<Reading> = {}): Partial<Reading> {
  const totalKib = 1000 * 1024;
  const availableKib = (totalKib * memPercent) / 100;
  return { totalKib, availableKib, ...changes };
}
