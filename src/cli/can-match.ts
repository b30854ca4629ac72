import type { GlobPattern, RegexPattern } from "../model/options.ts";
import { matchRegex } from "../policy/regex.ts";
import { compileRegex, compileTree } from "./compile-regex.ts";
import { globTree } from "./glob-tree.ts";
import { regexBudget, type Work } from "./regex/budget.ts";

/** What of a process a pattern is compared with. */
export type TextKey = "comm" | "exe" | "cmdline" | "cgroup" | "unit";

type Single = GlobPattern | RegexPattern;

/** A name the kernel cuts off at 15 bytes; TASK_COMM_LEN of include/linux/sched.h. */
export const COMM_BYTES = 15;

/** All texts there can be, but for names; systemd's units as `unitOf` finds them. */
const SOURCES: Readonly<Record<Exclude<TextKey, "comm">, string>> = {
  exe: "^(/|(/[^/]+)+)?$",
  cmdline: "",
  cgroup: "^(/|(/[^/]+)+)?$",
  unit: "^([^/]*\\.(service|scope))?$",
};

const LAST = 0x10ffff;
/** Comparing two ranges, of three numbers each, in steps of work. */
const EDGE_STEPS = 1 / 9;

const domains = new Map<TextKey, RegexPattern>();

function domainOf(key: TextKey): RegexPattern {
  const known = domains.get(key);
  if (known !== undefined) {
    return known;
  }
  const compiled = key === "comm" ? shortTexts() : compileRegex(SOURCES[key]);
  const domain = "reason" in compiled ? shortTexts() : compiled;
  domains.set(key, domain);
  return domain;
}

/** Bytes of a character in UTF-8; half of one that was cut off is shown as U+FFFD. */
export function utf8Bytes(code: number): number {
  if (code < 0x800 || code === 0xfffd) {
    return code < 0x80 || code === 0xfffd ? 1 : 2;
  }
  return code < 0x10000 ? 3 : 4;
}

/** All texts of at most 15 bytes: each state counts them. */
function shortTexts(): RegexPattern {
  const starts = [0, 0x80, 0x800, 0xfffd, 0xfffe, 0x10000];
  const next = Array.from({ length: COMM_BYTES + 1 }, (_, bytes) =>
    starts.flatMap((from, index) => {
      const state = bytes + utf8Bytes(from);
      return state > COMM_BYTES ? [] : [from, (starts[index + 1] ?? 0x110000) - 1, state];
    }),
  );
  return { kind: "regex", source: "", next, accepting: next.map((_, bytes) => bytes) };
}

/**
 * Whether some text that both automata can read makes `isFound` true of their states; `inDoubt`
 * when that is too much work.
 */
function search(
  one: Pick<RegexPattern, "next">,
  other: RegexPattern,
  isFound: (one: number, other: number) => boolean,
  { inDoubt, start, work }: { readonly inDoubt: boolean; readonly start: number; work: Work },
): boolean {
  const width = other.next.length;
  const seen = new Set([start * width]);
  for (const pair of seen) {
    const [state, otherState] = [Math.floor(pair / width), pair % width];
    if (isFound(state, otherState)) {
      return true;
    }
    const edges = one.next[state] ?? [];
    const others = other.next[otherState] ?? [];
    work.steps -= 1 + edges.length * others.length * EDGE_STEPS;
    if (work.steps <= 0) {
      return inDoubt;
    }
    for (let i = 0; i < edges.length; i += 3) {
      for (let j = 0; j < others.length; j += 3) {
        const from = Math.max(edges[i] ?? 0, others[j] ?? 0);
        if (from <= Math.min(edges[i + 1] ?? 0, others[j + 1] ?? 0)) {
          seen.add((edges[i + 2] ?? 0) * width + (others[j + 2] ?? 0));
        }
      }
    }
  }
  return false;
}

/** A pattern as an automaton; null where that is too large to be had. */
function automatonOf(pattern: Single, work: Work): RegexPattern | null {
  if (pattern.kind === "regex") {
    return pattern;
  }
  const compiled = compileTree(globTree(pattern.source), pattern.source, work);
  return "reason" in compiled ? null : compiled;
}

/** Whether there can be a process with such a text; true when in doubt. */
export function canMatch(key: TextKey, pattern: Single, work: Work = regexBudget()): boolean {
  const domain = domainOf(key);
  if (pattern.kind === "glob" && !/[*?[]/.test(pattern.source)) {
    return matchRegex(domain, pattern.source);
  }
  const automaton = automatonOf(pattern, work);
  return (
    automaton === null ||
    search(
      automaton,
      domain,
      (state, other) => automaton.accepting.includes(state) && domain.accepting.includes(other),
      { inDoubt: true, start: 0, work },
    )
  );
}

/** Whether it matches all texts there can be, but perhaps the empty one; false when in doubt. */
export function matchesAll(key: TextKey, pattern: Single, work: Work = regexBudget()): boolean {
  const automaton =
    pattern.kind === "glob" && !pattern.source.includes("*") ? null : automatonOf(pattern, work);
  if (automaton === null) {
    return false;
  }
  const { accepting } = domainOf(key);
  // Two states more: all that the expression does not go on with, and the start, of which the first
  // is a copy that may not match.
  const sink = automaton.next.length;
  const filledUp = automaton.next.map((edges) => filled(edges, sink));
  const next = [...filledUp, [0, LAST, sink], filledUp[0] ?? []];
  const start = sink + 1;
  const isOut = (state: number, other: number) =>
    state !== start && accepting.includes(other) && !automaton.accepting.includes(state);
  return !search({ next }, domainOf(key), isOut, { inDoubt: true, start, work });
}

/** The edges of a state, with what they leave out going to `sink`. */
function filled(edges: readonly number[], sink: number): number[] {
  const all: number[] = [];
  let from = 0;
  for (let i = 0; i < edges.length; i += 3) {
    const [first = 0, last = 0, target = 0] = edges.slice(i, i + 3);
    if (first > from) {
      all.push(from, first - 1, sink);
    }
    all.push(first, last, target);
    from = last + 1;
  }
  return from > LAST ? all : [...all, from, LAST, sink];
}
