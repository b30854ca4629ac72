import type { Pattern } from "../model/options.ts";
import { matchGlob } from "./glob.ts";
import { matchRegex } from "./regex.ts";

/** Whether a process's text matches: a glob all of it, a regular expression anywhere in it. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  switch (pattern.kind) {
    case "names":
      // `=== true`, for every object has members such as `constructor`.
      return pattern.names[text] === true;
    case "glob":
      return matchGlob(pattern, text);
    case "regex":
      return matchRegex(pattern, text);
  }
}
