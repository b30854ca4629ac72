import { hexEscape, isUnprintable } from "../../model/unprintable.ts";
import { ALL, BLANKS, DIGITS, inverse, type Ranges, WORD } from "./sets.ts";
import type { Spot, Tree } from "./tree.ts";

const SPOTS: Readonly<Record<Spot, string>> = {
  start: "^",
  end: "$",
  "word-edge": "\\b",
  "no-word-edge": "\\B",
  "word-start": "\\<",
  "word-end": "\\>",
};

const NAMED: readonly (readonly [Ranges, string])[] = [
  [ALL, "."],
  [DIGITS, "\\d"],
  [WORD, "\\w"],
  [BLANKS, "\\s"],
  [inverse(DIGITS), "\\D"],
  [inverse(WORD), "\\W"],
  [inverse(BLANKS), "\\S"],
];

/** Writes an expression down in our own syntax. */
export function printRegex(tree: Tree): string {
  switch (tree.kind) {
    case "set":
      return printSet(tree.set);
    case "spot":
      return SPOTS[tree.spot];
    case "sequence":
      return tree.parts
        .map((part) =>
          part.kind === "choice" || part.kind === "sequence" ? grouped(part) : printRegex(part),
        )
        .join("");
    case "choice":
      return tree.options
        .map((option) => (option.kind === "choice" ? grouped(option) : printRegex(option)))
        .join("|");
    case "repeat":
      return (
        (tree.tree.kind === "set" ? printRegex(tree.tree) : grouped(tree.tree)) + printTimes(tree)
      );
  }
}

/** Characters that mean something between brackets. */
const IN_BRACKETS = /[\^\\[\]-]/;

function grouped(tree: Tree): string {
  return `(${printRegex(tree)})`;
}

function printTimes({ least, most }: { readonly least: number; readonly most: number }): string {
  if (most === Infinity) {
    return least === 0 ? "*" : least === 1 ? "+" : `{${least},}`;
  }
  return least === most ? `{${least}}` : least === 0 && most === 1 ? "?" : `{${least},${most}}`;
}

function printSet(set: Ranges): string {
  const named = NAMED.find(([other]) => isSame(set, other));
  if (named !== undefined) {
    return named[1];
  }
  const [first = 0, last] = set;
  if (first === last && set.length === 2) {
    return printed(first, /[\^$\\.*+?()[\]{}|]/);
  }
  const isInverse = set.at(-1) === ALL[1];
  const shown = isInverse ? inverse(set) : set;
  let text = "";
  for (let i = 0; i < shown.length; i += 2) {
    const [from = 0, to = 0] = [shown[i], shown[i + 1]];
    const dash = to > from + 1 ? "-" : "";
    text += printed(from, IN_BRACKETS) + (to > from ? dash + printed(to, IN_BRACKETS) : "");
  }
  // A set of nothing has no other name than what all leave over.
  return text === "" ? "[^\\0-\\u{10ffff}]" : `[${isInverse ? "^" : ""}${text}]`;
}

function isSame(one: Ranges, other: Ranges): boolean {
  return one.length === other.length && one.every((code, index) => code === other[index]);
}

function printed(code: number, special: RegExp): string {
  const character = String.fromCodePoint(code);
  if (code === 0x20 || !isUnprintable(code)) {
    return special.test(character) ? `\\${character}` : character;
  }
  return hexEscape(code);
}
