import { COMM_BYTES, utf8Bytes } from "./can-match.ts";
import type { Tree } from "./regex/tree.ts";

/** Bytes of the shortest text that an expression matches. */
function leastBytes(tree: Tree): number {
  switch (tree.kind) {
    case "set":
      return utf8Bytes(tree.set[0] ?? 0);
    case "spot":
      return 0;
    case "sequence":
      return tree.parts.reduce((sum, part) => sum + leastBytes(part), 0);
    case "choice":
      return Math.min(...tree.options.map(leastBytes));
    case "repeat":
      return tree.least * leastBytes(tree.tree);
  }
}

/** Where the options of an expression begin that are too long for any name. */
export function deadOptions(tree: Tree, besideBytes = 0): number[] {
  switch (tree.kind) {
    case "set":
    case "spot":
      return [];
    case "sequence": {
      const all = besideBytes + leastBytes(tree);
      return tree.parts.flatMap((part) => deadOptions(part, all - leastBytes(part)));
    }
    case "choice":
      return tree.options.flatMap((option, index) =>
        besideBytes + leastBytes(option) > COMM_BYTES
          ? [tree.at[index] ?? 0]
          : deadOptions(option, besideBytes),
      );
    case "repeat": {
      const others = Math.max(0, tree.least - 1) * leastBytes(tree.tree);
      return deadOptions(tree.tree, besideBytes + others);
    }
  }
}
