/** One number that a verdict rests on, beside the limit it was held against. */
export interface Witness {
  /** In the log's words: `MemAvailable`, `free swap`, `stall in the last 2 s`. */
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: "%" | "MiB";
}

/** Which rule acts: a fixed word that leads to `policy/decide.ts`. */
export type RuleName = "exhaustion" | "leak" | "thrashing" | "frozen" | "when";

export type Verdict =
  | { readonly kind: "calm" }
  | {
      readonly kind: "act";
      readonly rule: RuleName;
      /** `kill` when the hard limits are passed: no time for SIGTERM. */
      readonly urgency: "term" | "kill";
      readonly witnesses: readonly Witness[];
    };

/** The verdict of nearly every look. */
export const CALM: Verdict = { kind: "calm" };
