import { ExitCode } from "../model/exit-codes.ts";
import type { Inheritance } from "../model/inheritance.ts";
import { TERM_TO_KILL_MS } from "../model/limits.ts";
import type { Effect, Options, Pattern, Rule, Sink } from "../model/options.ts";
import type { Command, Flag } from "./args.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import type { CommandLine } from "./command-line.ts";
import { absolutePath, readConfiguration } from "./configuration.ts";
import { defaultRules } from "./default-rules.ts";
import { gathered } from "./patterns.ts";
import { DEFAULTS, type Settings } from "./settings.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Telling, tellingOf } from "./telling.ts";
import { type Parsed, parseValue } from "./values.ts";

/**
 * Turns what was typed, and the configuration files, into what is to be done. Does no I/O but
 * through `surroundings`, and never throws: each problem is a sentence, and all come at once.
 */
export async function parseCommandLine(
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<CommandLine> {
  const typed = readArguments(argv);
  const given = (name: string): string | undefined =>
    typed.flags.entries().find(([flag]) => flag.name === name)?.[1];
  if (given("help") !== undefined || (isImport(typed) && typed.words.some(asksForHelp))) {
    const { helpText } = await import("./help.ts");
    return {
      kind: "print",
      text: await helpText(typed.command, surroundings.version, surroundings.stdoutIsTerminal),
    };
  }
  if (given("version") !== undefined) {
    return { kind: "print", text: `bustd ${surroundings.version}\n` };
  }
  if (typed.problems.length > 0) {
    return problems(typed.problems);
  }
  if (typed.command?.name === "check-config") {
    const { checkConfig } = await import("./check-config.ts");
    return checkConfig(typed.words[0] ?? null, surroundings);
  }
  if (isImport(typed)) {
    const { importSettings } = await import("./import.ts");
    return importSettings(typed.words, surroundings);
  }
  const telling = tellingOf(typed.command?.name ?? "");
  if (telling !== null && !telling.daemonFlags) {
    const { sentences } = await flagSettings(typed.flags);
    return sentences.length > 0 ? problems(sentences) : tell(telling.name, typed, null);
  }
  const config = given("config");
  const path = config === undefined ? null : absolutePath(config, surroundings);
  const [flags, files] = await Promise.all([
    flagSettings(typed.flags),
    readConfiguration(path, surroundings),
  ]);
  const sentences = [...flags.sentences, ...files.sentences];
  if (sentences.length > 0) {
    return problems(sentences);
  }
  const settings = { ...DEFAULTS, ...files.settings, ...flags.settings };
  const kept = path === null ? argv : withPath(argv, path);
  const options = toOptions(settings, kept, surroundings);
  if (telling !== null) {
    return tell(telling.name, typed, options);
  }
  const inheritance = inheritanceOf(surroundings, given("pid-file"));
  return daemonOrCommand(typed.command, options, inheritance, given("json") !== undefined);
}

function tell(name: Telling, { flags, words }: Arguments, options: Options | null): CommandLine {
  const own = [...flags].flatMap(([flag, text]) =>
    flag.only === undefined ? [] : [[flag.name, text] as const],
  );
  return { kind: "tell", name, words, flags: new Map(own), options };
}

/** A reload runs in another directory: `--config` is kept with the whole path. */
function withPath(argv: readonly string[], path: string): string[] {
  return argv.map((word, index) => {
    if (argv[index - 1] === "--config") {
      return path;
    }
    return word.startsWith("--config=") ? `--config=${path}` : word;
  });
}

function isImport({ command }: Arguments): boolean {
  return command?.name === "import";
}

function asksForHelp(word: string): boolean {
  return word === "-h" || word === "--help";
}

function problems(sentences: readonly string[]): CommandLine {
  return { kind: "problems", sentences, exitCode: ExitCode.usage };
}

function daemonOrCommand(
  command: Command | null,
  options: Options,
  inheritance: Inheritance,
  json: boolean,
): CommandLine {
  if (command === null) {
    return { kind: "daemon", options, inheritance };
  }
  const name = command.name === "doctor" ? "doctor" : "victims";
  return { kind: "command", name, json, options };
}

interface Told {
  readonly settings: Partial<Settings>;
  readonly sentences: readonly string[];
}

/** Reads the values of all flags that have a key. */
async function flagSettings(flags: ReadonlyMap<Flag, string>): Promise<Told> {
  const settings: Record<string, unknown> = {};
  const sentences: string[] = [];
  const read = await Promise.all([...flags].map(valueOf));
  for (const [flag, parsed] of read) {
    if ("problem" in parsed) {
      sentences.push(`--${flag.name}: ${parsed.problem}`);
    } else if (flag.key !== undefined) {
      settings[flag.key] = parsed.value;
    }
  }
  return { settings, sentences };
}

async function valueOf([flag, text]: readonly [Flag, string]): Promise<[Flag, Parsed<unknown>]> {
  const isSwitch = flag.kind === "switch";
  return [flag, isSwitch ? { value: flag.off === undefined } : await parseValue(flag, text)];
}

/** As much as earlyoom's flags of the same name. */
const PREFER_POINTS = 300;

function commRule(origin: string, comm: readonly Pattern[], effect: Effect): Rule[] {
  return comm.length === 0 ? [] : [{ origin, match: { comm }, effect }];
}

/** The rules that the keys of earlyoom and of the original stand for. */
function rulesOf({ unkillables, ignore, prefer, avoid }: Settings): Rule[] {
  return [
    ...commRule("unkillables", gathered(unkillables), { kind: "protect" }),
    ...commRule("ignore", [ignore ?? []].flat(), { kind: "protect" }),
    ...commRule("prefer", [prefer ?? []].flat(), { kind: "points", points: PREFER_POINTS }),
    ...commRule("avoid", [avoid ?? []].flat(), { kind: "points", points: -PREFER_POINTS }),
  ];
}

function sinkOf(daemonize: boolean, surroundings: Surroundings): Sink {
  if (daemonize) {
    return "plain";
  }
  if (surroundings.stderrIsJournal) {
    return "journal";
  }
  return surroundings.stderrIsTerminal ? "terminal" : "plain";
}

/** Half of systemd's interval, in milliseconds, when it is meant for this process. */
function watchdogMsOf({ pid, watchdogPid, watchdogUsec }: Surroundings): number {
  const usec = /^\d{1,15}$/.test(watchdogUsec) ? Number(watchdogUsec) : 0;
  return watchdogPid === "" || watchdogPid === String(pid) ? Math.floor(usec / 2000) : 0;
}

/** The original's place, unless told; "none" is no place. */
function pidFileOf(surroundings: Surroundings, typed: string | undefined): string {
  if (typed === undefined) {
    return surroundings.isRoot ? "/var/run/bustd.pid" : "/tmp/bustd.pid";
  }
  return typed === "none" ? "" : absolutePath(typed, surroundings);
}

/** What the process has from whoever started it. */
function inheritanceOf(surroundings: Surroundings, typed: string | undefined): Inheritance {
  return {
    notifySocket: surroundings.notifySocket,
    watchdogMs: watchdogMsOf(surroundings),
    pidFile: pidFileOf(surroundings, typed),
    pidFileFd: -1,
    readyFd: -1,
    isRenewed: false,
  };
}

/** Everything the daemon has to know, from what was said and what surrounds it. */
function toOptions(
  settings: Settings,
  argv: readonly string[],
  surroundings: Surroundings,
): Options {
  return {
    daemonize: settings.daemon,
    verbose: settings.verbose,
    dryRun: settings["dry-run"],
    trim: settings.trim,
    psiPercent: settings.psi,
    mem: settings.mem,
    swap: settings.swap,
    killAfterMs: TERM_TO_KILL_MS,
    when: settings.when,
    scope: settings["kill-pgroup"] ? "process-group" : "process",
    adjPolicy: settings["oom-score-adj"],
    sortBy: settings["sort-by-rss"] ? "rss" : "oom_score",
    ignoreRootUser: settings["ignore-root-user"],
    rules: [
      ...(settings["default-rules"] ? defaultRules() : []),
      ...settings.rule,
      ...rulesOf(settings),
    ],
    sink: sinkOf(settings.daemon, surroundings),
    argv,
  };
}
