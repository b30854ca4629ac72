/** Commands that tell what happened, how things stand, and whether kills work. */
export type Telling =
  | "incidents"
  | "explain"
  | "report"
  | "top"
  | "status"
  | "record"
  | "replay"
  | "tune"
  | "metrics"
  | "notify"
  | "selftest";

const WHICH = {
  name: "which",
  help: "The kill: an id as incidents lists it, a pid, the name of a process, or last.",
} as const;

/** A word that a command takes. */
export interface Word {
  readonly name: string;
  readonly help: string;
  /** What it needs where the word is missing, with an example, as the end of a sentence. */
  readonly needed?: string;
}

/** A row of the table of commands. */
interface TellingCommand {
  readonly name: Telling;
  readonly help: string;
  readonly words: readonly Word[];
  readonly required: number;
  /** The last word may be given more than once. */
  readonly takesMany?: true;
  readonly takesDaemonFlags?: true;
}

export const TELLING_COMMANDS: readonly TellingCommand[] = [
  {
    name: "selftest",
    help: "Kill two children of its own, and nothing else, to show that kills work here.",
    words: [],
    required: 0,
  },
  {
    name: "incidents",
    help: "List the kills, the newest last: all, or those of one process.",
    words: [WHICH],
    required: 0,
  },
  {
    name: "explain",
    help: "Explain a kill: which process, why then, why that one, and what to do about it.",
    words: [WHICH],
    required: 0,
  },
  {
    name: "report",
    help: "Write what explain says as a page for a browser.",
    words: [WHICH],
    required: 0,
  },
  {
    name: "top",
    help: "Show memory, swap, stalls and which processes would be killed, as they change.",
    words: [],
    required: 0,
    takesDaemonFlags: true,
  },
  {
    name: "status",
    help: "Say whether bustd runs, with which settings, and how near it came to acting.",
    words: [],
    required: 0,
  },
  {
    name: "record",
    help: "Record how memory goes, and who takes it, until Ctrl-C; it needs no rights.",
    words: [
      {
        name: "file",
        help: "A new file; - is standard output.",
        needed: "a file to write to: bustd record FILE",
      },
    ],
    required: 1,
  },
  {
    name: "replay",
    help: "Say what the daemon would have done in a recording or an incident with these settings.",
    words: [
      {
        name: "what",
        help: "A recording, or an incident as explain takes it.",
        needed: "a recording or an incident: bustd replay FILE",
      },
    ],
    required: 1,
    takesDaemonFlags: true,
  },
  {
    name: "tune",
    help: "Propose settings from recordings of a day at least, and say why.",
    words: [
      { name: "file", help: "Recordings.", needed: "one recording or more: bustd tune FILE" },
    ],
    required: 1,
    takesMany: true,
    takesDaemonFlags: true,
  },
  {
    name: "notify",
    help: "Show on the desktop which of one's own processes were killed, and end when answered.",
    words: [],
    required: 0,
  },
  {
    name: "metrics",
    help: "Print figures for Prometheus to collect.",
    words: [],
    required: 0,
  },
];

/** Whether a command is one of these. */
export function isTelling<T extends { readonly name: string }>(
  command: T,
): command is T & { readonly name: Telling } {
  return TELLING_COMMANDS.some(({ name }) => name === command.name);
}

/** A row of the table of flags. */
interface TellingFlag {
  readonly name: string;
  readonly short?: string;
  readonly kind: "switch" | "path" | "text";
  readonly value?: string;
  readonly required?: true;
  readonly commands: readonly (Telling | "victims" | "announce")[];
  readonly onlyCommands: true;
  readonly help: string;
}

export const TELLING_FLAGS: readonly TellingFlag[] = [
  {
    name: "all",
    short: "a",
    kind: "switch",
    commands: ["victims"],
    onlyCommands: true,
    help: "Show all processes, and not only the first 20.",
  },
  {
    name: "since",
    kind: "text",
    value: "time",
    commands: ["incidents", "explain"],
    onlyCommands: true,
    help: "Only what happened from this time on, such as yesterday, 14:30 or -2h.",
  },
  {
    name: "until",
    kind: "text",
    value: "time",
    commands: ["incidents", "explain"],
    onlyCommands: true,
    help: "Only what happened up to this time.",
  },
  {
    name: "reverse",
    short: "r",
    kind: "switch",
    commands: ["incidents", "explain"],
    onlyCommands: true,
    help: "The newest first.",
  },
  {
    name: "newest",
    short: "1",
    kind: "switch",
    commands: ["incidents", "explain"],
    onlyCommands: true,
    help: "Only the newest that matches.",
  },
  {
    name: "no-pager",
    kind: "switch",
    commands: ["incidents", "explain"],
    onlyCommands: true,
    help: "Print at once, also on a terminal.",
  },
  {
    name: "html",
    kind: "path",
    value: "file",
    required: true,
    commands: ["report"],
    onlyCommands: true,
    help: "Write the page to this file; - is standard output.",
  },
  {
    name: "once",
    kind: "switch",
    commands: ["top"],
    onlyCommands: true,
    help: "Print the view once and end, for scripts.",
  },
  {
    name: "for",
    kind: "text",
    value: "time",
    commands: ["record"],
    onlyCommands: true,
    help: "End after this time, such as 10min or 2d.",
  },
  {
    name: "sweep",
    kind: "text",
    value: "setting=from..to",
    commands: ["replay"],
    onlyCommands: true,
    help: "Try psi, mem or swap with many values, such as psi=5..60, and show which would kill.",
  },
  {
    name: "watch",
    kind: "switch",
    commands: ["notify"],
    onlyCommands: true,
    help: "Stay, and show what is killed later, for sessions that systemd does not run.",
  },
  {
    name: "openmetrics",
    kind: "switch",
    commands: ["metrics"],
    onlyCommands: true,
    help: "Print OpenMetrics instead of Prometheus' own text format.",
  },
  {
    name: "output",
    short: "o",
    kind: "path",
    value: "file",
    commands: ["metrics"],
    onlyCommands: true,
    help: "Write to this file, all at once, as the node exporter's textfile collector wants it.",
  },
  {
    name: "directory",
    short: "D",
    kind: "path",
    value: "directory",
    commands: [
      "incidents",
      "explain",
      "report",
      "status",
      "replay",
      "metrics",
      "announce",
      "notify",
    ],
    onlyCommands: true,
    help: "Look here for the ring and the incidents instead of where the daemon keeps them.",
  },
];
