import type { RegexPattern } from "../model/options.ts";

function targetOf(ranges: readonly number[], character: number): number {
  for (let i = 0; i < ranges.length; i += 3) {
    if (character < (ranges[i] ?? 0)) {
      return -1;
    }
    if (character <= (ranges[i + 1] ?? 0)) {
      return ranges[i + 2] ?? -1;
    }
  }
  return -1;
}

/**
 * Whether the expression occurs in a text: one step for each character, whatever the text. State 0
 * is the first; the table was made so that it searches, and an ending state is kept.
 */
export function matchRegex({ accepting, next }: RegexPattern, text: string): boolean {
  let state = 0;
  for (let at = 0; at < text.length;) {
    const character = text.codePointAt(at) ?? 0;
    state = targetOf(next[state] ?? [], character);
    if (state === -1) {
      return false;
    }
    at += character > 0xffff ? 2 : 1;
  }
  return accepting.includes(state);
}
