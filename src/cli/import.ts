import { ExitCode } from "../model/exit-codes.ts";
import type { CommandLine } from "./command-line.ts";
import { absolutePath } from "./configuration.ts";
import { earlyoomArguments } from "./earlyoom-arguments.ts";
import { importEarlyoom } from "./import-earlyoom.ts";
import { importNohang } from "./import-nohang.ts";
import type { Translation } from "./imported.ts";
import { printable, quote } from "./quote.ts";
import { textOf } from "./read-text.ts";
import { shellWords } from "./shell-words.ts";
import type { Surroundings } from "./surroundings.ts";

const EARLYOOM_FILE = "/etc/default/earlyoom";

/** `import earlyoom [[--] ARGS|FILE]` and `import nohang FILE`: prints TOML, or why it cannot. */
export function importSettings(
  [from, ...words]: readonly string[],
  surroundings: Surroundings,
): CommandLine {
  if (from === "nohang") {
    const [file, extra] = words;
    return file === undefined || extra !== undefined
      ? usage("import nohang takes one file, such as /etc/nohang/nohang-desktop.conf")
      : fromFile(file, surroundings, (path, text) => printed(importNohang(path, text)));
  }
  if (from === undefined) {
    return usage("import needs a program: bustd import earlyoom, or bustd import nohang FILE");
  }
  if (from !== "earlyoom") {
    return usage(`import takes earlyoom or nohang, but was given ${quote(from)}`);
  }
  const [first = EARLYOOM_FILE] = words;
  if (first === "--") {
    return printed(importEarlyoom(words.slice(1)));
  }
  if (words.length === 1 && /^-\S+\s+\S/.test(first) && !/^--[^\s=]+=/.test(first)) {
    // All of them in one word, as they stand in EARLYOOM_ARGS; a value may have a space as well.
    const split = shellWords(first);
    return "problem" in split ? usage(split.problem) : printed(importEarlyoom(split.words));
  }
  return words.length > 1 || first.startsWith("-")
    ? printed(importEarlyoom(words))
    : fromFile(first, surroundings, (path, text) => fromEarlyooms(path, text, surroundings));
}

function usage(sentence: string): CommandLine {
  return { kind: "problems", sentences: [sentence], exitCode: ExitCode.usage };
}

function refused(sentences: readonly string[]): CommandLine {
  return { kind: "problems", sentences, exitCode: ExitCode.problems };
}

/** What could not be carried over is said, and the exit code is that of problems. */
function printed(
  { lost, problems, toml, warnings }: Translation,
  more: readonly string[] = [],
): CommandLine {
  if (problems.length > 0) {
    return refused(problems);
  }
  const said = [...more, ...lost];
  const all = { kind: "print", text: toml, warnings: [...said, ...warnings] } as const;
  return said.length === 0 ? all : { ...all, exitCode: ExitCode.problems };
}

function fromEarlyooms(path: string, text: string, surroundings: Surroundings): CommandLine {
  const readText = (other: string): string | null => {
    const read = textOf(other, surroundings.readFile(absolutePath(other, surroundings)));
    return "text" in read ? read.text : null;
  };
  const found = earlyoomArguments(text, readText);
  return "problem" in found
    ? refused([`${path}: ${found.problem}`])
    : printed(importEarlyoom(found.args), found.warnings);
}

function fromFile(
  file: string,
  surroundings: Surroundings,
  imported: (path: string, text: string) => CommandLine,
): CommandLine {
  const path = absolutePath(file, surroundings);
  const read = textOf(path, surroundings.readFile(path));
  return "problem" in read ? refused([read.problem]) : imported(printable(path), read.text);
}
