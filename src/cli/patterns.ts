import type { GlobPattern, Pattern } from "../model/options.ts";

/** Puts globs without wildcards together, in an order in which the daemon finds one soon. */
export function gathered(patterns: readonly Pattern[]): Pattern[] {
  const literal = patterns.filter(isLiteral);
  if (literal.length < 2) {
    return [...patterns];
  }
  const names = literal.map(({ source }) => source).toSorted(byCodeUnits);
  return [{ kind: "names", names }, ...patterns.filter((pattern) => !isLiteral(pattern))];
}

/** What `<` of the language compares by, and matching with it. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isLiteral(pattern: Pattern): pattern is GlobPattern {
  return pattern.kind === "glob" && !/[*?[]/.test(pattern.source);
}
