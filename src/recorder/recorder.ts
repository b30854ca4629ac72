import { Errno } from "../model/errno.ts";
import type { Event, Outcome, Report } from "../model/event.ts";
import type { IncidentKind, MachineFacts, VictimDetails } from "../model/incident.ts";
import type { Options } from "../model/options.ts";
import { usableKib } from "../model/reading.ts";
import { Mark, type RecordedReading } from "../model/recorded.ts";
import type { Candidate, Selection } from "../model/selection.ts";
import type { Acting } from "../model/verdict.ts";
import type { Sys } from "../sys/sys.ts";
import { attributionOf } from "./attribution.ts";
import { noteIncident, noteKill, noteNobody } from "./counts.ts";
import { incidentOf } from "./incident.ts";
import { writeIncident } from "./incidents.ts";
import { recordLook } from "./looks.ts";
import { readRing } from "./read-ring.ts";
import type { Ring } from "./ring.ts";
import {
  digestOf,
  limitsInForce,
  readArcKib,
  readMachineFacts,
  settingsInForce,
} from "./standing.ts";

/** How much time there is for what is not urgent. */
export const Leisure = {
  /** Somebody may have to be signalled at any moment. */
  none: 0,
  /** Nothing can be done at the moment but to wait. */
  some: 1,
  /** Memory is at ease, and nobody is dying. */
  all: 2,
} as const;
export type Leisure = (typeof Leisure)[keyof typeof Leisure];

/** An incident is written at the latest this long after its kill, whatever memory does … */
const LATEST_MS = 5_000;
/** … and once more after so long, with the looks that came after. */
const AFTER_MS = 6_000;
/** Containers at their own limits may be killed again and again: told of so often at most. */
const KERNEL_EVERY_MS = 60_000;
/** Incidents that wait to be written; in a storm of kills those beyond are counted as lost. */
const MOST_PENDING = 16;

interface Pending {
  readonly kind: IncidentKind;
  readonly atMs: number;
  readonly wallMs: number;
  /** Null of what the kernel did. */
  readonly verdict: Acting | null;
  readonly selection: Selection | null;
  /** Kills by the kernel itself. */
  readonly kernelKills: number;
  /** What ZFS's cache held, KiB. */
  readonly arcKib: number;
  outcome: Outcome | null;
  freedKib: number;
  availablePercent: number;
  /** When its kill had ended; Infinity while it goes on. */
  endAtMs: number;
  /** When memory was at ease again, or -1. */
  reliefAtMs: number;
  isWritten: boolean;
}

/** All that the recorder remembers from one look to the next. */
export interface Recorder {
  readonly sys: Sys;
  /** Null where it could not be opened: incidents have no curves then. */
  readonly ring: Ring | null;
  /** Where incidents are written. */
  readonly directory: string;
  readonly options: Options;
  readonly version: string;
  /** At the last look. */
  usableKib: number;
  /** Null until the first incident is written. */
  machine: MachineFacts | null;
  /** When a kill of the kernel's became an incident last. */
  kernelAtMs: number;
  /** Bits of `Mark` for the next look. */
  marks: number;
  /** Incidents that are not written, or will be once more. */
  readonly pending: Pending[];
}

/**
 * Keeps a look, and writes the incidents for which it is time: never one before all who are to be
 * signalled are. Without incidents it allocates nothing and makes no system call.
 */
export function record(
  recorder: Recorder,
  reading: RecordedReading,
  isNear: boolean,
  leisure: Leisure,
): void {
  const { pending, ring } = recorder;
  recorder.usableKib = usableKib(reading);
  if (ring !== null) {
    const marks = isNear ? recorder.marks | Mark.NEAR : recorder.marks;
    const kernelKills = recordLook(ring, reading, marks, reading.oomKills);
    recorder.marks = 0;
    if (kernelKills > 0 && reading.atMs - recorder.kernelAtMs >= KERNEL_EVERY_MS) {
      recorder.kernelAtMs = reading.atMs;
      keep(recorder, "kernel", { verdict: null, selection: null }, kernelKills);
    }
  }
  if (pending.length > 0) {
    tend(recorder, reading.atMs, leisure);
  }
}

function tend(recorder: Recorder, atMs: number, leisure: Leisure): void {
  const { pending } = recorder;
  for (let i = 0; i < pending.length; i++) {
    const incident = pending[i];
    if (incident === undefined || incident.endAtMs === Infinity) {
      continue;
    }
    if (leisure === Leisure.all && incident.reliefAtMs < 0) {
      incident.reliefAtMs = atMs;
    }
    const sinceMs = atMs - incident.endAtMs;
    const hasTime = leisure !== Leisure.none;
    if (incident.isWritten) {
      if (hasTime && sinceMs >= AFTER_MS) {
        write(recorder, incident, null);
        announce(recorder);
        pending.splice(i--, 1);
      }
    } else if ((leisure === Leisure.all && sinceMs > 0) || (hasTime && sinceMs >= LATEST_MS)) {
      write(recorder, incident, recorder.ring);
      incident.isWritten = true;
      if (leisure === Leisure.all) {
        announce(recorder);
      }
    }
  }
}

/** Has others told of what was written; if that fails, the next time tells of it as well. */
function announce({ options, sys }: Recorder): void {
  if (options.announce !== null) {
    sys.startBeside(options.announce.args, options.announce.env);
  }
}

/** Writes what is not written yet: the daemon stops, or starts again. */
export function flush(recorder: Recorder): void {
  for (const incident of recorder.pending.splice(0)) {
    if (!incident.isWritten) {
      write(recorder, incident, recorder.ring);
    }
  }
}

/** Hands each event to a report, and keeps what incidents are made of. */
export function recording(recorder: Recorder, report: Report): Report {
  return (event) => {
    report(event);
    note(recorder, event);
  };
}

function note(recorder: Recorder, event: Event): void {
  const { ring } = recorder;
  switch (event.kind) {
    case "killing":
      recorder.marks |= Mark.ACTED;
      if (event.dryRun && ring !== null) {
        noteKill(ring, event.verdict.rule, true, 0);
      }
      keep(recorder, event.dryRun ? "dry-run" : "kill", event);
      return;
    case "killed":
      end(recorder, event);
      return;
    case "nobody":
      recorder.marks |= Mark.NOBODY;
      if (ring !== null) {
        noteNobody(ring);
      }
      keep(recorder, "nobody", event);
      return;
    default:
  }
}

/** Keeps how things stand, for who asked; nobody is killed, and the first one would be next. */
export function keepState(recorder: Recorder, selection: Selection | null): void {
  const asked =
    selection === null
      ? null
      : { ...selection, victims: [], group: null, next: selection.victims[0] ?? null };
  keep(recorder, "asked", { verdict: null, selection: asked });
}

type Happened = Pick<Pending, "verdict" | "selection">;

function keep(recorder: Recorder, kind: IncidentKind, event: Happened, kernelKills = 0): void {
  const { pending, ring, sys } = recorder;
  if (pending.length >= MOST_PENDING) {
    const done = pending.findIndex(({ isWritten }) => isWritten);
    if (done < 0) {
      if (ring !== null) {
        noteIncident(ring, Errno.EBUSY);
      }
      return;
    }
    pending.splice(done, 1);
  }
  const atMs = sys.nowMs();
  pending.push({
    kind,
    atMs,
    wallMs: sys.wallMs(),
    verdict: event.verdict,
    selection: event.selection,
    kernelKills,
    arcKib: readArcKib(sys),
    outcome: null,
    freedKib: 0,
    availablePercent: 0,
    endAtMs: kind === "kill" ? Infinity : atMs,
    reliefAtMs: -1,
    isWritten: false,
  });
}

function end(recorder: Recorder, event: Extract<Event, { kind: "killed" }>): void {
  const { pending, ring, sys } = recorder;
  const { availablePercent, freedKib, outcome, selection } = event;
  recorder.marks |= Mark.GONE;
  if (ring !== null && outcome.ending === "gone") {
    noteKill(ring, event.rule, false, freedKib);
  }
  const incident = pending.find((item) => item.selection === selection && item.outcome === null);
  if (incident !== undefined) {
    Object.assign(incident, { outcome, freedKib, availablePercent, endAtMs: sys.nowMs() });
  }
}

function commandLinesOf(selection: Selection | null): readonly VictimDetails[] {
  return (selection?.victims ?? []).map(({ process: { cmdline, pid } }) => ({ pid, cmdline }));
}

/** Victims first, then by score. */
function inOrder({ candidates, victims }: Selection): readonly Candidate[] {
  const others = candidates.filter((candidate) => !victims.includes(candidate));
  return [...victims, ...others.toSorted((a, b) => b.score - a.score)];
}

function write(recorder: Recorder, incident: Pending, counting: Ring | null): void {
  const { directory, options, ring, sys, version } = recorder;
  const machine = recorder.machine ?? readMachineFacts(sys);
  recorder.machine = machine;
  const { arcKib, atMs, kernelKills, reliefAtMs, selection } = incident;
  const read = ring === null ? null : readRing(ring.bytes);
  const document = incidentOf({
    ...incident,
    bustd: { version, pid: sys.ownPid(), digest: digestOf(options) },
    machine,
    limits: limitsInForce(options, { ...machine, usableKib: recorder.usableKib }),
    settings: settingsInForce(options),
    candidates: selection === null ? [] : inOrder(selection),
    details: options.keepCmdline ? commandLinesOf(selection) : [],
    reliefMs: reliefAtMs < 0 ? -1 : Math.max(0, reliefAtMs - atMs),
    attribution: selection === null ? null : attributionOf(selection, arcKib),
    kernel: kernelKills > 0 ? { kills: kernelKills, victims: [] } : null,
    looks: read !== null && "ring" in read ? read.ring.looks : [],
  });
  writeIncident(sys, directory, document, counting);
}
