import { hexEscape, isUnprintable } from "../model/unprintable.ts";

const BACKSLASH = 0x5c;

/**
 * Makes a text that strangers chose safe to print: what cannot be seen, moves a cursor or turns
 * text around becomes `\xNN` or `\u{NNNN}`, a backslash is doubled.
 */
export function escapeName(text: string): string {
  // No regular expression: its engine would be 60 KiB more to keep in memory.
  let safe = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x20 && unit < 0x7f && unit !== BACKSLASH) {
      continue;
    }
    const code = text.codePointAt(at) ?? 0;
    const next = at + (code > 0xffff ? 2 : 1);
    if (code === BACKSLASH || isUnprintable(code)) {
      safe += text.slice(from, at) + (code === BACKSLASH ? "\\\\" : hexEscape(code));
      from = next;
    }
    at = next - 1;
  }
  return from === 0 ? text : safe + text.slice(from);
}

/** JSON for people and programs: the same characters are written as `\uNNNN` in its strings. */
export function escapedJson(value: unknown, indent = 2): string {
  const text = JSON.stringify(value, null, indent);
  let safe = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    safe += code >= 0x7f && isUnprintable(code) ? unitEscapes(character) : character;
  }
  return safe;
}

/** The UTF-16 code units of a character as RFC 8259 writes them. */
function unitEscapes(character: string): string {
  let escaped = "";
  for (let at = 0; at < character.length; at++) {
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
