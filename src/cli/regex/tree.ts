import type { Ranges } from "./sets.ts";

/** What holds between two characters, or at an end of the text. */
export type Spot = "start" | "end" | "word-edge" | "no-word-edge" | "word-start" | "word-end";

/** A regular expression, whatever it was written in. */
export type Tree =
  /** One character of these. */
  | { readonly kind: "set"; readonly set: Ranges }
  | { readonly kind: "spot"; readonly spot: Spot }
  | { readonly kind: "sequence"; readonly parts: readonly Tree[] }
  /** `at` are the places in the source where the options begin. */
  | { readonly kind: "choice"; readonly options: readonly Tree[]; readonly at: readonly number[] }
  /** `most` is Infinity where there is no end. */
  | {
      readonly kind: "repeat";
      readonly tree: Tree;
      readonly least: number;
      readonly most: number;
    };

/** Why a regular expression cannot be used; `position` counts characters of it from 0. */
export interface RegexProblem {
  readonly position: number;
  readonly reason: string;
}

/** The syntax of a regular expression: ours, regcomp(3)'s with REG_EXTENDED, or Python's `re`. */
export type Dialect = "own" | "posix" | "python";
