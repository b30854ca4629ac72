import { type Work, spend, TooLarge } from "./budget.ts";
import type { Nfa } from "./nfa.ts";
import { holds, type Ranges, WORD } from "./sets.ts";
import type { Spot } from "./tree.ts";

/** A deterministic automaton over classes of characters; -1 where nothing can match any more. */
export interface Dfa {
  /** The first code point of each class; all up to the next one are treated alike. */
  readonly classes: readonly number[];
  readonly next: readonly (readonly number[])[];
  readonly accepting: readonly boolean[];
}

/** What stands beside a place in the text. */
type Beside = "nothing" | "word" | "other";

const MOST_STATES = 1000;
const LAST = 0x10ffff;

/**
 * The subset construction, for a search: a match may begin anywhere, and once there is one it is
 * kept. What a spot such as `$` needs to know is the class of the character before and after it, so
 * nodes are followed only when the next character is known. Throws `TooLarge`.
 */
export function buildDfa(nfa: Nfa, budget: Work): Dfa {
  const classes = classesOf(nfa);
  const besides = classes.map((code): Beside => (holds(WORD, code) ? "word" : "other"));
  const members = membersOf(nfa, classes, budget);
  const hasSpots = nfa.nodes.some(({ spot }) => spot !== null);
  const states = new Map<string, number>();
  const cores: { readonly core: readonly number[]; readonly before: Beside }[] = [];
  const next: number[][] = [];
  const accepting: boolean[] = [];
  const stateOf = (core: readonly number[], before: Beside): number => {
    const key = core.includes(nfa.end) ? "end" : `${hasSpots ? before : ""}:${core.join(" ")}`;
    const known = states.get(key);
    if (known !== undefined) {
      return known;
    }
    spend(budget, core.length);
    if (cores.length >= MOST_STATES) {
      throw new TooLarge();
    }
    states.set(key, cores.length);
    return cores.push({ core: key === "end" ? [nfa.end] : core, before }) - 1;
  };
  stateOf([nfa.start], "nothing");
  for (let state = 0; state < cores.length; state++) {
    const { core, before } = cores[state] ?? { core: [], before: "nothing" };
    const followed = (after: Beside) => follow(nfa, core, before, after, budget);
    const atEnd = followed("nothing");
    accepting.push(atEnd.includes(nfa.end));
    const reached = hasSpots
      ? { word: followed("word"), other: followed("other"), nothing: atEnd }
      : { word: atEnd, other: atEnd, nothing: atEnd };
    const targets = targetsOf(nfa, besides, members, reached, budget);
    next.push(targets.map((target, index) => stateOf(target, besides[index] ?? "other")));
  }
  return { classes, next, accepting };
}

/** Where the alphabet must be cut so that all of a class go the same ways. */
function classesOf({ nodes }: Nfa): number[] {
  const sets = nodes.flatMap(({ set, spot }): Ranges[] =>
    set !== null ? [set] : spot?.includes("word") === true ? [WORD] : [],
  );
  const cuts = new Set([0]);
  for (const set of new Set(sets)) {
    for (let i = 0; i < set.length; i += 2) {
      cuts.add(set[i] ?? 0).add((set[i + 1] ?? 0) + 1);
    }
  }
  cuts.delete(LAST + 1);
  return [...cuts].toSorted((a, b) => a - b);
}

/** The classes that make up each set of characters. */
function membersOf(
  { nodes }: Nfa,
  classes: readonly number[],
  budget: Work,
): ReadonlyMap<Ranges, readonly number[]> {
  const members = new Map<Ranges, readonly number[]>();
  for (const { set } of nodes) {
    if (set !== null && !members.has(set)) {
      spend(budget, classes.length);
      const isMember = (code: number, index: number) => (holds(set, code) ? [index] : []);
      members.set(set, classes.flatMap(isMember));
    }
  }
  return members;
}

function isRight(spot: Spot, before: Beside, after: Beside): boolean {
  switch (spot) {
    case "start":
      return before === "nothing";
    case "end":
      return after === "nothing";
    case "word-edge":
      return (before === "word") !== (after === "word");
    case "no-word-edge":
      return (before === "word") === (after === "word");
    case "word-start":
      return before !== "word" && after === "word";
    case "word-end":
      return before === "word" && after !== "word";
  }
}

/** All nodes that can be reached before the next character is read. */
function follow(
  { nodes }: Nfa,
  core: readonly number[],
  before: Beside,
  after: Beside,
  budget: Work,
): number[] {
  const found = new Set(core);
  for (const at of found) {
    const node = nodes[at];
    spend(budget, 1 + (node?.free.length ?? 0));
    for (const target of node?.free ?? []) {
      found.add(target);
    }
    if (node !== undefined && node.spot !== null && isRight(node.spot, before, after)) {
      found.add(node.target);
    }
  }
  return [...found];
}

/** The nodes that each class leads to; the start is always among them, and an end stays one. */
function targetsOf(
  nfa: Nfa,
  besides: readonly Beside[],
  members: ReadonlyMap<Ranges, readonly number[]>,
  reached: Readonly<Record<Beside, readonly number[]>>,
  budget: Work,
): number[][] {
  const targets = besides.map(() => new Set([nfa.start]));
  for (const beside of ["word", "other"] as const) {
    for (const at of reached[beside]) {
      const { set = null, target = -1 } = nfa.nodes[at] ?? {};
      const indexes = set === null ? [] : (members.get(set) ?? []);
      for (const index of indexes) {
        if (besides[index] === beside) {
          targets[index]?.add(target);
        }
      }
      spend(budget, 1 + indexes.length);
    }
  }
  return targets.map((target, index) =>
    reached[besides[index] ?? "other"].includes(nfa.end)
      ? [nfa.end]
      : [...target].toSorted((a, b) => a - b),
  );
}
