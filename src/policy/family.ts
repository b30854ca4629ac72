import type { Process } from "../model/process.ts";
import type { Candidate, Family } from "../model/selection.ts";
import { isGuiltier } from "./guilt.ts";

/** Fewer are no family: one after the other is quick enough. */
const FEWEST = 4;
/** Share of all growth a family must have done, in percent. */
const GROWTH_PERCENT = 50;
/** Growth below this share of all memory is noise. */
const GROWTH_FLOOR = 0.01;
/** A family that holds less than this share of all memory is no storm: ending it helps nobody. */
const SIZE_FLOOR = 0.02;

interface Kin {
  readonly tie: Family["tie"];
  readonly id: number;
  readonly members: Candidate[];
  sizeKib: number;
  grownKib: number;
}

/** Narrow ties first: of two that did the same growing, the first is taken. */
const TIES = [
  ["parent", (process: Process) => process.ppid],
  ["process-group", (process: Process) => process.pgid],
  ["session", (process: Process) => process.sessionId],
] as const;

function collect(candidates: readonly Candidate[]): Kin[] {
  const all: Kin[] = [];
  const byName = new Map<string, Kin>();
  for (const [tie, idOf] of TIES) {
    for (const candidate of candidates) {
      const id = idOf(candidate.process);
      const { grownKib, pid, sessionId } = candidate.process;
      // A session's leader is the shell or the desktop, even where it looks like the others.
      const isLeader = pid === id && pid === sessionId;
      if (id <= 1 || grownKib <= 0 || isLeader || isAvoided(candidate)) {
        continue;
      }
      // The same name as well: a shell that started a storm started innocent programs too.
      const name = `${tie} ${id} ${candidate.process.comm}`;
      let kin = byName.get(name);
      if (kin === undefined) {
        kin = { tie, id, members: [], sizeKib: 0, grownKib: 0 };
        byName.set(name, kin);
        all.push(kin);
      }
      addMember(kin.members, candidate);
      kin.sizeKib += candidate.process.sizeKib;
      kin.grownKib += candidate.process.grownKib;
    }
  }
  return all;
}

/** The most guilty one stays in front. */
function addMember(members: Candidate[], candidate: Candidate): void {
  const [first] = members;
  members.push(candidate);
  if (first !== undefined && isGuiltier(candidate, first)) {
    members[members.length - 1] = first;
    members[0] = candidate;
  }
}

/** Whether rules, or systemd, want it to die later than its size says. */
function isAvoided({ points }: Candidate): boolean {
  let sum = 0;
  for (const item of points) {
    sum += item.origin === "growth" ? 0 : item.points;
  }
  return sum < 0;
}

/**
 * The members, and before them the process that starts them, when it may be ended. One that leads a
 * session may be somebody's login: it is left alone the first time, and taken when it goes on
 * producing.
 */
function withProducer(kin: Kin, candidates: readonly Candidate[], again: boolean): Candidate[] {
  const all: Candidate[] = [];
  for (const candidate of candidates) {
    const { pid, sessionId } = candidate.process;
    if (kin.tie === "parent" && pid === kin.id && (again || sessionId !== pid)) {
      all.push(candidate);
    }
  }
  for (const member of kin.members) {
    if (member !== all[0]) {
      all.push(member);
    }
  }
  return all;
}

function largestGrowthKib({ members }: Kin): number {
  let largestKib = 0;
  for (const { process } of members) {
    largestKib = process.grownKib > largestKib ? process.grownKib : largestKib;
  }
  return largestKib;
}

/**
 * Recognises many small processes of one making, such as a fork storm: together they did most of
 * what memory was lost to since the scan before, and none of them alone did half of that. Ending
 * them one after the other is hopeless, and the largest single process is likely an innocent one.
 * Processes that may not be chosen are not among the `candidates`, so that a family never holds
 * init, a protected process or ourselves. `earlierFamily` is the parent, group or session of one
 * that was ended a short while ago, or 0.
 */
export function findFamily(
  candidates: readonly Candidate[],
  grownKib: number,
  totalKib: number,
  earlierFamily: number,
): { readonly family: Family; readonly members: Candidate[] } | null {
  if (grownKib < totalKib * GROWTH_FLOOR) {
    return null;
  }
  let best: Kin | null = null;
  for (const kin of collect(candidates)) {
    if (
      kin.members.length >= FEWEST &&
      kin.sizeKib >= totalKib * SIZE_FLOOR &&
      kin.grownKib * 100 >= grownKib * GROWTH_PERCENT &&
      largestGrowthKib(kin) * 2 < kin.grownKib &&
      kin.grownKib > (best?.grownKib ?? 0)
    ) {
      best = kin;
    }
  }
  if (best === null) {
    return null;
  }
  const members = withProducer(best, candidates, best.id === earlierFamily);
  return {
    family: {
      tie: best.tie,
      id: best.id,
      count: members.length,
      sizeKib: best.sizeKib,
      grownKib: best.grownKib,
      growthPercent: (100 * best.grownKib) / grownKib,
    },
    members,
  };
}
