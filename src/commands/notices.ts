import type { Incident } from "../model/incident.ts";
import { happeningsOf, killedIn } from "./happenings.ts";

/** Of the file that a user finds; a member more does not change it. */
const NOTICE_VERSION = 1;
const MOST_INCIDENTS = 10;
const LATELY_MS = 24 * 3_600_000;

type Selection = NonNullable<Incident["selection"]>;

/** A choice without what it says of other users. */
function ownSelection(selection: Selection, uid: number): Selection {
  const isOwn = (who: { readonly uid: number }) => who.uid === uid;
  const { candidates, group, next, spared, victimCount, victims } = selection;
  const own = victims.filter(isOwn);
  const isAllOwn = own.length === victims.length;
  return {
    ...selection,
    victims: own,
    victimCount: isAllOwn ? victimCount : own.length,
    // It is named after a process or a cgroup.
    group: isAllOwn ? group : null,
    next: next !== null && isOwn(next) ? next : null,
    candidates: candidates.filter(isOwn),
    spared: spared.filter(isOwn),
  };
}

/** An incident without what it says of other users' processes. */
export function ownPart(incident: Incident, uid: number): Incident {
  const { attribution, kernel, selection } = incident;
  const own = selection === null ? null : ownSelection(selection, uid);
  const pids = new Set([...(own?.candidates ?? []), ...(own?.victims ?? [])].map(({ pid }) => pid));
  return {
    ...incident,
    selection: own,
    attribution:
      attribution === null
        ? null
        : { ...attribution, takers: attribution.takers.filter(({ pid }) => pids.has(pid)) },
    kernel:
      kernel === null
        ? null
        : { ...kernel, victims: kernel.victims.filter((victim) => victim.uid === uid) },
  };
}

/** The users whose processes were killed in an incident. */
export function usersIn(incident: Incident): readonly number[] {
  const isKill = happeningsOf(incident).includes("killed");
  return isKill ? [...new Set(killedIn(incident).map(({ uid }) => uid))] : [];
}

/** What concerns a user of all these, the newest first; "" where nothing does. */
export function noticeText(incidents: readonly Incident[], uid: number, nowMs: number): string {
  const own = incidents
    .filter(({ wallMs }) => Math.abs(nowMs - wallMs) <= LATELY_MS)
    .filter((incident) => usersIn(incident).includes(uid))
    .toSorted((a, b) => b.wallMs - a.wallMs)
    .slice(0, MOST_INCIDENTS);
  const document = {
    version: NOTICE_VERSION,
    incidents: own.map((incident) => ownPart(incident, uid)),
  };
  return own.length === 0 ? "" : `${JSON.stringify(document)}\n`;
}

/** The numbers that people have; login.defs(5). */
export function peopleOf(loginDefs: string): (uid: number) => boolean {
  const valueOf = (name: string, otherwise: number) => {
    const found = new RegExp(`^\\s*${name}\\s+(\\d+)`, "m").exec(loginDefs)?.[1];
    return found === undefined ? otherwise : Number(found);
  };
  const least = valueOf("UID_MIN", 1000);
  const most = valueOf("UID_MAX", 60_000);
  return (uid) => uid >= least && uid <= most;
}
