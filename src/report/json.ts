/**
 * Characters that a terminal acts on, that turn text around, or that are not seen; JSON leaves them
 * as they are. Cc, Cf, what separates lines, and blanks that look like nothing.
 */
const UNSAFE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0\u2800]/gu;

/** A value as JSON to print: what strangers chose is escaped, and reads back the same. */
export function escapedJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(UNSAFE, (letter) =>
    [...letter].map(escapedUnits).join(""),
  );
}

function escapedUnits(letter: string): string {
  let text = "";
  for (let i = 0; i < letter.length; i++) {
    text += `\\u${letter.charCodeAt(i).toString(16).padStart(4, "0")}`;
  }
  return text;
}
