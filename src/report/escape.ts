const DELETE = 0x7f;
const BACKSLASH = 0x5c;
/** Beyond ASCII and Latin-1: what cannot be seen, and what turns text around; first and last. */
const INVISIBLE = [
  0x61c, 0x61c, 0x200b, 0x200f, 0x2028, 0x202e, 0x2060, 0x206f, 0xfeff, 0xfeff,
] as const;

/** Whether a character could end a line, move a cursor or turn text around. */
function isUnsafe(code: number): boolean {
  if (code < 0xa0) {
    return code < 0x20 || code >= DELETE || code === BACKSLASH;
  }
  for (let i = 0; i < INVISIBLE.length; i += 2) {
    if (code >= (INVISIBLE[i] ?? 0) && code <= (INVISIBLE[i + 1] ?? 0)) {
      return true;
    }
  }
  return false;
}

function escaped(code: number): string {
  if (code === BACKSLASH) {
    return "\\\\";
  }
  const hex = code.toString(16);
  return code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
}

/**
 * Makes a text that strangers chose safe to print: control and bidirectional characters become
 * `\xNN` or `\u{NNNN}`, a backslash is doubled.
 */
export function escapeName(text: string): string {
  // No regular expression: its engine would be 60 KiB more to keep in memory.
  let safe = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isUnsafe(code)) {
      safe += text.slice(from, at) + escaped(code);
      from = at + 1;
    }
  }
  return from === 0 ? text : safe + text.slice(from);
}
