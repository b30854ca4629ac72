import { bracket } from "./bracket.ts";
import { type Escape, readEscape } from "./escapes.ts";
import { bothCases, type Ranges } from "./sets.ts";
import { Reader, Refusal } from "./reader.ts";
import type { Dialect, RegexProblem, Spot, Tree } from "./tree.ts";

const DEEPEST = 100;
/** regcomp(3)'s RE_DUP_MAX. */
const MOST_TIMES = 32_767;
const DOT: Tree = { kind: "set", set: [0, 0x10ffff] };

/** Takes a regular expression apart by the rules of its own dialect. */
export function parseRegex(source: string, dialect: Dialect): Tree | RegexProblem {
  const reader = new Reader(source, dialect);
  try {
    const tree = choice(reader, 0);
    return reader.isAtEnd() ? tree : reader.refuse("unmatched )", reader.at);
  } catch (error) {
    if (error instanceof Refusal) {
      return { position: error.position, reason: error.message };
    }
    throw error;
  }
}

function choice(reader: Reader, depth: number): Tree {
  const options: Tree[] = [];
  const at: number[] = [];
  do {
    at.push(reader.at);
    options.push(sequence(reader, depth));
  } while (reader.takes("|"));
  const [first] = options;
  return options.length === 1 && first !== undefined ? first : { kind: "choice", options, at };
}

function sequence(reader: Reader, depth: number): Tree {
  const parts: Tree[] = [];
  while (!reader.isAtEnd() && !reader.sees("|")) {
    if (reader.sees(")") && (depth > 0 || reader.dialect !== "posix")) {
      break;
    }
    const part = repeated(reader, depth);
    if (part !== null) {
      parts.push(part);
    }
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "sequence", parts };
}

/** One piece with all that says how often; null for what only changes how others are read. */
function repeated(reader: Reader, depth: number): Tree | null {
  let tree = piece(reader, depth);
  if (tree === null || tree.kind === "spot") {
    // `^*` is an error in each dialect: the next piece begins with what repeats nothing.
    return tree;
  }
  for (let times = timesAt(reader); times !== null; times = timesAt(reader)) {
    tree = { kind: "repeat", tree, least: times.least, most: times.most };
    if (reader.dialect !== "posix") {
      // As few as possible: whether something matches does not depend on it.
      if (!reader.takes("?") && reader.dialect === "python" && reader.sees("+")) {
        return reader.refuse("possessive repeats cannot be used", reader.at);
      }
      if (reader.sees("*") || reader.sees("+") || reader.sees("?") || isTimes(reader)) {
        return reader.refuse("nothing to repeat", reader.at);
      }
    }
  }
  return tree;
}

interface Times {
  readonly least: number;
  readonly most: number;
}

const TIMES = /\{(\d*)(?:(,)(\d*))?\}/y;

function timesHere(reader: Reader): RegExpExecArray | null {
  TIMES.lastIndex = reader.at;
  const found = TIMES.exec(reader.source);
  return found === null || found[0] === "{}" ? null : found;
}

function isTimes(reader: Reader): boolean {
  return reader.sees("{") && timesHere(reader) !== null;
}

function timesAt(reader: Reader): Times | null {
  if (reader.takes("*")) {
    return { least: 0, most: Infinity };
  }
  if (reader.takes("+")) {
    return { least: 1, most: Infinity };
  }
  if (reader.takes("?")) {
    return { least: 0, most: 1 };
  }
  if (!reader.sees("{")) {
    return null;
  }
  const found = timesHere(reader);
  if (found === null) {
    return reader.dialect === "posix" ? reader.refuse("invalid count", reader.at) : null;
  }
  const [text, from = "", comma, to = ""] = found;
  const least = Number(from);
  const most = comma === undefined ? least : to === "" ? Infinity : Number(to);
  if (least > most || Math.max(least, most === Infinity ? 0 : most) > MOST_TIMES) {
    return reader.refuse("invalid count", reader.at);
  }
  reader.at += text.length;
  return { least, most };
}

function piece(reader: Reader, depth: number): Tree | null {
  const start = reader.at;
  if (isTimes(reader) || (reader.dialect === "posix" && reader.sees("{"))) {
    return reader.refuse("nothing to repeat", start);
  }
  const character = reader.take();
  switch (character) {
    case ".":
      return DOT;
    case "^":
      return spot("start");
    case "$":
      return spot("end");
    case "*":
    case "+":
    case "?":
      return reader.refuse("nothing to repeat", start);
    case "(":
      return group(reader, depth, start);
    case "[":
      return { kind: "set", set: bracket(reader, start) };
    case "\\":
      return escaped(reader, readEscape(reader, start, false));
    default:
      return characters(reader, single(character));
  }
}

function single(character: string): Ranges {
  const code = character.codePointAt(0) ?? 0;
  return [code, code];
}

function characters(reader: Reader, set: Ranges): Tree {
  return { kind: "set", set: reader.ignoresCase ? bothCases(set) : set };
}

function spot(where: Spot): Tree {
  return { kind: "spot", spot: where };
}

function escaped(reader: Reader, escape: Escape): Tree {
  return "spot" in escape ? spot(escape.spot) : characters(reader, escape.set);
}

/** What stands between parentheses; null where they only hold flags or a comment. */
function group(reader: Reader, depth: number, start: number): Tree | null {
  if (depth >= DEEPEST) {
    return reader.refuse("nested too deeply", start);
  }
  const outer = reader.ignoresCase;
  const head = reader.dialect === "posix" ? "group" : groupHead(reader, start);
  if (head === "comment") {
    return null;
  }
  if (head === "flags") {
    // They hold for all that follows, and Python wants them in front of all.
    return start === 0 ? null : reader.refuse("flags must stand at the beginning", start);
  }
  const inner = choice(reader, depth + 1);
  reader.ignoresCase = outer;
  if (!reader.takes(")")) {
    return reader.refuse("unterminated group", start);
  }
  // In a group, a spot may be repeated.
  return inner.kind === "spot" ? { kind: "sequence", parts: [inner] } : inner;
}

const FLAGS = /([aiLmsux]*)(?:-([imsx]+))?([:)])/y;

/** Reads what makes a group special: `?:`, a name, flags. */
function groupHead(reader: Reader, start: number): "group" | "comment" | "flags" {
  if (!reader.takes("?")) {
    return "group";
  }
  if (reader.dialect === "python" && reader.takes("#")) {
    reader.skipPast(")", () => reader.refuse("unterminated comment", start));
    return "comment";
  }
  if (["=", "!", "<=", "<!"].some((sign) => reader.sees(sign))) {
    return reader.refuse("looking ahead or behind cannot be used", start);
  }
  if (reader.sees("P=")) {
    return reader.refuse("back-references cannot be used", start);
  }
  if (reader.sees(reader.dialect === "python" ? "P<" : "<")) {
    reader.skipPast(">", () => reader.refuse("invalid group", start));
    return "group";
  }
  return flags(reader, start);
}

/** Reads `i:` or `i)`, which hold for the group, or for all that follows. */
function flags(reader: Reader, start: number): "group" | "flags" {
  FLAGS.lastIndex = reader.at;
  const [text = "", on = "", off = "", end = ""] = FLAGS.exec(reader.source) ?? [];
  const known = reader.dialect === "python" ? /^[aisu]*$/ : /^i*$/;
  if (end === "" || (on === "" && end === ")")) {
    return reader.refuse("invalid group", start);
  }
  if (!known.test(on) || !/^[is]*$/.test(off)) {
    return reader.refuse(`the flags ${on}${off} cannot be used`, start);
  }
  reader.at += text.length;
  reader.ignoresCase = !off.includes("i") && (on.includes("i") || reader.ignoresCase);
  return end === ":" ? "group" : "flags";
}
