import type { ArgsDef, CommandDef } from "citty";
import type { Settings } from "./settings.ts";
import { type Telling, TELLING_COMMANDS, TELLING_FLAGS } from "./telling.ts";

/** What a value may be; `values.ts` knows how to read each kind. */
export type Kind = "switch" | "percent" | "limits" | "globs" | "regex" | "choice" | "path" | "text";

/** One flag: how it is typed, what help says of it, and the key in files that means the same. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: Kind;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
  readonly key?: Exclude<keyof Settings, "when" | "rule">;
  /** The flag switches its key off; then this is what the key says when it is on. */
  readonly off?: string;
  /** What the default file shows where no value is the default. */
  readonly example?: string;
  readonly choices?: readonly string[];
  readonly initial?: string;
  /** Commands that know it; where absent, the daemon and the commands that look like it. */
  readonly only?: readonly string[];
}

/** The one table of flags: parsing, help, configuration keys and the default file come from it. */
export const FLAGS: readonly Flag[] = [
  {
    name: "verbose",
    short: "V",
    kind: "switch",
    key: "verbose",
    help: "Log every look at memory, not only what happens.",
  },
  {
    name: "no-daemon",
    short: "n",
    kind: "switch",
    key: "daemon",
    off: "Go on in the background once it is up.",
    help: "Stay in the foreground.",
  },
  {
    name: "kill-pgroup",
    short: "g",
    kind: "switch",
    key: "kill-pgroup",
    help: "End the victim's whole process group.",
  },
  {
    name: "psi",
    short: "p",
    kind: "percent",
    value: "percent",
    key: "psi",
    initial: "25.0",
    help: "Act when tasks wait for memory this share of the time; 0 switches this rule off.",
  },
  {
    name: "unkillables",
    short: "u",
    kind: "globs",
    value: "glob|glob",
    key: "unkillables",
    example: '["postgres", "qemu-*"]',
    help: "Never end processes whose name matches one of these globs.",
  },
  {
    name: "mem",
    short: "m",
    kind: "limits",
    value: "soft[,hard]",
    key: "mem",
    initial: "10,5",
    help:
      "Percent of available memory at or below which SIGTERM, then SIGKILL is sent, " +
      "if swap is as low; 0 switches this rule off.",
  },
  {
    name: "swap",
    short: "s",
    kind: "limits",
    value: "soft[,hard]",
    key: "swap",
    initial: "10,5",
    help: "Percent of free swap for the same rule; 100 leaves swap out of account.",
  },
  {
    name: "prefer",
    kind: "regex",
    value: "regex",
    key: "prefer",
    example: "'^(Web Content|Isolated Web Co)$'",
    help: "Rather end processes whose name matches: 300 points more.",
  },
  {
    name: "avoid",
    kind: "regex",
    value: "regex",
    key: "avoid",
    example: "'^(tmux: server|screen)$'",
    help: "Rather spare processes whose name matches: 300 points less.",
  },
  {
    name: "ignore",
    kind: "regex",
    value: "regex",
    key: "ignore",
    example: "'^postgres$'",
    help: "Never end processes whose name matches.",
  },
  {
    name: "ignore-root-user",
    kind: "switch",
    key: "ignore-root-user",
    help: "Never end processes of root.",
  },
  {
    name: "sort-by-rss",
    kind: "switch",
    key: "sort-by-rss",
    help: "Choose by resident memory instead of oom_score.",
  },
  {
    name: "oom-score-adj",
    kind: "choice",
    value: "policy",
    choices: ["respect", "discount-positive", "ignore"],
    key: "oom-score-adj",
    initial: "respect",
    help: "How oom_score_adj counts: respect, discount-positive or ignore.",
  },
  {
    name: "no-default-rules",
    kind: "switch",
    key: "default-rules",
    off: "Protect init, sessions, displays, D-Bus and sshd, as listed at the end.",
    help: "Do not protect init, sessions, displays, D-Bus, sshd.",
  },
  {
    name: "dry-run",
    kind: "switch",
    key: "dry-run",
    help: "Say whom it would end, and end nobody.",
  },
  {
    name: "no-trim",
    kind: "switch",
    key: "trim",
    off: "Give unused pages back before locking memory; start afresh when others are.",
    help: "Give no unused pages back before locking memory, and never start afresh.",
  },
  {
    name: "pid-file",
    kind: "path",
    value: "path",
    help: "Hold this file in place of /var/run/bustd.pid; only one daemon can. none: hold none.",
  },
  {
    name: "config",
    kind: "path",
    value: "file",
    help: "Read this file instead of /etc/bustd/bustd.toml and its drop-ins.",
  },
  {
    name: "json",
    kind: "switch",
    only: ["victims", "doctor", "incidents", "explain", "status"],
    help: "Print JSON.",
  },
  ...TELLING_FLAGS,
  { name: "help", short: "h", kind: "switch", help: "Show this help." },
  { name: "version", short: "v", kind: "switch", help: "Show the version." },
];

/** A word after `bustd` that does something else than run the daemon. */
export interface Command {
  readonly name: "check-config" | "victims" | "doctor" | "import" | Telling;
  readonly help: string;
  /** Words it takes, in order; the first `required` of them must be there. */
  readonly words: readonly { readonly name: string; readonly help: string }[];
  readonly required: number;
  /** Whether it takes the daemon's flags, to answer for a daemon that was started so. */
  readonly daemonFlags: boolean;
}

export const COMMANDS: readonly Command[] = [
  {
    name: "victims",
    help: "Show who would be ended now, in order, and why.",
    words: [],
    required: 0,
    daemonFlags: true,
  },
  {
    name: "doctor",
    help: "Look for what keeps bustd from working well here.",
    words: [],
    required: 0,
    daemonFlags: true,
  },
  {
    name: "check-config",
    help: "Check the configuration, or one file.",
    words: [{ name: "file", help: "A file to check instead of the ones in force." }],
    required: 0,
    daemonFlags: false,
  },
  {
    name: "import",
    help: "Print what earlyoom's or nohang's settings are here.",
    words: [
      { name: "from", help: "earlyoom or nohang." },
      { name: "file", help: "Its configuration file, or earlyoom's arguments." },
    ],
    required: 1,
    daemonFlags: false,
  },
  ...TELLING_COMMANDS,
];

/** The flags that may be typed with a command, or with none. */
export function flagsOf(command: Command | null): readonly Flag[] {
  return FLAGS.filter(({ name, only }) => {
    if (only !== undefined) {
      return command !== null && only.includes(command.name);
    }
    return command === null || command.daemonFlags || name === "help";
  });
}

function argsOf(command: Command | null): ArgsDef {
  const args: ArgsDef = {};
  for (const [index, word] of (command?.words ?? []).entries()) {
    const required = index < (command?.required ?? 0);
    args[word.name] = { type: "positional", description: word.help, required };
  }
  for (const { name, short, kind, value, help, initial } of flagsOf(command)) {
    args[name] = {
      type: kind === "switch" ? "boolean" : "string",
      description: initial === undefined ? help : `${help} [${initial}]`,
      ...(short === undefined ? {} : { alias: short }),
      ...(value === undefined ? {} : { valueHint: value }),
    } as ArgsDef[string];
  }
  return args;
}

/** What citty calls a command, made from the tables: for the help. */
export function commandDefinition(command: Command | null, version: string): CommandDef {
  if (command !== null) {
    return { meta: { name: command.name, description: command.help }, args: argsOf(command) };
  }
  const subCommands = COMMANDS.map((sub) => [sub.name, commandDefinition(sub, version)] as const);
  return {
    meta: {
      name: "bustd",
      version,
      description: "Ends the right process just before Linux runs out of memory",
    },
    args: argsOf(null),
    subCommands: Object.fromEntries(subCommands),
  };
}
