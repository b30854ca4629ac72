import type { ExitCode } from "../model/exit-codes.ts";
import type { Inheritance } from "../model/inheritance.ts";
import type { Options } from "../model/options.ts";

/** What the program is to do. */
export type CommandLine =
  | { readonly kind: "daemon"; readonly options: Options; readonly inheritance: Inheritance }
  | {
      readonly kind: "print";
      readonly text: string;
      /** For standard error; they do not change the exit code. */
      readonly warnings?: readonly string[];
    }
  | {
      readonly kind: "command";
      readonly name: "victims" | "doctor";
      readonly json: boolean;
      /** Those of a daemon started with the same flags. */
      readonly options: Options;
    }
  | {
      readonly kind: "problems";
      readonly sentences: readonly string[];
      readonly exitCode: ExitCode;
    };
