const NEWLINE = 10;
const ZERO = 48;
const NINE = 57;

/** A word that starts a line of a kernel file, and where it stood last time. */
export interface Key {
  readonly bytes: Uint8Array;
  at: number;
}

/** Makes a key; its text is ASCII. */
export function key(word: string): Key {
  return { bytes: new TextEncoder().encode(word), at: 0 };
}

function standsAt(text: Uint8Array, length: number, word: Uint8Array, at: number): boolean {
  if (at + word.length > length || (at > 0 && text[at - 1] !== NEWLINE)) {
    return false;
  }
  for (let i = 0; i < word.length; i++) {
    if (text[at + i] !== word[i]) {
      return false;
    }
  }
  return true;
}

/** Where the line that begins with this key goes on behind it, or -1. */
export function afterKey(text: Uint8Array, length: number, wanted: Key): number {
  const word = wanted.bytes;
  if (standsAt(text, length, word, wanted.at)) {
    return wanted.at + word.length;
  }
  for (let at = 0; at < length;) {
    if (standsAt(text, length, word, at)) {
      wanted.at = at;
      return at + word.length;
    }
    const newline = text.indexOf(NEWLINE, at);
    if (newline < 0) {
      return -1;
    }
    at = newline + 1;
  }
  return -1;
}

/** The whole number at or behind `at` in the same line; -1 when there is none. */
export function wholeNumber(text: Uint8Array, length: number, at: number): number {
  let i = at;
  while (i < length && text[i] === 32) {
    i++;
  }
  let value = -1;
  for (; i < length; i++) {
    const byte = text[i] ?? 0;
    if (byte < ZERO || byte > NINE) {
      break;
    }
    value = (value < 0 ? 0 : value * 10) + byte - ZERO;
  }
  return value;
}

/** The number behind a key that starts a line, or -1. */
export function numberOf(text: Uint8Array, length: number, wanted: Key): number {
  const at = afterKey(text, length, wanted);
  return at < 0 ? -1 : wholeNumber(text, length, at);
}

/** The bytes as text; broken UTF-8 becomes U+FFFD. */
export function decode(text: Uint8Array, length: number): string {
  return new TextDecoder().decode(text.subarray(0, Math.max(0, length)));
}
