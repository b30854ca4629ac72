import type { Reader } from "./reader.ts";
import { BLANKS, DIGITS, inverse, type Ranges, WORD } from "./sets.ts";
import type { Spot } from "./tree.ts";

/** What a backslash and what follows stand for. */
export type Escape = { readonly set: Ranges } | { readonly spot: Spot };

const SETS: Readonly<Record<string, Ranges>> = {
  d: DIGITS,
  D: inverse(DIGITS),
  s: BLANKS,
  S: inverse(BLANKS),
  w: WORD,
  W: inverse(WORD),
};

/** regcomp(3) of glibc; \d is an ordinary d there. */
const POSIX_SPOTS: Readonly<Record<string, Spot>> = {
  "<": "word-start",
  ">": "word-end",
  b: "word-edge",
  B: "no-word-edge",
  "`": "start",
  "'": "end",
};

const OWN_SPOTS: Readonly<Record<string, Spot>> = {
  "<": "word-start",
  ">": "word-end",
  b: "word-edge",
  B: "no-word-edge",
};

const PYTHON_SPOTS: Readonly<Record<string, Spot>> = {
  A: "start",
  Z: "end",
  b: "word-edge",
  B: "no-word-edge",
};

const CONTROLS: Readonly<Record<string, number>> = { f: 12, n: 10, r: 13, t: 9, v: 11 };

/** Digits of a code point after a letter. */
const HEX: Readonly<Record<string, RegExp>> = {
  x: /([0-9a-f]{2})/iy,
  u: /([0-9a-f]{4})/iy,
  U: /([0-9a-f]{8})/iy,
};
const BRACED = /\{([0-9a-f]{1,6})\}/iy;
const OCTAL = /0[0-7]{0,2}|[0-3][0-7]{2}/y;

/** Reads what follows a backslash; `start` is where that stands. */
export function readEscape(reader: Reader, start: number, inBracket: boolean): Escape {
  const character = reader.take();
  if (character === "") {
    return reader.refuse("a backslash at the end", start);
  }
  if (reader.dialect === "posix") {
    return posixEscape(reader, character, start);
  }
  const set = SETS[character];
  if (set !== undefined) {
    return { set };
  }
  if (inBracket && character === "b") {
    return one(8);
  }
  const spot = (reader.dialect === "python" ? PYTHON_SPOTS : OWN_SPOTS)[character];
  if (spot !== undefined && !inBracket) {
    return { spot };
  }
  return one(codeOf(reader, character, start));
}

function one(code: number): Escape {
  return { set: [code, code] };
}

function posixEscape(reader: Reader, character: string, start: number): Escape {
  const spot = POSIX_SPOTS[character];
  if (spot !== undefined) {
    return { spot };
  }
  if (/[1-9]/.test(character)) {
    return reader.refuse("back-references cannot be used", start);
  }
  const set = /[sSwW]/.test(character) ? SETS[character] : undefined;
  return set === undefined ? one(character.codePointAt(0) ?? 0) : { set };
}

function codeOf(reader: Reader, character: string, start: number): number {
  const isPython = reader.dialect === "python";
  const control = character === "a" && isPython ? 7 : CONTROLS[character];
  if (control !== undefined) {
    return control;
  }
  if (/\d/.test(character)) {
    OCTAL.lastIndex = start + 1;
    const digits = isPython ? OCTAL.exec(reader.source)?.[0] : character === "0" ? "0" : undefined;
    if (digits === undefined) {
      return reader.refuse("back-references cannot be used", start);
    }
    reader.at = start + 1 + digits.length;
    return Number.parseInt(digits, 8);
  }
  const code = hexCode(reader, character, isPython);
  if (code !== null) {
    return code;
  }
  if (isPython && character === "N") {
    return reader.refuse("\\N cannot be used", start);
  }
  return /[A-Za-z]/.test(character)
    ? reader.refuse(`there is no \\${character}`, start)
    : (character.codePointAt(0) ?? 0);
}

function hexCode(reader: Reader, character: string, isPython: boolean): number | null {
  const braces = character === "u" && !isPython ? BRACED : undefined;
  for (const digits of [braces, character === "U" && !isPython ? undefined : HEX[character]]) {
    if (digits !== undefined) {
      digits.lastIndex = reader.at;
      const [text, hex = ""] = digits.exec(reader.source) ?? [];
      const code = Number.parseInt(hex, 16);
      if (text !== undefined && code <= 0x10ffff) {
        reader.at += text.length;
        return code;
      }
    }
  }
  return null;
}
