import { readEscape } from "./escapes.ts";
import type { Reader } from "./reader.ts";
import { bothCases, inverse, POSIX_CLASSES, type Ranges, union } from "./sets.ts";

/** Reads `[…]` behind its first bracket; a first `]` is one of its characters. */
export function bracket(reader: Reader, start: number): Ranges {
  const isInverse = reader.takes("^");
  const sets: Ranges[] = [];
  const first = reader.at;
  while (reader.at === first || !reader.sees("]")) {
    sets.push(member(reader, start));
  }
  reader.takes("]");
  const all = union(sets);
  const set = reader.ignoresCase ? bothCases(all) : all;
  return isInverse ? inverse(set) : set;
}

/** One character, a range of them, or a class. */
function member(reader: Reader, start: number): Ranges {
  const at = reader.at;
  const from = atom(reader, start);
  const isRange = reader.sees("-") && !reader.sees("-]") && reader.at + 1 < reader.source.length;
  if (!isRange) {
    return from;
  }
  reader.takes("-");
  const to = atom(reader, start);
  const [low = 0, lowEnd] = from;
  const [high = 0, highEnd] = to;
  if (low !== lowEnd || high !== highEnd || from.length > 2 || to.length > 2 || low > high) {
    return reader.refuse("invalid range", at);
  }
  if (reader.dialect === "posix" && reader.sees("-") && !reader.sees("-]")) {
    return reader.refuse("invalid range", at);
  }
  return [low, high];
}

function atom(reader: Reader, start: number): Ranges {
  const at = reader.at;
  if (reader.dialect !== "python" && reader.takes("[:")) {
    const name = reader.skipPast(":]", () => unterminated(reader, start));
    return POSIX_CLASSES[name] ?? reader.refuse("there is no such class of characters", at);
  }
  const collating =
    reader.dialect === "posix" ? ["[=", "[."].find((sign) => reader.takes(sign)) : undefined;
  if (collating !== undefined) {
    const end = collating === "[=" ? "=]" : ".]";
    const name = reader.skipPast(end, () => unterminated(reader, start));
    const [character = "", more] = name;
    return more === undefined && character !== ""
      ? one(character)
      : reader.refuse("no such collating element", at);
  }
  const character = reader.take();
  if (character === "") {
    return unterminated(reader, start);
  }
  if (character === "\\" && reader.dialect !== "posix") {
    const escape = readEscape(reader, at, true);
    return "set" in escape ? escape.set : reader.refuse("invalid escape", at);
  }
  return one(character);
}

function one(character: string): Ranges {
  const code = character.codePointAt(0) ?? 0;
  return [code, code];
}

function unterminated(reader: Reader, start: number): never {
  return reader.refuse("unterminated character class", start);
}
