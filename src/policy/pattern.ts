import type { Pattern } from "../model/options.ts";
import { matchGlob } from "./glob.ts";
import { matchRegex } from "./regex.ts";

/** Whether a process's text matches: a glob all of it, a regular expression anywhere in it. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  return pattern.kind === "glob" ? matchGlob(pattern, text) : matchRegex(pattern, text);
}
