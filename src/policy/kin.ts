import * as limits from "../model/limits.ts";
import type { Process } from "../model/process.ts";
import { type Candidate, MEMBER_SHARE, type Tie } from "../model/selection.ts";
import { type Context, isAvoided } from "./ranking.ts";

/** Processes that share a tie, and what they took of the loss, KiB. */
export interface Kin {
  readonly tie: Tie;
  readonly id: string;
  readonly members: Candidate[];
  tookKib: number;
  latelyKib: number;
  largestKib: number;
  /** What members may have from their parents, or may have taken as well. */
  heirKib: number;
}

/** Narrow ties first: of two that took the same, the first is taken. "" is no tie. */
const TIES: readonly (readonly [Tie, (process: Process) => string])[] = [
  ["parent", ({ comm, ppid }) => (ppid > 1 ? `${ppid} ${comm}` : "")],
  ["process-group", ({ comm, pgid }) => (pgid > 1 ? `${pgid} ${comm}` : "")],
  ["session", ({ comm, sessionId }) => (sessionId > 1 ? `${sessionId} ${comm}` : "")],
  // One user's processes of one program, whoever started them.
  ["kind", ({ comm, exe, uid }) => `${uid} ${exe === "" ? comm : exe}`],
  ["cgroup", ({ cgroup, uid }) => (cgroup.length > 1 ? `${uid} ${cgroup}` : "")],
  ["user", ({ uid }) => (uid > 0 ? `${uid}` : "")],
];

/** Whether programs of all kinds share such a tie: its members are never killed all at once. */
export function isLoose({ tie }: { readonly tie: Tie }): boolean {
  return tie === "cgroup" || tie === "user";
}

/** What groups are called while they are remembered. */
export function nameOf({ id, tie }: { readonly tie: Tie; readonly id: string }): string {
  return `${tie} ${id}`;
}

function emptyKin(tie: Tie, id: string): Kin {
  return { tie, id, members: [], tookKib: 0, latelyKib: 0, largestKib: 0, heirKib: 0 };
}

function add(kin: Kin, member: Candidate): void {
  kin.members.push(member);
  kin.tookKib += member.tookKib;
  kin.latelyKib += member.process.latelyKib;
  kin.largestKib = Math.max(kin.largestKib, member.tookKib);
  kin.heirKib += member.process.heirKib;
}

/**
 * All ties among those who took some of what was lost and whom no rule wants to live; with heirs,
 * also among those who may have.
 */
export function collect(candidates: readonly Candidate[], withHeirs = false): Kin[] {
  const all: Kin[] = [];
  const byId = new Map<string, Kin>();
  for (const [tie, idOf] of TIES) {
    byId.clear();
    for (const candidate of candidates) {
      const { process, tookKib } = candidate;
      const isTaker = tookKib > 0 || (withHeirs && process.heirKib > 0);
      const id = isTaker && !isAvoided(candidate) ? idOf(process) : "";
      if (id === "") {
        continue;
      }
      let kin = byId.get(id);
      if (kin === undefined) {
        kin = emptyKin(tie, id);
        byId.set(id, kin);
        all.push(kin);
      }
      add(kin, candidate);
    }
  }
  return all;
}

/** Those who took about as much as the one who took most: others are there by chance. */
export function takersOf({ id, largestKib, members, tie }: Kin): Kin {
  const takers = emptyKin(tie, id);
  for (const member of members) {
    if (member.tookKib >= largestKib * MEMBER_SHARE) {
      add(takers, member);
    }
  }
  return takers;
}

/**
 * All of a storm, also who has taken nothing yet: whoever is left starts it again. Not who was
 * there long before the youngest, nor, the first time, who leads a session: the browser whose tabs
 * they are, or somebody's login.
 */
export function wholeStorm(
  { id, tie }: Pick<Kin, "id" | "tie">,
  candidates: readonly Candidate[],
  struck: Context["struck"],
): Kin {
  const storm = emptyKin(tie, id);
  const idOf = TIES.find(([name]) => name === tie)?.[1] ?? (() => "");
  const members = candidates.filter((one) => !isAvoided(one) && idOf(one.process) === id);
  const youngestMs = members.reduce((ms, { process }) => Math.max(ms, process.startMs), 0);
  const largestKib = members.reduce((kib, { tookKib }) => Math.max(kib, tookKib), 0);
  const isAgain = struck.name === nameOf({ tie, id });
  for (const member of members) {
    const { pid, sessionId, startMs } = member.process;
    const isOfIt = startMs >= youngestMs - limits.STORM_MS && (isAgain || pid !== sessionId);
    if (isOfIt || (largestKib > 0 && member.tookKib >= largestKib * MEMBER_SHARE)) {
      add(storm, member);
    }
  }
  return storm;
}

/** Who is left of the storm that was struck a moment ago, or null. */
export function leftOfStorm(
  candidates: readonly Candidate[],
  struck: Context["struck"],
): Kin | null {
  const tie = struck.isStorm
    ? TIES.find(([name]) => struck.name.startsWith(`${name} `))?.[0]
    : null;
  if (tie === undefined || tie === null) {
    return null;
  }
  const id = struck.name.slice(tie.length + 1);
  const left = wholeStorm({ tie, id }, candidates, struck);
  // Leaders of sessions alone are no rest of it: somebody's logins, of the same program.
  const isLeft = left.members.some(({ process: { pid, sessionId } }) => pid !== sessionId);
  return isLeft ? left : null;
}
