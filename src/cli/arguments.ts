import { parseArgs } from "node:util";
import { COMMANDS, FLAGS, flagsOf, type Command, type Flag } from "./args.ts";
import { quote } from "./quote.ts";
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

const PARSE_OPTIONS = Object.fromEntries(
  FLAGS.map(({ name, short, kind }) => [
    name,
    {
      type: kind === "switch" ? ("boolean" as const) : ("string" as const),
      ...(short === undefined ? {} : { short }),
    },
  ]),
);

/** Takes the arguments apart by the table of flags. Nothing unknown passes. */
export async function readArguments(argv: readonly string[]): Promise<Arguments> {
  const { tokens } = parseArgs({
    args: [...argv],
    options: PARSE_OPTIONS,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const flags = new Map<Flag, string>();
  const words: string[] = [];
  const problems: string[] = [];
  const first = tokens.find((token) => token.kind === "positional");
  const command = COMMANDS.find(({ name }) => name === first?.value) ?? null;
  const allowed = flagsOf(command);
  for (const token of tokens) {
    if (command?.name === "import" && token.index > (first?.index ?? 0)) {
      break;
    }
    if (token.kind === "positional") {
      if (token !== first || command === null) {
        words.push(token.value);
      }
    } else if (token.kind === "option") {
      const flag = allowed.find(({ name }) => name === token.name);
      const problem =
        flag === undefined
          ? await unknownFlag(token.rawName, command, allowed)
          : valueProblem(flag, token, flags.get(flag));
      if (problem !== null) {
        problems.push(problem);
      } else if (flag !== undefined) {
        flags.set(flag, token.value ?? "");
      }
    }
  }
  if (command?.name === "import") {
    words.push(...argv.slice((first?.index ?? 0) + 1));
  } else {
    problems.push(...(await wordProblems(words, command)));
  }
  return { command, words, flags, problems };
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function valueProblem(flag: Flag, token: OptionToken, before: string | undefined): string | null {
  const { rawName, value, inlineValue } = token;
  if (flag.kind === "switch") {
    return value === undefined ? null : `${rawName} takes no value, but was given ${quote(value)}`;
  }
  const isFlag = inlineValue === false && /^-([a-zA-Z]|-[a-z])/.test(value ?? "");
  if (value === undefined || (isFlag && looksLikeFlag(value))) {
    return `${rawName} needs a value: ${allowedBy(flag)}`;
  }
  if (!rawName.startsWith("--") && value.startsWith("=")) {
    const right = value.slice(1);
    return `write ${rawName}${right} or --${flag.name}${value} instead of ${rawName}${value}`;
  }
  return before === undefined || before === value
    ? null
    : `--${flag.name} is given twice, as ${quote(before)} and as ${quote(value)}`;
}

function looksLikeFlag(text: string): boolean {
  const name = text.replace(/^--/, "").replace(/=.*/s, "");
  return FLAGS.some((flag) =>
    text.startsWith("--") ? flag.name === name : flag.short === text.charAt(1),
  );
}

async function unknownFlag(
  rawName: string,
  command: Command | null,
  allowed: readonly Flag[],
): Promise<string> {
  const { nearest } = await import("./nearest.ts");
  const names = allowed.flatMap(({ name, short }) => [
    `--${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
  const near = nearest(rawName, rawName.startsWith("--") ? names : names.filter(isShort));
  const help = command === null ? "bustd --help" : `bustd ${command.name} --help`;
  const hint = near === null ? `see ${help}` : `did you mean ${near}?`;
  return `there is no flag ${quote(rawName).slice(1, -1)}; ${hint}`;
}

function isShort(name: string): boolean {
  return !name.startsWith("--");
}

async function wordProblems(words: readonly string[], command: Command | null): Promise<string[]> {
  if (command !== null) {
    const extra = words[command.words.length];
    return extra === undefined ? [] : [`${command.name} does not take the word ${quote(extra)}`];
  }
  const [word] = words;
  if (word === undefined) {
    return [];
  }
  const { nearest } = await import("./nearest.ts");
  const names = COMMANDS.map(({ name }) => name);
  const near = nearest(word, names);
  const hint = near === null ? `the commands are ${names.join(", ")}` : `did you mean ${near}?`;
  return [`there is no command ${quote(word)}; ${hint}`];
}
