import { printable, quote } from "./quote.ts";
import {
  expandedCommand,
  shellVariables,
  type Variable,
  type Variables,
} from "./shell-variables.ts";
import { shellWords, type Words } from "./shell-words.ts";

/** earlyoom's arguments as a file has them, or why they cannot be had. */
export type EarlyoomArguments =
  | {
      readonly args: readonly string[];
      /** What will surprise whoever wrote it. */
      readonly warnings: readonly string[];
    }
  | { readonly problem: string };

/** Reads a file by its path; its text, or null. */
type ReadText = (path: string) => string | null;

/** What services call the variable that holds them. */
const NAMES = ["EARLYOOM_ARGS", "EARLYOOM_OPTS", "command_args", "DAEMON_ARGS", "DAEMON_OPTS"];

const NOWHERE =
  "no arguments of earlyoom's found: no EARLYOOM_ARGS=, no ExecStart=, and no line that runs it; " +
  "give them by hand: bustd import earlyoom -- ARGUMENTS";

/** Finds them in a file of variables, a unit or drop-in of systemd's, or a script that runs it. */
export function earlyoomArguments(text: string, readText: ReadText): EarlyoomArguments {
  const source = text.replaceAll("\r\n", "\n").replace(/^\ufeff/, "");
  const isUnit = /^\s*\[(Unit|Service|Install)\]|^\s*ExecStart=/m.test(source);
  if (isUnit) {
    return fromUnit(source, readText);
  }
  const variables = shellVariables(source);
  const command = commandIn(source);
  if (command !== null) {
    return fromCommand(command, variables);
  }
  const name = NAMES.find((each) => variables.has(each));
  return name === undefined ? { problem: NOWHERE } : fromVariable(name, variables);
}

function fromVariable(name: string, variables: Variables): EarlyoomArguments {
  const variable = variables.get(name) ?? { problem: NOWHERE };
  return "problem" in variable
    ? { problem: `${name}=: ${printable(variable.problem)}` }
    : fromWords(shellWords(variable.value), `${name}=: `);
}

/** How systemd and a shell differ is said where it matters. */
function fromWords(words: Words, where: string): EarlyoomArguments {
  if ("problem" in words) {
    return { problem: `${where}${words.problem}` };
  }
  const warnings = words.bared.map(
    ([word, without]) =>
      `${quote(word)}: systemd takes the backslash away that stands outside quotes, and earlyoom ` +
      `gets ${quote(without)} from it; here it is kept, as it was meant`,
  );
  return { args: words.words, warnings };
}

const RUNS = /^[ \t]*(?:exec[ \t]+)?(?:[\w./-]*\/)?earlyoom(?=\s|$)(.*)$/gm;

/** The rest of the last line that runs earlyoom, up to what is the shell's own; null for none. */
function commandIn(source: string): string | null {
  const rest = source.replaceAll("\\\n", " ").matchAll(RUNS).toArray().at(-1)?.[1];
  if (rest === undefined) {
    return null;
  }
  const quoted = /'[^']*'|"(?:[^"\\]|\\.)*"|(\s(?:\d?[<>]|[|&;#]).*$)/g;
  return rest.replaceAll(quoted, (all, end?: string) => (end === undefined ? all : ""));
}

function fromCommand(command: string, variables: Variables): EarlyoomArguments {
  const whole = expandedCommand(command.replaceAll(/"\$@"|\$[@*]/g, ""), variables);
  return "problem" in whole
    ? { problem: `the line that runs it: ${printable(whole.problem)}` }
    : fromWords(shellWords(whole.value), "the line that runs it: ");
}

/** The last `ExecStart=` of a unit; systemd.service(5), "Command lines". */
function fromUnit(source: string, readText: ReadText): EarlyoomArguments {
  const lines = source
    .replaceAll(/\\\n(?:[#;].*\n)*/g, " ")
    .split("\n")
    .map((line) => line.trim());
  const settings = (key: string) =>
    lines
      .filter((line) => line.startsWith(`${key}=`))
      .map((line) => line.slice(key.length + 1).trim());
  const start = settings("ExecStart").findLast((value) => value !== "");
  const variables = unitVariables(settings("Environment"), settings("EnvironmentFile"), readText);
  if (start === undefined) {
    return variables.has("EARLYOOM_ARGS")
      ? fromVariable("EARLYOOM_ARGS", variables)
      : { problem: NOWHERE };
  }
  const words = shellWords(start.replaceAll("%%", "%"));
  if ("problem" in words) {
    return { problem: `ExecStart=: ${words.problem}` };
  }
  const program = words.words.findIndex((word) => /^[-@:+!|]*(?:.*\/)?earlyoom$/.test(word));
  if (program === -1) {
    return { problem: `ExecStart=${quote(start)} does not run earlyoom itself; ${NOWHERE}` };
  }
  const args: string[] = [];
  const warnings: string[] = [];
  for (const word of words.words.slice(program + 1)) {
    const more = unitArgument(word, variables);
    if ("problem" in more) {
      return { problem: `ExecStart=: ${more.problem}` };
    }
    args.push(...more.args);
    warnings.push(...more.warnings);
  }
  return { args, warnings };
}

/** A word of `ExecStart=`: `$NAME` is split into words, `${NAME}` is not. */
function unitArgument(word: string, variables: Variables): EarlyoomArguments {
  const [, split, whole] = /^\$(?:(\w+)|\{(\w+)\})$/.exec(word) ?? [];
  const name = split ?? whole;
  if (name === undefined) {
    return { args: [word.replaceAll("$$", "$")], warnings: [] };
  }
  const variable = variables.get(name);
  if (variable === undefined || "problem" in variable) {
    return { problem: `it takes ${word} from elsewhere; import the file that sets it` };
  }
  return split === undefined
    ? { args: [variable.value], warnings: [] }
    : fromVariable(name, variables);
}

function unitVariables(
  settings: readonly string[],
  files: readonly string[],
  readText: ReadText,
): Variables {
  const variables = new Map<string, Variable>();
  for (const setting of settings) {
    const words = shellWords(setting);
    for (const word of "words" in words ? words.words : []) {
      const [, name = "", value = ""] = /^(\w+)=(.*)$/s.exec(word) ?? [];
      variables.set(name, { value });
    }
  }
  for (const file of files) {
    for (const [name, variable] of shellVariables(readText(file.replace(/^-/, "")) ?? "")) {
      variables.set(name, variable);
    }
  }
  return variables;
}
