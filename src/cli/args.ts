import type { Command, CommandName, Flag } from "./flag.ts";
import { TELLING_COMMANDS, TELLING_FLAGS } from "./telling.ts";

const CHOOSING: readonly CommandName[] = ["victims", "top", "replay", "tune"];
const ACTING: readonly CommandName[] = ["replay", "tune"];
const READING: readonly CommandName[] = [...CHOOSING, "doctor", "check-config", "announce"];

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
    name: "hourly",
    kind: "switch",
    key: "hourly",
    help: "Log once an hour how low available memory was, and how often it came near the limit.",
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
    commands: CHOOSING,
    help: "Kill the victim's whole process group.",
  },
  {
    name: "psi",
    short: "p",
    kind: "percent",
    value: "percent",
    key: "psi",
    commands: ACTING,
    initial: "25",
    help:
      "Act when tasks wait for memory at least this percent of the time and available memory is " +
      "at its limit; 0 switches these rules off.",
  },
  {
    name: "unkillables",
    short: "u",
    kind: "globs",
    value: "glob|glob",
    key: "unkillables",
    example: '["postgres", "qemu-*"]',
    commands: CHOOSING,
    help: "Never kill processes whose name, of at most 15 bytes, matches one of these globs.",
  },
  {
    name: "mem",
    short: "m",
    kind: "limits",
    value: "soft[,hard]",
    key: "mem",
    commands: ACTING,
    initial: "10,5",
    help:
      "Send SIGTERM when available memory is at or below the first limit, SIGKILL at the second, " +
      "if free swap is low as well; in percent or such as 500M; 0 switches this rule off.",
  },
  {
    name: "mem-size",
    short: "M",
    kind: "sizes",
    value: "soft[,hard]",
    key: "mem-size",
    commands: ACTING,
    example: '"500M"',
    help: "The limits of --mem as sizes, in KiB or such as 500M; of both, the lower one holds.",
  },
  {
    name: "swap",
    short: "s",
    kind: "limits",
    value: "soft[,hard]",
    key: "swap",
    commands: ACTING,
    initial: "10,5",
    help: "How low free swap must be for --mem to act, in the same way; 100 leaves it out.",
  },
  {
    name: "swap-size",
    short: "S",
    kind: "sizes",
    value: "soft[,hard]",
    key: "swap-size",
    commands: ACTING,
    example: '"500M"',
    help: "The limits of --swap as sizes, in KiB or such as 500M; of both, the lower one holds.",
  },
  {
    name: "kill-after",
    kind: "grace",
    value: "time",
    key: "kill-after",
    initial: "500ms",
    help: "Time from SIGTERM to SIGKILL; at the hard limits SIGKILL is sent at once.",
  },
  {
    name: "prefer",
    kind: "regex",
    value: "regex",
    key: "prefer",
    example: "'^(Web Content|Isolated Web Co)$'",
    commands: CHOOSING,
    help: "Rather kill processes whose name matches: 300 points more.",
  },
  {
    name: "avoid",
    kind: "regex",
    value: "regex",
    key: "avoid",
    example: "'^(tmux: server|screen)$'",
    commands: CHOOSING,
    help: "Rather spare processes whose name matches: 300 points less.",
  },
  {
    name: "ignore",
    kind: "regex",
    value: "regex",
    key: "ignore",
    example: "'^postgres$'",
    commands: CHOOSING,
    help: "Never kill processes whose name matches.",
  },
  {
    name: "ignore-root-user",
    kind: "switch",
    key: "ignore-root-user",
    commands: CHOOSING,
    help: "Never kill processes of root.",
  },
  {
    name: "sort-by-rss",
    kind: "switch",
    key: "sort-by-rss",
    commands: CHOOSING,
    help: "Choose by resident memory instead of oom_score.",
  },
  {
    name: "oom-score-adj",
    kind: "choice",
    value: "policy",
    choices: ["respect", "discount-positive", "ignore"],
    key: "oom-score-adj",
    initial: "respect",
    commands: CHOOSING,
    help: "How oom_score_adj counts: respect, discount-positive or ignore.",
  },
  {
    name: "no-default-rules",
    kind: "switch",
    key: "default-rules",
    off: "Protect init, sessions, displays, D-Bus and sshd, as listed at the end.",
    commands: CHOOSING,
    help: "Do not protect init, sessions, displays, D-Bus, sshd.",
  },
  {
    name: "dry-run",
    kind: "switch",
    key: "dry-run",
    help: "Say which process it would kill, and kill none.",
  },
  {
    name: "no-trim",
    kind: "switch",
    key: "trim",
    off:
      "Give back the memory that only the start needed, lock the rest, and start again in place, " +
      "with the same pid, a minute after a crisis.",
    help: "Keep what only the start needed, tens of MB, and never start again in place.",
  },
  {
    name: "warn",
    kind: "switch",
    key: "warn",
    help:
      "Warn, once in ten minutes, when memory will soon be used up, and by whom; spare for ten " +
      "minutes whom the daemon's own user asks to spare.",
  },
  {
    name: "announce",
    kind: "switch",
    key: "announce",
    help:
      "Without systemd, leave users notices of kills also where there are no hooks; each time " +
      "bustd announce is started for an instant.",
  },
  {
    name: "keep-cmdline",
    kind: "switch",
    key: "keep-cmdline",
    help:
      "Keep the command lines of victims in incidents, which root and its group may read: they " +
      "may hold secrets, and each choice takes a little longer.",
  },
  {
    name: "pid-file",
    kind: "path",
    value: "path",
    help: "Use this in place of /var/run/bustd.pid, which only one daemon can hold; none: no file.",
  },
  {
    name: "config",
    kind: "path",
    value: "file",
    commands: READING,
    help:
      "Read this file instead of /etc/bustd/bustd.toml and its drop-ins; /dev/null stands for " +
      "none.",
  },
  {
    name: "json",
    kind: "switch",
    commands: ["victims", "doctor", "incidents", "explain", "status", "replay", "tune"],
    onlyCommands: true,
    help: "Print JSON.",
  },
  ...TELLING_FLAGS,
  { name: "help", short: "h", kind: "switch", help: "Show this help." },
  { name: "version", short: "v", kind: "switch", help: "Show the version." },
];

export const COMMANDS: readonly Command[] = [
  {
    name: "victims",
    help: "Show which processes would be killed now, and why.",
    words: [],
    required: 0,
    takesDaemonFlags: true,
  },
  {
    name: "doctor",
    help: "Say whether bustd runs, and what hinders it here.",
    words: [],
    required: 0,
    takesDaemonFlags: true,
  },
  {
    name: "check-config",
    help: "Check the configuration, or one file.",
    words: [{ name: "file", help: "A file to check instead of the ones in force." }],
    required: 0,
  },
  {
    name: "import",
    help: "Print earlyoom's or nohang's settings in bustd's terms.",
    words: [
      { name: "from", help: "earlyoom or nohang." },
      { name: "file", help: "Its configuration file or unit, or earlyoom's arguments." },
    ],
    required: 1,
  },
  {
    name: "announce",
    help: "Run the hooks of what happened since last time, and leave notices for its users.",
    words: [],
    required: 0,
  },
  ...TELLING_COMMANDS,
  {
    name: "help",
    help: "Show the help of a command.",
    words: [{ name: "command", help: "One of the commands." }],
    required: 0,
  },
  { name: "version", help: "Show the version.", words: [], required: 0 },
];

/** The flags that mean something to a command, or to the daemon. */
export function flagsOf(command: Command | null): readonly Flag[] {
  return FLAGS.filter(({ commands, name, onlyCommands }) =>
    command === null
      ? onlyCommands === undefined
      : name === "help" || commands?.includes(command.name),
  );
}

/** The flags that may be typed with a command: so that a daemon's can be repeated as they are. */
export function flagsTakenBy(command: Command | null): readonly Flag[] {
  const own = flagsOf(command);
  return command?.takesDaemonFlags === undefined ? own : [...new Set([...own, ...flagsOf(null)])];
}
