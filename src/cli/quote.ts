import { hexEscape, isUnprintable } from "../model/unprintable.ts";

const LONGEST = 60;

/** A text of a stranger's in one line, with nothing in it that moves a cursor or turns text. */
export function printable(text: string): string {
  let safe = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    safe += isUnprintable(code) ? hexEscape(code) : character;
  }
  return safe;
}

/** The same, cut if it is long. */
export function shortened(text: string): string {
  return printable(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** A text of the user's in double quotes, cut if it is long. */
export function quote(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return printable(JSON.stringify(short));
}
