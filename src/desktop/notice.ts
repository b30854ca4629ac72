import type { Incident, VictimRecord } from "../model/incident.ts";
import { SPARED_MS } from "../model/limits.ts";
import { escapeName } from "../report/escape.ts";
import { countText, percent, sizeText } from "../report/units.ts";

/** What is shown; texts are plain, and made safe for a server by `notifications.ts`. */
export interface Notice {
  readonly summary: string;
  readonly body: string;
  /** Name and label of each button, if the server has any. */
  readonly buttons: readonly (readonly [string, string])[];
  /** A line in place of the buttons, where there are none. */
  readonly otherwise: string;
}

/** The button that opens the report, and those of a warning. */
export const WHY = "why";
export const END = "end";
export const SPARE = "spare";

/** More than these are only counted. */
const MOST_LINES = 5;

interface Killed {
  readonly comm: string;
  readonly pid: number;
  readonly sizeKib: number;
}

/** Who was killed in an incident, and is this user's; nobody where no signal was sent. */
export function killedOf(incident: Incident, uid: number): readonly Killed[] {
  const { kernel, kind, outcome, selection } = incident;
  // Of the kernel's kills the log says whose they were; a user's daemon sees all of them.
  if (kind === "kernel") {
    return (kernel?.victims ?? [])
      .filter((victim) => victim.uid === uid)
      .map(({ comm, pid, rssKib }) => ({ comm, pid, sizeKib: rssKib }));
  }
  const isKill = kind === "kill" && outcome?.ending === "gone";
  return isKill
    ? (selection?.victims ?? []).filter((victim) => victim.uid === uid || victim.uid < 0)
    : [];
}

function whoText({ comm, pid, sizeKib }: Killed): string {
  return `${escapeName(comm)} (pid ${pid}), ${sizeText(sizeKib)}`;
}

/** What the machine was short of, in one sentence. */
function becauseText({ kind, outcome, verdict }: Incident): string {
  if (kind === "kernel") {
    return "The kernel itself killed it.";
  }
  const because = verdict === null ? "memory ran out" : escapeName(verdict.because);
  const witness = verdict?.witnesses[0];
  const numbers =
    witness === undefined || witness.unit !== "%"
      ? ""
      : `: ${escapeName(witness.name)} ${percent(witness.value)}, limit ${percent(witness.limit)}`;
  const freed =
    outcome === null || outcome.freedKib <= 0 ? "" : ` ${sizeText(outcome.freedKib)} were freed.`;
  return `${because.charAt(0).toUpperCase()}${because.slice(1)}${numbers}.${freed}`;
}

/** Of whom a warning speaks, if that is this user's: who would be killed first; or null. */
export function warnedOf({ kind, selection }: Incident, uid: number): VictimRecord | null {
  const first = kind === "warned" ? selection?.victims[0] : undefined;
  return first?.uid === uid ? first : null;
}

function warningNotice({ bustd, verdict }: Incident, victim: VictimRecord): Notice {
  const { comm, pid, tookKib } = victim;
  const because = escapeName(verdict?.because ?? "memory is running out");
  return {
    summary: `${escapeName(comm)} may soon be killed to free memory`,
    body: [
      `${whoText(victim)}, of which it took ${sizeText(tookKib)} of late`,
      `${because.charAt(0).toUpperCase()}${because.slice(1)}.`,
    ].join("\n"),
    buttons: [
      [END, "End it"],
      [SPARE, "Spare it"],
    ],
    otherwise:
      `kill ${pid} ends it; env kill -s USR2 -q ${pid} ${bustd.pid} has it spared for ` +
      `${SPARED_MS / 60_000} minutes.`,
  };
}

/**
 * One text for all that a user has not yet heard of, the newest first: kills, each with at least
 * one process that `killedOf` names, or else the warning before one, which `warnedOf` knows.
 */
export function noticeOf(all: readonly Incident[], uid: number): Notice {
  const incidents = all.filter((incident) => killedOf(incident, uid).length > 0);
  const killed = incidents.flatMap((incident) => killedOf(incident, uid));
  const [newest] = incidents;
  const [first] = killed;
  for (const incident of first === undefined ? all : []) {
    const victim = warnedOf(incident, uid);
    if (victim !== null) {
      return warningNotice(incident, victim);
    }
  }
  if (newest === undefined || first === undefined) {
    throw new RangeError("a notice of nothing");
  }
  const isOne = killed.length === 1;
  const lines = killed.slice(0, MOST_LINES).map(whoText);
  const more = killed.length - lines.length;
  return {
    summary: isOne
      ? `${escapeName(first.comm)} was killed to free memory`
      : `${countText(killed.length, "process was", "processes were")} killed to free memory`,
    body: [...lines, ...(more > 0 ? [`and ${more} more`] : []), becauseText(newest)].join("\n"),
    buttons: [[WHY, "Why?"]],
    otherwise: `bustd explain ${first.pid} tells why.`,
  };
}
