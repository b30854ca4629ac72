import type { RegexPattern } from "../model/options.ts";
import { regexBudget, TooLarge, type Work } from "./regex/budget.ts";
import { buildDfa } from "./regex/dfa.ts";
import { buildNfa } from "./regex/nfa.ts";
import { parseRegex } from "./regex/parse.ts";
import { tableOf } from "./regex/table.ts";
import type { Dialect, RegexProblem, Tree } from "./regex/tree.ts";

/** Longer ones are no mistake of a person's. */
const LONGEST = 4_000;
/**
 * Makes an automaton of a regular expression. It searches: a match may begin anywhere unless `^`
 * says otherwise. Matching takes one step for each character; what cannot be had in that way is a
 * problem with its place, and so is what takes more work than the budget allows.
 */
export function compileRegex(
  source: string,
  budget: Work = regexBudget(),
  dialect: Dialect = "own",
): RegexPattern | RegexProblem {
  const tree = readRegex(source, dialect);
  return "reason" in tree ? tree : compileTree(tree, source, budget);
}

/** What a regular expression says, in the syntax of its own dialect. */
export function readRegex(source: string, dialect: Dialect): Tree | RegexProblem {
  return source.length > LONGEST
    ? { position: LONGEST, reason: `longer than ${LONGEST} characters` }
    : parseRegex(source, dialect);
}

/** The automaton of an expression that was read. */
export function compileTree(tree: Tree, source: string, budget: Work): RegexPattern | RegexProblem {
  try {
    return { kind: "regex", source, ...tableOf(buildDfa(buildNfa(tree, budget), budget), budget) };
  } catch (error) {
    if (error instanceof TooLarge) {
      return { position: 0, reason: "too large: write it shorter, or as globs" };
    }
    throw error;
  }
}
