import type { Pattern } from "../model/options.ts";
import { matchGlob } from "./glob.ts";
import { matchRegex } from "./regex.ts";

/** Halves what is left; a member of an object would make a key of each text there ever was. */
function holds(names: readonly string[], text: string): boolean {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const name = names[middle] ?? "";
    if (name === text) {
      return true;
    }
    if (name < text) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

/** Whether a process's text matches: a glob all of it, a regular expression anywhere in it. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  switch (pattern.kind) {
    case "names":
      return holds(pattern.names, text);
    case "glob":
      return matchGlob(pattern, text);
    case "regex":
      return matchRegex(pattern, text);
  }
}
