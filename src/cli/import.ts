import { ExitCode } from "../model/exit-codes.ts";
import type { CommandLine } from "./command-line.ts";
import { absolutePath } from "./configuration.ts";
import { importEarlyoom } from "./import-earlyoom.ts";
import { importNohang } from "./import-nohang.ts";
import type { Translation } from "./imported.ts";
import { printable, quote } from "./quote.ts";
import { shellVariable, shellWords } from "./shell-words.ts";
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
      : fromFile(file, surroundings, (path, text) => importNohang(path, text, surroundings));
  }
  if (from !== "earlyoom") {
    return usage(`import takes earlyoom or nohang, but was given ${quote(from ?? "")}`);
  }
  const [first = EARLYOOM_FILE] = words;
  if (first === "--") {
    return printed(importEarlyoom(words.slice(1), surroundings));
  }
  return words.length > 1 || first.startsWith("-")
    ? printed(importEarlyoom(words, surroundings))
    : fromFile(first, surroundings, (_, text) =>
        importEarlyoom(shellWords(shellVariable(text, "EARLYOOM_ARGS") ?? ""), surroundings),
      );
}

function usage(sentence: string): CommandLine {
  return { kind: "problems", sentences: [sentence], exitCode: ExitCode.usage };
}

function printed({ problems, toml, warnings }: Translation): CommandLine {
  return problems.length === 0
    ? { kind: "print", text: toml, warnings }
    : { kind: "problems", sentences: problems, exitCode: ExitCode.problems };
}

function fromFile(
  file: string,
  surroundings: Surroundings,
  imported: (path: string, text: string) => Translation,
): CommandLine {
  const path = absolutePath(file, surroundings);
  const found = surroundings.readFile(path);
  const shown = printable(path);
  if (found.kind === "found") {
    return printed(imported(shown, found.text));
  }
  const reason = found.kind === "missing" ? "there is no such file" : found.reason;
  const sentences = [`${shown}: cannot be read: ${reason}`];
  return { kind: "problems", sentences, exitCode: ExitCode.problems };
}
