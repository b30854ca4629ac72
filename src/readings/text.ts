/** Bytes of ASCII. */
export const TAB = 9;
export const NEWLINE = 10;
export const SPACE = 32;
export const MINUS = 45;
export const ZERO = 48;
export const NINE = 57;
const POINT = 46;

/** A word that starts a line of a kernel file, and where it stood last time. */
export interface Key {
  readonly bytes: readonly number[];
  at: number;
}

/** Makes a key; its text is ASCII. */
export function key(word: string): Key {
  return { bytes: [...new TextEncoder().encode(word)], at: 0 };
}

function standsAt(text: Uint8Array, length: number, word: readonly number[], at: number): boolean {
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

/** Where the line that holds `at` ends: its newline, or the end of the text. */
export function lineEnd(text: Uint8Array, length: number, at: number): number {
  let end = at;
  while (end < length && text[end] !== NEWLINE) {
    end++;
  }
  return end;
}

const LARGEST = Number.MAX_SAFE_INTEGER;

/**
 * The whole number at or behind `at` in the same line; -1 when there is none, or when it may be cut
 * because the text ends with it. What a double cannot hold is the largest number that it can.
 */
export function wholeNumber(text: Uint8Array, length: number, at: number): number {
  let i = at;
  while (i < length && (text[i] === SPACE || text[i] === TAB)) {
    i++;
  }
  let value = -1;
  for (; i < length; i++) {
    const byte = text[i] ?? 0;
    if (byte < ZERO || byte > NINE) {
      return value < LARGEST ? value : LARGEST;
    }
    value = (value < 0 ? 0 : value * 10) + (byte - ZERO);
  }
  return -1;
}

/**
 * A number with two decimals, as the kernel prints averages and uptime;
 * -1 when it is none.
 */
export function decimalNumber(text: Uint8Array, length: number, at: number): number {
  let hundredths = 0;
  let point = -1;
  for (let i = at; i < length; i++) {
    const byte = text[i] ?? 0;
    if (byte === POINT && point < 0) {
      point = i;
    } else if (byte >= ZERO && byte <= NINE) {
      hundredths = hundredths * 10 + (byte - ZERO);
    } else {
      return point > at && point === i - 3 ? hundredths / 100 : -1;
    }
  }
  return -1;
}

/** The number behind a key that starts a line, or -1. */
export function numberOf(text: Uint8Array, length: number, wanted: Key): number {
  const at = afterKey(text, length, wanted);
  return at < 0 ? -1 : wholeNumber(text, length, at);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes as text; broken UTF-8 becomes U+FFFD, and an error is "". */
export function decode(text: Uint8Array, length: number, from = 0): string {
  return decoder.decode(text.subarray(from, Math.max(from, length)));
}
