import type { Incident } from "../model/incident.ts";

/** What was asked for. */
export interface Query {
  /** An id or its beginning, a pid, a name, or `last`; null for all. */
  readonly word: string | null;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Only the newest that matches. */
  readonly newestOnly: boolean;
}

interface Somebody {
  readonly pid: number;
  readonly comm: string;
}

function whoOf({ kernel, selection }: Incident): readonly Somebody[] {
  return [...(selection?.victims ?? []), ...(kernel?.victims ?? [])];
}

/** Whether an incident is the one that a word means. An id begins with a whole date. */
function isMeant(incident: Incident, word: string): boolean {
  const isId = /^\d{8}T/.test(word);
  return isId
    ? incident.id.startsWith(word)
    : whoOf(incident).some(({ comm, pid }) => comm === word || String(pid) === word);
}

/** Those that match, in the order they are given, which is that of time. */
export function matching(incidents: readonly Incident[], query: Query): readonly Incident[] {
  const { newestOnly, sinceMs, untilMs, word } = query;
  const timely = incidents.filter(({ wallMs }) => wallMs >= sinceMs && wallMs <= untilMs);
  const meant =
    word === null || word === "last" ? timely : timely.filter((item) => isMeant(item, word));
  return newestOnly || word === "last" ? meant.slice(-1) : meant;
}
