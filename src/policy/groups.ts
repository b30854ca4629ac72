import * as limits from "../model/limits.ts";
import { PF_FORKNOEXEC, type Process } from "../model/process.ts";
import type { Candidate, Group, Tie } from "../model/selection.ts";
import { explains, shareOf } from "./attribution.ts";
import { compareCandidates, type Context, isAvoided, lossPoints } from "./ranking.ts";

/** Fewer are no group: one after the other is quick enough. */
const FEWEST = 3;
const MEMBER_SHARE = 1 / 4;
/** Fewer members that have started members themselves are no storm: a browser has one or two. */
const FEWEST_PARENTS = 4;

/** A group that was found, and who of it is to be killed now. */
export interface Found {
  readonly group: Group;
  readonly victims: Candidate[];
  readonly members: readonly Candidate[];
  readonly share: number;
  readonly latelyShare: number;
  /** Its best member's score, with what the group took in place of what that one took. */
  readonly score: number;
}

interface Kin {
  readonly tie: Tie;
  readonly id: string;
  readonly members: Candidate[];
  tookKib: number;
  latelyKib: number;
  largestKib: number;
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
/** Programs of all kinds share these: its members are never killed all at once. */
const LOOSE: ReadonlySet<Tie> = new Set(["cgroup", "user"]);

function collect(candidates: readonly Candidate[]): Kin[] {
  const all: Kin[] = [];
  const byName = new Map<string, Kin>();
  for (const [tie, idOf] of TIES) {
    for (const candidate of candidates) {
      const id = candidate.tookKib > 0 && !isAvoided(candidate) ? idOf(candidate.process) : "";
      if (id === "") {
        continue;
      }
      const name = `${tie} ${id}`;
      let kin = byName.get(name);
      if (kin === undefined) {
        kin = { tie, id, members: [], tookKib: 0, latelyKib: 0, largestKib: 0 };
        byName.set(name, kin);
        all.push(kin);
      }
      kin.members.push(candidate);
      kin.largestKib = Math.max(kin.largestKib, candidate.tookKib);
    }
  }
  return all;
}

/** Those who took about as much as the one who took most: others are there by chance. */
function takersOf({ id, largestKib, members, tie }: Kin): Kin {
  const takers: Kin = { tie, id, members: [], tookKib: 0, latelyKib: 0, largestKib };
  for (const member of members) {
    if (member.tookKib >= largestKib * MEMBER_SHARE) {
      takers.members.push(member);
      takers.tookKib += member.tookKib;
      takers.latelyKib += member.process.latelyKib;
    }
  }
  return takers;
}

/**
 * Finds processes of one making that together took most of what was lost, while none of them took
 * half of that. Who may not be chosen is not among the candidates. No group took more than was
 * lost.
 */
export function findGroup(candidates: readonly Candidate[], context: Context): Found | null {
  const { loss } = context;
  const ofKib = Math.max(loss.lostKib, loss.needKib);
  let best: Kin | null = null;
  for (const all of collect(candidates)) {
    const kin = takersOf(all);
    const isMany = struck.name === `${group.tie} ${group.id}`;
  const victims: Candidate[] = [];
  let backKib = 0;
  for (const member of pool) {
    if (victims.length > 0 && (!isMany || backKib >= loss.needKib)) {
      break;
    }
    victims.push(member);
    backKib += member.process.sizeKib;
  }
  return victims;
}

/** Who starts the members, when it may be killed and is nobody's login. */
function producersOf(kin: Kin, candidates: readonly Candidate[]): Candidate[] {
  const parents = new Set<number>();
  for (const { process } of kin.members) {
    parents.add(process.ppid);
  }
  return candidates.filter(
    ({ process }) => parents.has(process.pid) && process.sessionId !== process.pid,
  );
}

/** What differs by less than half is the same. */
function magnitude({ tookKib }: Candidate): number {
  return Math.floor(Math.log2(Math.max(1, tookKib)));
}

function compareNews(a: Candidate, b: Candidate): number {
  return b.process.startMs - a.process.startMs || b.process.pid - a.process.pid;
}
