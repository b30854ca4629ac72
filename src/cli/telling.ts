/** Commands that tell what came to pass, and how things stand. */
export type Telling = "incidents" | "explain" | "report" | "top" | "status" | "metrics";

const WHICH = {
  name: "which",
  help: "An incident's id, a pid, the name of a process, or last.",
} as const;

/** A row of the table of commands. */
interface TellingCommand {
  readonly name: Telling;
  readonly help: string;
  readonly words: readonly (typeof WHICH)[];
  readonly required: number;
  readonly daemonFlags: boolean;
}

export const TELLING_COMMANDS: readonly TellingCommand[] = [
  {
    name: "incidents",
    help: "List the kills, newest last; which of them may be said.",
    words: [WHICH],
    required: 0,
    daemonFlags: false,
  },
  {
    name: "explain",
    help: "Say who was killed, why then, why that one, and what to do about it.",
    words: [WHICH],
    required: 0,
    daemonFlags: false,
  },
  {
    name: "report",
    help: "Write the same as one page for a browser.",
    words: [WHICH],
    required: 0,
    daemonFlags: false,
  },
  {
    name: "top",
    help: "Show memory, swap, stalls and who would be killed, as they change.",
    words: [],
    required: 0,
    daemonFlags: true,
  },
  {
    name: "status",
    help: "Say whether bustd runs, with which settings, and how near it came to acting.",
    words: [],
    required: 0,
    daemonFlags: false,
  },
  {
    name: "metrics",
    help: "Print what Prometheus collects.",
    words: [],
    required: 0,
    daemonFlags: false,
  },
];

/** Which of these commands this is, or null when it is another one. */
export function tellingOf(name: string): TellingCommand | null {
  return TELLING_COMMANDS.find((command) => command.name === name) ?? null;
}

/** A row of the table of flags. */
interface TellingFlag {
  readonly name: string;
  readonly short?: string;
  readonly kind: "switch" | "path" | "text";
  readonly value?: string;
  readonly only: readonly Telling[];
  readonly help: string;
}

export const TELLING_FLAGS: readonly TellingFlag[] = [
  {
    name: "since",
    kind: "text",
    value: "time",
    only: ["incidents", "explain"],
    help: "Only what came to pass from this time on, such as yesterday, 14:30 or -2h.",
  },
  {
    name: "until",
    kind: "text",
    value: "time",
    only: ["incidents", "explain"],
    help: "Only what came to pass up to this time.",
  },
  {
    name: "reverse",
    short: "r",
    kind: "switch",
    only: ["incidents", "explain"],
    help: "The newest first.",
  },
  {
    name: "newest",
    short: "1",
    kind: "switch",
    only: ["incidents", "explain"],
    help: "Only the newest that matches.",
  },
  {
    name: "no-pager",
    kind: "switch",
    only: ["incidents", "explain"],
    help: "Print at once, also on a terminal.",
  },
  {
    name: "html",
    kind: "path",
    value: "file",
    only: ["report"],
    help: "Write the page to this file; - is standard output.",
  },
  {
    name: "once",
    kind: "switch",
    only: ["top"],
    help: "Print the view once and end, for scripts.",
  },
  {
    name: "openmetrics",
    kind: "switch",
    only: ["metrics"],
    help: "Print OpenMetrics instead of Prometheus' own text format.",
  },
  {
    name: "output",
    short: "o",
    kind: "path",
    value: "file",
    only: ["metrics"],
    help: "Write to this file, all at once, as the node exporter's textfile collector wants it.",
  },
  {
    name: "directory",
    short: "D",
    kind: "path",
    value: "directory",
    only: ["incidents", "explain", "report", "status", "metrics"],
    help: "Look here for the ring and the incidents instead of where the daemon keeps them.",
  },
];
