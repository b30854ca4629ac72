import type { GlobPattern, Pattern } from "../model/options.ts";

/** Puts globs without wildcards together, so that the daemon finds a name with one look. */
export function gathered(patterns: readonly Pattern[]): Pattern[] {
  const literal = patterns.filter(isLiteral);
  if (literal.length < 2) {
    return [...patterns];
  }
  const names = Object.fromEntries(literal.map(({ source }) => [source, true as const]));
  return [{ kind: "names", names }, ...patterns.filter((pattern) => !isLiteral(pattern))];
}

function isLiteral(pattern: Pattern): pattern is GlobPattern {
  return pattern.kind === "glob" && !/[*?[]/.test(pattern.source);
}
