/** One number that a verdict rests on, beside the limit it was held against. */
export interface Witness {
  /** In the log's words: `MemAvailable`, `free swap`, `stall`. */
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: "%" | "MiB" | "";
}

export type Verdict =
  | { readonly kind: "calm" }
  | {
      readonly kind: "act";
      /** The rule's name, which is that of its file in `policy/rules/`. */
      readonly rule: string;
      /** Why, in words. */
      readonly because: string;
      /** `kill` when the hard limits are passed: no time for SIGTERM. */
      readonly urgency: "term" | "kill";
      readonly witnesses: readonly Witness[];
    };

export type Acting = Extract<Verdict, { kind: "act" }>;

/** The verdict of nearly every look. */
export const CALM: Verdict = { kind: "calm" };
