import type { GlobPattern } from "../model/options.ts";

/** Why a text is no glob; `position` counts characters from 0, as the `glob` crate does. */
export interface GlobProblem {
  readonly position: number;
  readonly reason: string;
}

/** Checks a glob by the rules of Rust's `glob` crate (0.3), and with the crate's own words. */
export function compileGlob(source: string): GlobPattern | GlobProblem {
  let at = 0;
  while (at < source.length) {
    if (source[at] === "*") {
      const end = endOfStars(source, at);
      const problem = starProblem(source, at, end);
      if (problem !== null) {
        return problem;
      }
      at = end;
    } else if (source[at] === "[") {
      const end = endOfClass(source, at);
      if (end === -1) {
        return { position: at, reason: "invalid range pattern" };
      }
      at = end;
    } else {
      at++;
    }
  }
  return { kind: "glob", source };
}

function endOfStars(source: string, start: number): number {
  let at = start;
  while (source[at] === "*") {
    at++;
  }
  return at;
}

function starProblem(source: string, start: number, end: number): GlobProblem | null {
  if (end - start > 2) {
    const reason = "wildcards are either regular `*` or recursive `**`";
    return { position: start + 2, reason };
  }
  if (end - start < 2) {
    return null;
  }
  const reason = "recursive wildcards must form a single path component";
  if (start > 0 && source[start - 1] !== "/") {
    return { position: start - 1, reason };
  }
  return end < source.length && source[end] !== "/" ? { position: end, reason } : null;
}

/** Index after the `]` of the class that starts at `start`, or -1; a first `]` is literal. */
function endOfClass(source: string, start: number): number {
  return source.indexOf("]", firstOfClass(source, start) + 1) + 1 || -1;
}

function firstOfClass(source: string, start: number): number {
  return source[start + 1] === "!" ? start + 2 : start + 1;
}

/** UTF-16 units of the character at `at`. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function classHolds(source: string, start: number, end: number, character: number): boolean {
  const first = firstOfClass(source, start);
  const last = end - 1;
  let at = first;
  while (at < last) {
    const from = source.codePointAt(at) ?? 0;
    const dash = at + widthAt(source, at);
    let to = from;
    let next = dash;
    if (source[dash] === "-" && dash + 1 < last) {
      to = source.codePointAt(dash + 1) ?? 0;
      next = dash + 1 + widthAt(source, dash + 1);
    }
    if (character >= from && character <= to) {
      return first === start + 1;
    }
    at = next;
  }
  return first !== start + 1;
}

/** Index after the part of the glob at `at` if it accepts the character, else -1. */
function step(source: string, at: number, character: number): number {
  const symbol = source.codePointAt(at);
  if (symbol === undefined) {
    return -1;
  }
  if (symbol === 0x3f) {
    return at + 1;
  }
  if (symbol === 0x5b) {
    const end = endOfClass(source, at);
    return classHolds(source, at, end, character) ? end : -1;
  }
  return symbol === character ? at + widthAt(source, at) : -1;
}

/**
 * Whether a whole text matches: `?` and `*` match `/` as well, `**` whole path components, as
 * `Pattern::matches` of the crate. Allocates nothing; the time is at most the product of lengths,
 * because only the last star is ever tried again.
 */
export function matchGlob({ source }: GlobPattern, text: string): boolean {
  let at = 0;
  let textAt = 0;
  let afterStar = -1;
  let starText = 0;
  let recursive = false;
  for (;;) {
    if (source[at] === "*") {
      recursive = source[at + 1] === "*";
      at += recursive ? (source[at + 2] === "/" ? 3 : 2) : 1;
      if (at === source.length) {
        return true;
      }
      afterStar = at;
      starText = textAt;
      continue;
    }
    if (textAt === text.length) {
      return at === source.length;
    }
    const next = step(source, at, text.codePointAt(textAt) ?? 0);
    if (next !== -1) {
      at = next;
      textAt += widthAt(text, textAt);
      continue;
    }
    if (afterStar === -1 || starText === text.length) {
      return false;
    }
    starText = recursive
      ? text.indexOf("/", starText) + 1 || text.length
      : starText + widthAt(text, starText);
    at = afterStar;
    textAt = starText;
  }
}
