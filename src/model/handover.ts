import type { Inheritance } from "./inheritance.ts";
import type { Options } from "./options.ts";

/** What crosses from one stage of the program to the next, as JSON. */
export interface Handover {
  readonly options: Options;
  readonly inheritance: Inheritance;
}
