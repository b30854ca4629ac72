import { ExitCode } from "../model/exit-codes.ts";
import { absolutePath, readConfiguration } from "./configuration.ts";
import type { CommandLine } from "./command-line.ts";
import { EXE_NEEDS } from "./file-rule.ts";
import { printable } from "./quote.ts";
import type { Surroundings } from "./surroundings.ts";

/** `check-config`: what was read, or all that is wrong with it. */
export async function checkConfig(
  file: string | null,
  surroundings: Surroundings,
): Promise<CommandLine> {
  const path = file === null ? null : absolutePath(file, surroundings);
  const { settings, sentences, read } = await readConfiguration(path, surroundings);
  if (sentences.length > 0) {
    return { kind: "problems", sentences, exitCode: ExitCode.problems };
  }
  if (read.length === 0) {
    return { kind: "print", text: "ok: there is no configuration file, the defaults hold\n" };
  }
  const { rule = [], ...others } = settings;
  const shown = read.map((each) => printable(each)).join(", ");
  const counts = `settings: ${Object.keys(others).length}, rules: ${rule.length}`;
  const asksForExe = rule.some(({ match }) => match.exe !== undefined);
  const warnings = asksForExe ? [EXE_NEEDS] : [];
  return { kind: "print", text: `ok: ${shown} (${counts})\n`, warnings };
}
