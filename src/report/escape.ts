/** Everything that could end a line, move a cursor or turn text around. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\\]/g;

/**
 * Makes a text that strangers chose safe to print: control and bidirectional characters become
 * `\xNN` or `\u{NNNN}`, a backslash is doubled.
 */
export function escapeName(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    if (character === "\\") {
      return "\\\\";
    }
    const hex = code.toString(16);
    return code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
  });
}
