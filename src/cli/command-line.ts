import type { ExitCode } from "../model/exit-codes.ts";
import type { Hook } from "../model/hook.ts";
import type { Inheritance } from "../model/inheritance.ts";
import type { Options } from "../model/options.ts";
import type { Settings } from "./settings.ts";
import type { Telling } from "./telling.ts";

/** What the program is to do. */
export type CommandLine =
  | {
      readonly kind: "daemon";
      readonly options: Options;
      readonly inheritance: Inheritance;
      /** What holds nobody up, but will surprise: for standard error. */
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: "print";
      readonly text: string;
      readonly warnings?: readonly string[];
      /** Where it is not 0: something that was asked for could not be carried over. */
      readonly exitCode?: ExitCode;
    }
  | {
      readonly kind: "command";
      readonly name: "victims" | "doctor";
      readonly json: boolean;
      /** It is to show what else it would leave out. */
      readonly all: boolean;
      /** Those of a daemon started with the same flags. */
      readonly options: Options;
      /** No flag of a daemon was typed: the settings of one that runs are meant. */
      readonly isBare: boolean;
      readonly warnings: readonly string[];
      /** What is wrong with the configuration files, which `doctor` only reports. */
      readonly problems: readonly string[];
    }
  | {
      /** A command that looks at what a daemon left behind. */
      readonly kind: "tell";
      readonly name: Telling;
      readonly words: readonly string[];
      /** Flags of its own, by name; switches with an empty text. */
      readonly flags: ReadonlyMap<string, string>;
      /** Those of a daemon started with the same flags; null where it takes none. */
      readonly options: Options | null;
      /** What flags that were typed, and the file of `--config`, say by themselves. */
      readonly said: Partial<Settings>;
      readonly isBare: boolean;
    }
  | {
      /** Run hooks, and leave notices for users. */
      readonly kind: "announce";
      readonly hooks: readonly Hook[];
      /** What is wrong with the files: no hook is run then. */
      readonly problems: readonly string[];
      /** Where to look in place of the daemon's own directories, or null. */
      readonly directory: string | null;
    }
  | {
      readonly kind: "problems";
      readonly sentences: readonly string[];
      readonly exitCode: ExitCode;
    };
