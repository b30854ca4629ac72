import type { Incident } from "../model/incident.ts";
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

/** The button that opens the report. */
export const WHY = "why";

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

/**
 * One text for all kills that a user has not yet heard of, the newest first; each incident has at
 * least one process that `killedOf` names.
 */
export function noticeOf(incidents: readonly Incident[], uid: number): Notice {
  const killed = incidents.flatMap((incident) => killedOf(incident, uid));
  const [newest] = incidents;
  const [first] = killed;
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
