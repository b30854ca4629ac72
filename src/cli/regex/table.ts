import type { RegexPattern } from "../../model/options.ts";
import { type Work, spend } from "./budget.ts";
import type { Dfa } from "./dfa.ts";

const LAST = 0x10ffff;

/** The automaton with no state more than it needs, as matching wants it. Throws `TooLarge`. */
export function tableOf(dfa: Dfa, budget: Work): Pick<RegexPattern, "next" | "accepting"> {
  const distances = distancesToEnd(dfa, budget);
  const groups = equivalent(dfa, distances, budget);
  const dead = groups[distances.indexOf(Infinity)] ?? -1;
  // In the order in which they are first met, so that the first state stays the first.
  const numbers = new Map<number, number>();
  const first: number[] = [];
  for (const [state, group] of groups.entries()) {
    if (group !== dead && !numbers.has(group)) {
      numbers.set(group, first.push(state) - 1);
    }
  }
  if (first[0] !== 0) {
    return { next: [[]], accepting: [] };
  }
  const next = first.map((state) => {
    const ranges: number[] = [];
    for (const [index, from] of dfa.classes.entries()) {
      const to = (dfa.classes[index + 1] ?? LAST + 1) - 1;
      const target = numbers.get(groups[dfa.next[state]?.[index] ?? -1] ?? -1) ?? -1;
      if (target === -1) {
        continue;
      }
      if (ranges.at(-1) === target && ranges.at(-2) === from - 1) {
        ranges[ranges.length - 2] = to;
      } else {
        ranges.push(from, to, target);
      }
    }
    spend(budget, ranges.length);
    return ranges;
  });
  const accepting = first.flatMap((state, number) =>
    dfa.accepting[state] === true ? [number] : [],
  );
  return { next, accepting };
}

/** How many characters lead from each state to an accepting one at least; Infinity for the dead. */
function distancesToEnd({ accepting, next }: Dfa, budget: Work): number[] {
  const before = next.map((): number[] => []);
  for (const [state, targets] of next.entries()) {
    spend(budget, targets.length);
    for (const target of new Set(targets)) {
      before[target]?.push(state);
    }
  }
  const distances = accepting.map((isEnd) => (isEnd ? 0 : Infinity));
  const found = accepting.flatMap((isEnd, state) => (isEnd ? [state] : []));
  for (const state of found) {
    for (const earlier of before[state] ?? []) {
      if (distances[earlier] === Infinity) {
        distances[earlier] = (distances[state] ?? 0) + 1;
        found.push(earlier);
      }
    }
  }
  return distances;
}

/**
 * Moore's algorithm: the number of the group of states that each one cannot be told from. States at
 * other distances from an end can be told apart, so that hardly any round is left to do.
 */
function equivalent({ next }: Dfa, distances: readonly number[], budget: Work): number[] {
  let groups = [...distances];
  let count = new Set(groups).size;
  for (;;) {
    const names = new Map<string, number>();
    const finer: number[] = [];
    for (const [state, targets] of next.entries()) {
      spend(budget, targets.length);
      const name = `${groups[state]}:${targets.map((target) => groups[target]).join(" ")}`;
      const group = names.get(name) ?? names.size;
      names.set(name, group);
      finer.push(group);
    }
    if (names.size === count) {
      return finer;
    }
    groups = finer;
    count = names.size;
  }
}
