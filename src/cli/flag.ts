import type { Settings } from "./settings.ts";
import type { Telling, Word } from "./telling.ts";

/** What a value may be; `values.ts` knows how to read each kind. */
export type Kind =
  | "switch"
  | "percent"
  | "limits"
  | "sizes"
  | "grace"
  | "globs"
  | "regex"
  | "choice"
  | "path"
  | "text";

export type CommandName =
  "victims" | "doctor" | "check-config" | "import" | "announce" | "help" | "version" | Telling;

/** One flag: how it is typed, what help says of it, and the key in files that means the same. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: Kind;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
  readonly key?: Exclude<keyof Settings, "when" | "rule" | "hook">;
  /** The flag switches its key off; then this is what the key says when it is on. */
  readonly off?: string;
  /** What the default file shows where no value is the default. */
  readonly example?: string;
  readonly choices?: readonly string[];
  readonly initial?: string;
  /** The command cannot do without it. */
  readonly required?: true;
  /** Commands in which it means something. */
  readonly commands?: readonly CommandName[];
  /** It means nothing to the daemon. */
  readonly onlyCommands?: true;
}

/** A word after `bustd` that does something else than run the daemon. */
export interface Command {
  readonly name: CommandName;
  readonly help: string;
  /** Words it takes, in order; the first `required` of them must be there. */
  readonly words: readonly Word[];
  readonly required: number;
  /** The last word may be given more than once. */
  readonly takesMany?: true;
  /** It takes all of the daemon's flags, also those that mean nothing in it. */
  readonly takesDaemonFlags?: true;
}
