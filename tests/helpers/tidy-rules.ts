/**
 * Who may import whom below `src/`; a room is a folder, or a file that lies in `src/` itself. Files
 * of a room may import each other.
 */
interface Room {
  /** Rooms or single files of `src/`; "*" for all but the two that join them. */
  readonly mayImport: readonly string[];
  /** Packages; a name that ends in ":" stands for all that begin with it. */
  readonly packages: readonly string[];
  /** Its files know nothing of each other. */
  readonly isOfStrangers?: true;
}

const COMMAND_LINE_PACKAGES = ["citty", "fastest-levenshtein", "toml-eslint-parser", "valibot"];

export const ROOMS: Readonly<Record<string, Room>> = {
  "main.ts": { mayImport: ["*", "daemon.ts"], packages: [] },
  "daemon.ts": { mayImport: ["*"], packages: [] },
  "start.ts": { mayImport: ["*"], packages: [] },
  "sources.ts": {
    mayImport: ["model", "sources", "daemon-state.ts", "sys/sys.ts"],
    packages: [],
  },
  sources: {
    mayImport: [
      "model",
      "crisis",
      "recorder",
      "report",
      "footprint",
      "daemon-state.ts",
      "sys/sys.ts",
    ],
    packages: [],
  },
  "daemon-state.ts": {
    mayImport: [
      "model",
      "readings",
      "watch",
      "policy",
      "crisis",
      "recorder",
      "footprint",
      "sys/sys.ts",
    ],
    packages: [],
  },
  "version.ts": { mayImport: [], packages: [] },
  model: { mayImport: [], packages: [] },
  sys: { mayImport: ["model"], packages: ["bun:ffi"] },
  readings: { mayImport: ["model", "sys/sys.ts"], packages: [] },
  watch: { mayImport: ["model", "readings", "sys/sys.ts"], packages: [] },
  policy: { mayImport: ["model", "policy/rules"], packages: [] },
  "policy/rules": { mayImport: ["model", "policy"], packages: [], isOfStrangers: true },
  crisis: {
    mayImport: ["model", "readings", "watch", "policy", "daemon-state.ts", "sys/sys.ts"],
    packages: [],
  },
  // Loaded only where warnings are wanted.
  warn: {
    mayImport: [
      "model",
      "readings",
      "policy",
      "crisis",
      "report",
      "recorder",
      "daemon-state.ts",
      "sys/sys.ts",
    ],
    packages: [],
  },
  report: { mayImport: ["model", "sys/sys.ts"], packages: [] },
  footprint: {
    mayImport: [
      "model",
      "watch",
      "policy",
      "crisis",
      "report",
      "recorder",
      "daemon-state.ts",
      "sys/sys.ts",
    ],
    packages: [],
  },
  recorder: { mayImport: ["model", "report/time.ts", "sys/sys.ts"], packages: [] },
  // The daemon itself runs on recordings; it is handed in, so that its own path loads none of this.
  replay: {
    mayImport: ["model", "readings", "policy", "report", "warn", "daemon.ts", "sys/sys.ts"],
    packages: [],
  },
  // Loaded by the one command that shows notices.
  desktop: { mayImport: ["model", "report"], packages: ["node:"] },
  cli: { mayImport: ["model", "policy"], packages: COMMAND_LINE_PACKAGES },
  commands: { mayImport: ["*"], packages: ["node:", "consola", ...COMMAND_LINE_PACKAGES] },
};

/** Single files that may load what their room may not. */
export const MORE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  // Loaded only when a person is watching.
  "src/report/terminal.ts": ["consola", "consola/utils"],
  // What citty parses with; its tokens tell what was unknown.
  "src/cli/arguments.ts": ["node:util"],
};

interface Ban {
  readonly pattern: RegExp;
  readonly where: (path: string) => boolean;
  /** What to do in its place. */
  readonly instead: string;
  readonly alsoInComments?: true;
}

const LEAN = [
  "daemon.ts",
  "start.ts",
  "sources.ts",
  "sources/",
  "daemon-state.ts",
  "model/",
  "sys/",
  "readings/",
  "watch/",
  "policy/",
  "crisis/",
  "report/",
  "recorder/",
  "warn/",
  "footprint/",
];

/** Files of the loop that runs for months in a few MB. */
function isLean(path: string): boolean {
  return path !== "src/report/terminal.ts" && LEAN.some((part) => path.startsWith(`src/${part}`));
}

const isSource = (path: string) => path.startsWith("src/");
/** Without the C library nothing else can be called: what says so is the last that is done. */
const isLibc = (path: string) => path === "src/sys/libc.ts";
const isAny = () => true;

export const BANS: readonly Ban[] = [
  {
    pattern: /\bconsole\./,
    where: isSource,
    instead: "a report event in the daemon, process.stdout.write in a command",
  },
  {
    pattern: /\bprocess\.std(in|out|err)\b/,
    where: (path) => isLean(path) && !isLibc(path),
    instead: "sys.write; these start threads",
  },
  {
    pattern: /\b(setTimeout|setInterval|setImmediate|queueMicrotask|Bun\.sleep)\b/,
    where: isLean,
    instead: "sys.wait, the only place where the daemon sleeps",
  },
  {
    pattern: /\b(Promise|async|await)\b/,
    where: isLean,
    instead: "a plain call: nothing turns the event loop here",
  },
  {
    pattern: /\b(Date|performance)\b/,
    where: isLean,
    instead: "sys.nowMs, the clock that tests can move",
  },
  { pattern: /\bBun\.(?!gc\b)/, where: isLean, instead: "a verb of the Sys interface" },
  {
    pattern: /\bBun\.gc\b/,
    where: (path) => isLean(path) && !path.startsWith("src/sys/"),
    instead: "a verb of the Sys interface",
  },
  { pattern: /\bprocess\.env\b/, where: isLean, instead: "Options: the command line reads it" },
  {
    pattern: /\bprocess\.exit\b/,
    where: (path) => isSource(path) && path !== "src/main.ts" && !isLibc(path),
    instead: "an exit code that is returned to main.ts",
  },
  {
    pattern: /\bdlopen\b/,
    where: (path) => isSource(path) && !isLibc(path),
    instead: "another line in the table of src/sys/libc.ts",
  },
  {
    pattern: /:\s*any\b|\bas any\b|<any\b/,
    where: isAny,
    instead: "unknown, or the type it has",
  },
  {
    pattern: /@ts-(ignore|nocheck|expect-error)/,
    where: isAny,
    instead: "a type that holds",
    alsoInComments: true,
  },
  {
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    where: isAny,
    instead: "doing it, or a test.failing that shows it",
    alsoInComments: true,
  },
  {
    pattern: /\/(home|root|Users)\//,
    where: isAny,
    instead: "a path relative to the project",
    alsoInComments: true,
  },
  {
    pattern: /\b(test|describe)\.only\b/,
    where: isAny,
    instead: "running that test alone by its name",
  },
];

export const LIMITS = { fileLines: 300, functionLines: 70, columns: 100 } as const;
