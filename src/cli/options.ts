import { ExitCode } from "../model/exit-codes.ts";
import type { Options } from "../model/options.ts";
import type { Parsed } from "./amounts.ts";
import { COMMANDS } from "./args.ts";
import type { Command, Flag } from "./flag.ts";
import { type Arguments, readArguments, unknownCommand } from "./arguments.ts";
import type { CommandLine } from "./command-line.ts";
import { absolutePath, readConfiguration } from "./configuration.ts";
import { type Budget, regexBudget } from "./regex/budget.ts";
import type { Settings } from "./settings.ts";
import type { Surroundings } from "./surroundings.ts";
import { isTelling, type Telling } from "./telling.ts";
import { idleHooks, inheritanceOf, noRuleLeft, toOptions } from "./to-options.ts";
import { parseValue } from "./values.ts";

/**
 * Turns what was typed, and the configuration files, into what is to be done. Does no I/O but
 * through `surroundings`, and never throws: each problem is a sentence, and all come at once.
 */
export async function parseCommandLine(
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<CommandLine> {
  const typed = readArguments(argv);
  const { command, words } = typed;
  if (given(typed, "help") !== undefined || (isImport(typed) && words.some(asksForHelp))) {
    return help(command, surroundings);
  }
  if (given(typed, "version") !== undefined) {
    return version(surroundings);
  }
  if (typed.problems.length > 0) {
    return problems(typed.problems);
  }
  switch (command?.name) {
    case "help": {
      const [about = ""] = words;
      const named = COMMANDS.find(({ name }) => name === about) ?? null;
      return about !== "" && named === null
        ? problems([unknownCommand(about)])
        : help(named?.name === "help" ? null : named, surroundings);
    }
    case "version":
      return version(surroundings);
    case "check-config":
      return check(words[0], given(typed, "config"), surroundings);
    case "announce":
      return announce(typed, surroundings);
    case "import": {
      const { importSettings } = await import("./import.ts");
      return importSettings(words, surroundings);
    }
    default:
      return looksBack(command)
        ? tellWithoutFiles(typed)
        : daemonOrCommand(typed, argv, surroundings);
  }
}

/** Whether a command only looks at what a daemon left behind. */
function looksBack(command: Command | null): boolean {
  return command !== null && isTelling(command) && command.takesDaemonFlags === undefined;
}

/** The text of a flag's value; "" for a switch, undefined where it was not given. */
function given({ flags }: Arguments, name: string): string | undefined {
  return flags.entries().find(([flag]) => flag.name === name)?.[1];
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

function version(surroundings: Surroundings): CommandLine {
  return { kind: "print", text: `bustd ${surroundings.version}\n` };
}

async function help(command: Command | null, surroundings: Surroundings): Promise<CommandLine> {
  const { helpText } = await import("./help.ts");
  const text = await helpText(command, surroundings.version, surroundings.stdoutIsTerminal);
  return { kind: "print", text };
}

/** `check-config FILE`, or the same as `--config FILE`, before or behind. */
async function check(
  word: string | undefined,
  flag: string | undefined,
  surroundings: Surroundings,
): Promise<CommandLine> {
  if (word !== undefined && flag !== undefined && word !== flag) {
    return problems(["check-config takes one file, but was given one as a word and by --config"]);
  }
  const { checkConfig } = await import("./check-config.ts");
  return checkConfig(word ?? flag ?? null, surroundings);
}

/** `announce`: of the files, all that it needs is the hooks. */
async function announce(typed: Arguments, surroundings: Surroundings): Promise<CommandLine> {
  const config = given(typed, "config");
  const path = config === undefined ? null : absolutePath(config, surroundings);
  const { sentences, settings } = await readConfiguration(path, surroundings);
  const hooks = sentences.length > 0 ? [] : (settings.hook ?? []);
  const directory = given(typed, "directory") ?? null;
  return { kind: "announce", hooks, problems: sentences, directory };
}

/** What looks at what a daemon left behind, whatever the files say. */
async function tellWithoutFiles(typed: Arguments): Promise<CommandLine> {
  const { sentences } = await flagSettings(typed.flags, regexBudget());
  return sentences.length > 0 ? problems(sentences) : tell(typed, null, {});
}

function tell(
  { command, flags, words }: Arguments,
  options: Options | null,
  said: Partial<Settings>,
): CommandLine {
  const own = [...flags].flatMap(([flag, text]) =>
    flag.onlyCommands === undefined ? [] : [[flag.name, text] as const],
  );
  const name = command?.name as Telling;
  return { kind: "tell", name, words, flags: new Map(own), options, said, isBare: isBare(flags) };
}

/** Whether no flag was typed by which a daemon's settings would be other ones. */
function isBare(flags: Arguments["flags"]): boolean {
  return flags.keys().every(({ onlyCommands }) => onlyCommands !== undefined);
}

/** What speaks of a daemon with these flags and files, or is one. */
async function daemonOrCommand(
  typed: Arguments,
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<CommandLine> {
  const { command } = typed;
  const config = given(typed, "config");
  const path = config === undefined ? null : absolutePath(config, surroundings);
  const budget = regexBudget();
  const flags = await flagSettings(typed.flags, budget);
  const files = await readConfiguration(path, surroundings, budget);
  const settings = { ...files.settings, ...flags.settings };
  const idle = noRuleLeft(settings);
  const ofFiles = [...files.sentences, ...(idle === null ? [] : [idle])];
  const isDoctor = command?.name === "doctor";
  const sentences = [...flags.sentences, ...(isDoctor ? [] : ofFiles)];
  if (sentences.length > 0) {
    return problems(sentences);
  }
  const warnings = [...flags.warnings, ...files.warnings, ...idleHooks(settings)];
  const options = toOptions(settings, path === null ? argv : withPath(argv, path), surroundings);
  if (command === null) {
    const inheritance = inheritanceOf(surroundings, given(typed, "pid-file"));
    return { kind: "daemon", options, inheritance, warnings };
  }
  if (isTelling(command)) {
    const said = { ...(path === null ? {} : files.settings), ...flags.settings };
    return tell(typed, options, said);
  }
  return {
    kind: "command",
    name: isDoctor ? "doctor" : "victims",
    json: given(typed, "json") !== undefined,
    all: given(typed, "all") !== undefined,
    options,
    isBare: isBare(typed.flags),
    warnings,
    problems: isDoctor ? ofFiles : [],
  };
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

interface Told {
  readonly settings: Partial<Settings>;
  readonly sentences: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads the values of all flags that have a key. */
async function flagSettings(flags: ReadonlyMap<Flag, string>, budget: Budget): Promise<Told> {
  const settings: Record<string, unknown> = {};
  const sentences: string[] = [];
  const warnings: string[] = [];
  for (const [flag, text] of flags) {
    // oxlint-disable-next-line no-await-in-loop -- they share the allowance for expressions
    const parsed = await valueOf(flag, text, budget);
    if ("problem" in parsed) {
      sentences.push(`--${flag.name}: ${parsed.problem}`);
    } else if (flag.key !== undefined) {
      settings[flag.key] = parsed.value;
      warnings.push(...(parsed.warning === undefined ? [] : [`--${flag.name}: ${parsed.warning}`]));
    }
  }
  return { settings, sentences, warnings };
}

async function valueOf(flag: Flag, text: string, budget: Budget): Promise<Parsed<unknown>> {
  return flag.kind === "switch"
    ? { value: flag.off === undefined }
    : parseValue(flag, text, budget);
}
