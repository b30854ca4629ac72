import { type AST, RegExpParser, visitRegExpAST } from "@eslint-community/regexpp";
import { CharSet, type Concatenation, DFA, ENFA, type Expression, JS, NFA } from "refa";
import type { NoParent, Node, Quantifier } from "refa";
import type { RegexPattern } from "../model/options.ts";

/** Why a regular expression cannot be used; `position` counts characters of it from 0. */
export interface RegexProblem {
  readonly position: number;
  readonly reason: string;
}

const MAX_STATES = 1000;
const MAX_NODES = 20_000;

/**
 * Two characters no text contains, lone surrogates, stand for `^` and `$`: so they become ordinary
 * characters of the automaton, which is then told where they may be, and to pass them for nothing.
 */
const START = CharSet.fromCharacter(0x10ffff, 0xd800);
const END = CharSet.fromCharacter(0x10ffff, 0xdfff);
const MARKS = START.union(END);
const TEXT = MARKS.negate();
const ALPHABET = { maxCharacter: 0x10ffff };

/** POSIX names inside brackets, which earlyoom's regcomp(3) knows. */
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  blank: " \\t",
  digit: "0-9",
  lower: "a-z",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  xdigit: "0-9A-Fa-f",
};

/**
 * Makes an automaton of a regular expression in JavaScript's syntax, with POSIX names such as
 * `[[:digit:]]`. It searches: a match may begin anywhere unless `^` says otherwise. Matching takes
 * one step for each character; what cannot be had in that way is a problem with its place.
 */
export function compileRegex(source: string): RegexPattern | RegexProblem {
  const parsed = parseRegex(source.replace(/\[:(\w+):\]/g, posixClass));
  if ("reason" in parsed) {
    return parsed;
  }
  try {
    const flags = new RegExpParser().parseFlags("su");
    const parser = JS.Parser.fromAst({ pattern: parsed, flags });
    const { expression } = parser.parse({ assertions: "parse", maxNodes: MAX_NODES });
    return { kind: "regex", source, ...tableOf(searching(expression)) };
  } catch {
    return { position: 0, reason: `too large: it needs more than ${MAX_STATES} states` };
  }
}

function posixClass(text: string, name: string): string {
  return POSIX_CLASSES[name] ?? text;
}

/** Strictly at first; then as leniently as people write, where that cannot mean anything else. */
function parseRegex(source: string): AST.Pattern | RegexProblem {
  const parser = new RegExpParser();
  // oxlint-disable-next-line no-control-regex
  const modes = /^[\u0000-\u007f]*$/.test(source) ? [true, false] : [true];
  let problem: RegexProblem = { position: 0, reason: "not a regular expression" };
  for (const unicode of modes) {
    try {
      const pattern = parser.parsePattern(source, 0, source.length, { unicode });
      return unsupported(pattern) ?? pattern;
    } catch (error) {
      const { index = 0, message } = error as { index?: number; message: string };
      const reason = message.replace(/^Invalid regular expression: .*: /s, "");
      problem = { position: index, reason: reason.charAt(0).toLowerCase() + reason.slice(1) };
    }
  }
  return problem;
}

/** What no automaton of sensible size can do. */
function unsupported(pattern: AST.Pattern): RegexProblem | null {
  let problem: RegexProblem | null = null;
  visitRegExpAST(pattern, {
    onAssertionEnter({ kind, start }): void {
      if (kind !== "start" && kind !== "end") {
        const what = kind === "word" ? "word boundaries" : "looking ahead or behind";
        problem ??= { position: start, reason: `${what} cannot be used` };
      }
    },
    onBackreferenceEnter({ start }): void {
      problem ??= { position: start, reason: "back-references cannot be used" };
    },
  });
  return problem;
}

function characters(set: CharSet): NoParent<Node> & { type: "CharacterClass" } {
  return { type: "CharacterClass", characters: set };
}

function concatenation(...elements: NoParent<Concatenation>["elements"]): NoParent<Concatenation> {
  return { type: "Concatenation", elements };
}

function anyNumberOf(set: CharSet): NoParent<Quantifier> {
  const alternatives = [concatenation(characters(set))];
  return { type: "Quantifier", min: 0, max: Infinity, lazy: false, alternatives };
}

/** The same expression with marks in place of assertions, and nothing else that takes marks. */
function marked<T extends NoParent<Node>>(node: T): T {
  switch (node.type) {
    case "CharacterClass":
      return { ...node, characters: node.characters.intersect(TEXT) };
    case "Assertion":
      return characters(node.kind === "behind" ? START : END) as unknown as T;
    case "Concatenation":
      return { ...node, elements: node.elements.map(marked) };
    case "Unknown":
      return node;
    default:
      return { ...node, alternatives: node.alternatives.map(marked) };
  }
}

function limit(): NFA.LimitedNodeFactory {
  return new NFA.LimitedNodeFactory(MAX_NODES);
}

function searching({ alternatives }: NoParent<Expression>): DFA {
  const anything = anyNumberOf(CharSet.all(ALPHABET.maxCharacter));
  const inner = { type: "Alternation", alternatives: alternatives.map(marked) } as const;
  const search = [concatenation(anything, inner, anything)];
  const placed = [
    concatenation(anyNumberOf(START), anyNumberOf(TEXT), anyNumberOf(END)),
    concatenation(anyNumberOf(MARKS)),
  ];
  const both = NFA.fromIntersection(
    NFA.fromRegex(search, ALPHABET, {}, limit()),
    NFA.fromRegex(placed, ALPHABET),
    limit(),
  );
  const automaton = ENFA.fromFA(both);
  for (const node of Array.from(automaton.nodes())) {
    for (const [target, set] of Array.from(node.out)) {
      if (set !== null && !set.isDisjointWith(MARKS)) {
        node.unlink(target);
        node.link(target, null);
      }
    }
  }
  const deterministic = DFA.fromFA(automaton, new DFA.LimitedNodeFactory(MAX_STATES));
  deterministic.minimize();
  return deterministic;
}

function tableOf(automaton: DFA): Pick<RegexPattern, "next" | "accepting"> {
  const states = new Map([...automaton.nodes()].map((node, index) => [node, index]));
  const next = [...states.keys()].map((node) => {
    const ranges: number[] = [];
    for (const [{ min, max }, target] of node.out) {
      const state = states.get(target) ?? -1;
      if (ranges.at(-1) === state && ranges.at(-2) === min - 1) {
        ranges[ranges.length - 2] = max;
      } else {
        ranges.push(min, max, state);
      }
    }
    return ranges;
  });
  const accepting = [...automaton.finals].map((node) => states.get(node) ?? -1);
  return { next, accepting: accepting.toSorted((a, b) => a - b) };
}
