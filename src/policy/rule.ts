import type { Options } from "../model/options.ts";
import type { Reading } from "../model/reading.ts";
import type { Taker } from "../model/selection.ts";
import { type Acting, CALM, type Verdict, type Witness } from "../model/verdict.ts";
import type { Course } from "./course.ts";

/** What a rule judges by. */
export interface View {
  readonly reading: Reading;
  readonly course: Course;
  readonly options: Options;
}

/** What memory was like in the last seconds, for a rehearsal. */
export type PretendedCourse = "shrinks" | "thrashes" | "stands";

/** One reason to kill. Another rule is another file like this, and a row in `rules.ts`. */
export interface Rule {
  readonly name: string;
  /** Why it acts, in the log's words. */
  readonly because: string;
  /**
   * The most that may be available when it acts, percent; 0: it is off, above 100: always. The
   * daemon looks the more often the nearer memory comes to it.
   */
  readonly asksUpTo: (options: Options, reading: Reading) => number;
  /** The same where it may act above that, too, by looks that see everything once a second. */
  readonly slowlyUpTo?: (options: Options, reading: Reading) => number;
  /** Whether it is about memory in use: who waits for it counts in the choice. */
  readonly weighsFaults?: true;
  /** Whether it judges by how tasks stall: it never acts on a kernel without PSI. */
  readonly needsPressure: boolean;
  readonly judge: (view: View) => Verdict;
  /**
   * Judges once more when it is known who took what was lost, one alone or all together, and what
   * those took who would be killed; null: nothing more to say.
   */
  readonly confirm:
    ((verdict: Acting, taker: Taker, view: View, chosen: Taker | null) => Verdict) | null;
  /** Options and a course of memory with which a rehearsal makes it act. */
  readonly scene: { readonly options: Partial<Options>; readonly course: PretendedCourse };
}

/** Options by which memory is low and no hard limit is reached, for rules that judge by stalls. */
export const ALWAYS_LOW: Partial<Options> = {
  mem: { softPercent: 100, hardPercent: -1 },
  swap: { softPercent: -1, hardPercent: -1 },
  psiPercent: 1.25,
};

/** A verdict of a rule, SIGTERM first. */
export function act(rule: Pick<Rule, "name" | "because">, witnesses: readonly Witness[]): Acting {
  return { kind: "act", rule: rule.name, because: rule.because, urgency: "term", witnesses };
}

/** A number in the log's words, beside its limit; both in `unit`. */
export function witness(
  name: string,
  value: number,
  limit: number,
  unit: Witness["unit"] = "%",
): Witness {
  return { name, value, limit, unit };
}

export { CALM };
