import { parseArgs } from "node:util";
import { COMMANDS, FLAGS, flagsTakenBy } from "./args.ts";
import type { Command, Flag } from "./flag.ts";
import { nearest } from "./nearest.ts";
import { quote, shortened } from "./quote.ts";
import { allowedBy } from "./values.ts";

/** What was typed, taken apart; values are not looked at yet. */
export interface Arguments {
  readonly command: Command | null;
  /** Words that belong to the command; for `import` all that follows it. */
  readonly words: readonly string[];
  /** Text of each flag's value; "" for a switch. */
  readonly flags: ReadonlyMap<Flag, string>;
  readonly problems: readonly string[];
}

interface Known {
  readonly name: string;
  readonly short?: string | undefined;
  readonly takesValue: boolean;
}

const KNOWN: readonly Known[] = FLAGS.map(({ name, short, kind }) => ({
  name,
  short,
  takesValue: kind !== "switch",
}));

/** Takes arguments apart as getopt_long(3) does, with all that is unknown in its place. */
export function readTokens(args: readonly string[], known: readonly Known[]) {
  const options = known.map(({ name, short, takesValue }) => {
    const type = takesValue ? ("string" as const) : ("boolean" as const);
    return [name, { type, ...(short === undefined ? {} : { short }) }] as const;
  });
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(options),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  return tokens;
}

/** Takes the arguments apart by the table of flags. Nothing unknown passes. */
export function readArguments(argv: readonly string[]): Arguments {
  const tokens = readTokens(argv, KNOWN);
  const first = tokens.find((token) => token.kind === "positional");
  const command = COMMANDS.find(({ name }) => name === first?.value) ?? null;
  const takesAll = command?.name === "import";
  const allowed = flagsTakenBy(command);
  const flags = new Map<Flag, string>();
  const words: string[] = [];
  const problems: string[] = [];
  let unknownAt = -2;
  for (const token of tokens) {
    if (takesAll && token.index > (first?.index ?? 0)) {
      break;
    }
    if (token.kind === "positional") {
      // What follows an unknown flag may be its value: one mistake, one sentence.
      if ((token !== first || command === null) && token.index !== unknownAt + 1) {
        words.push(token.value);
      }
      continue;
    }
    if (token.kind === "option-terminator" || token.index === unknownAt) {
      continue;
    }
    const flag = allowed.find(({ name }) => name === token.name);
    if (flag === undefined) {
      unknownAt = token.index;
      problems.push(unknownFlag(token.rawName, command, allowed));
      continue;
    }
    const problem = valueProblem(flag, token, flags.get(flag), allowed);
    if (problem === null) {
      flags.set(flag, token.value ?? "");
    } else {
      problems.push(problem);
    }
  }
  if (takesAll) {
    words.push(...argv.slice((first?.index ?? 0) + 1));
  } else {
    problems.push(...wordProblems(words, command, tokens));
  }
  return { command, words, flags, problems };
}

const ALONE = "found -- and no word behind it; without it the same starts the daemon";

interface OptionToken {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function valueProblem(
  flag: Flag,
  token: OptionToken,
  before: string | undefined,
  allowed: readonly Flag[],
): string | null {
  const { rawName, value, inlineValue } = token;
  if (flag.kind === "switch") {
    return value === undefined ? null : `${rawName} takes no value, but was given ${quote(value)}`;
  }
  if (value === undefined || (inlineValue === false && isFlag(value, allowed))) {
    return `${rawName} needs a value: ${allowedBy(flag)}`;
  }
  if (!rawName.startsWith("--") && value.startsWith("=")) {
    const [short, long] = [value.slice(1), value].map(shortened);
    return `write ${rawName}${short} or --${flag.name}${long} instead of ${rawName}${long}`;
  }
  return before === undefined || before === value
    ? null
    : `--${flag.name} is given twice, as ${quote(before)} and as ${quote(value)}`;
}

function isFlag(text: string, allowed: readonly Flag[]): boolean {
  return allowed.some(({ name, short }) =>
    text.startsWith("--") ? text.slice(2).replace(/=.*/s, "") === name : text === `-${short}`,
  );
}

function unknownFlag(rawName: string, command: Command | null, allowed: readonly Flag[]): string {
  const shown = shortened(rawName);
  const near = rawName.startsWith("--")
    ? nearest(rawName.slice(2), namesOf(allowed))
    : nearest(rawName.slice(1), shortNames(allowed, rawName.slice(1)));
  const help = command === null ? "bustd --help" : `bustd ${command.name} --help`;
  const hint = near?.length === 1 ? `-${near}` : `--${near}`;
  return `there is no flag ${shown}; ${near === null ? `see ${help}` : `did you mean ${hint}?`}`;
}

function namesOf(flags: readonly Flag[]): string[] {
  return flags.map(({ name }) => name);
}

/** One-letter flags differ too little to guess, but for `-P` instead of `-p`. */
function shortNames(allowed: readonly Flag[], typed: string): string[] {
  return allowed
    .flatMap(({ short }) => short ?? [])
    .filter((name) => name.toLowerCase() === typed.toLowerCase());
}

function wordProblems(
  words: readonly string[],
  command: Command | null,
  tokens: readonly { readonly kind: string }[],
): string[] {
  if (command !== null) {
    return commandWordProblems(words, command);
  }
  const [word] = words;
  if (word !== undefined) {
    return [unknownCommand(word)];
  }
  return tokens.some(({ kind }) => kind === "option-terminator") ? [ALONE] : [];
}

function commandWordProblems(given: readonly string[], command: Command): string[] {
  const { name, required, takesMany, words } = command;
  const missing = given.length < required ? words[given.length] : undefined;
  if (missing !== undefined) {
    return [`${name} needs ${missing.needed ?? missing.name}; see bustd ${name} --help`];
  }
  const extra = takesMany === true ? undefined : given[words.length];
  return extra === undefined ? [] : [`${name} does not take the word ${quote(extra)}`];
}

/** What is said of a word that is no command. */
export function unknownCommand(word: string): string {
  const names = COMMANDS.map(({ name }) => name);
  const near = nearest(word, names);
  const hint = near === null ? `the commands are ${names.join(", ")}` : `did you mean ${near}?`;
  return `there is no command ${quote(word)}; ${hint}`;
}
