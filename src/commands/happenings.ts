import type { HookEvent } from "../model/hook.ts";
import type { Incident } from "../model/incident.ts";
import { escapeName } from "../report/escape.ts";
import { storyOf, type Teller } from "../report/story.ts";

/** Endings of a kill in which signals were sent. */
const SENT: ReadonlySet<string> = new Set(["gone", "stuck", "interrupted"]);

/** Somebody who was killed, as far as both kinds of victims are known. */
interface Killed {
  readonly pid: number;
  readonly comm: string;
  readonly uid: number;
  readonly cgroup: string;
}

/** Who was killed, by bustd or by the kernel. */
export function killedIn({ kernel, selection }: Incident): readonly Killed[] {
  return [...(selection?.victims ?? []), ...(kernel?.victims ?? [])];
}

/** What an incident is to hooks; a kill becomes `recovered` as well when memory is back. */
export function happeningsOf({ kind, outcome }: Incident): readonly HookEvent[] {
  switch (kind) {
    case "kill": {
      const isKilled = outcome !== null && SENT.has(outcome.ending);
      const isOver = isKilled && outcome.reliefMs >= 0;
      return isKilled ? ["killed", ...(isOver ? (["recovered"] as const) : [])] : [];
    }
    case "kernel":
      return ["killed"];
    case "nobody":
      return ["nobody"];
    case "warned":
      return ["warned"];
    case "asked":
    case "dry-run":
      return [];
  }
}

/** What is kept of an announcement, so that it is not made twice. */
export function keyOf(event: HookEvent, { id }: Incident): string {
  return `${id} ${event}`;
}

const FIXED = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
} as const;

/**
 * The whole environment of a hook. Names are chosen by strangers: in each value, what cannot be
 * printed is escaped; the incident on standard input has them as they are.
 */
export function environmentOf(
  event: HookEvent,
  incident: Incident,
  teller: Teller,
): Readonly<Record<string, string>> {
  const { id, kind, outcome, selection, time, verdict } = incident;
  const killed = killedIn(incident);
  const [first] = killed;
  const hasUser = first !== undefined && first.uid >= 0;
  const values = {
    EVENT: event,
    KIND: kind,
    INCIDENT: id,
    TIME: time,
    RULE: verdict?.rule ?? "",
    PID: first === undefined ? "" : String(first.pid),
    UID: hasUser ? String(first.uid) : "",
    USER: hasUser ? teller.userOf(first.uid) : "",
    COMM: first?.comm ?? "",
    CGROUP: first?.cgroup ?? "",
    COUNT: String(selection?.victimCount ?? killed.length),
    ENDING: outcome?.ending ?? "",
    FREED_KIB: outcome === null ? "" : String(outcome.freedKib),
  };
  const named = Object.entries(values).map(([name, value]) => [`BUSTD_${name}`, escapeName(value)]);
  // The headline is escaped already.
  const { headline } = storyOf(incident, teller);
  return { ...FIXED, ...Object.fromEntries(named), BUSTD_MESSAGE: headline };
}
