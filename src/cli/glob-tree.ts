import { inverse, type Ranges, union } from "./regex/sets.ts";
import type { Tree } from "./regex/tree.ts";

const ANY: Tree = { kind: "set", set: [0, 0x10ffff] };
const ANYTHING: Tree = { kind: "repeat", tree: ANY, least: 0, most: Infinity };
const COMPONENT = /\*\*\/?|\*|\?|\[(!?)(.[^\]]*)\]|[^]/gsu;

/** A glob that `compileGlob` takes, as a regular expression; `**` like in the `glob` crate. */
export function globTree(source: string): Tree {
  const parts = [...source.matchAll(COMPONENT)].map(
    ({ 0: part, 1: not, 2: members, index }): Tree => {
      if (members !== undefined) {
        const set = classOf(members);
        return { kind: "set", set: not === "!" ? inverse(set) : set };
      }
      switch (part) {
        case "*":
        case "**":
          return ANYTHING;
        case "**/":
          // Nothing need follow the last one.
          return index + part.length === source.length ? ANYTHING : components();
        case "?":
          return ANY;
        default:
          return { kind: "set", set: one(part) };
      }
    },
  );
  return {
    kind: "sequence",
    parts: [{ kind: "spot", spot: "start" }, ...parts, { kind: "spot", spot: "end" }],
  };
}

/** Nothing, or all up to a slash. */
function components(): Tree {
  const path: Tree = { kind: "sequence", parts: [ANYTHING, { kind: "set", set: one("/") }] };
  return { kind: "repeat", tree: path, least: 0, most: 1 };
}

function one(character: string): Ranges {
  const code = character.codePointAt(0) ?? 0;
  return [code, code];
}

/** `a-z` and single characters; a dash at an end is one. */
function classOf(members: string): Ranges {
  const ranges = [...members.matchAll(/(.)-(.)|(.)/gsu)].map(([, from, to, single = ""]) => {
    const [low = 0] = one(from ?? single);
    const [high = 0] = one(to ?? single);
    return low <= high ? [low, high] : [];
  });
  return union(ranges);
}
