import type { Inheritance } from "./inheritance.ts";
import type { Options } from "./options.ts";

/** What crosses from one stage of the program to the next, as JSON. */
export interface Handover {
  readonly options: Options;
  readonly inheritance: Inheritance;
  /** What the daemon will say of itself, without its pid; not where that is said already. */
  readonly standing?: string;
}
