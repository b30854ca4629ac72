import { ExitCode } from "../model/exit-codes.ts";
import type { Hook } from "../model/hook.ts";
import type { CommandLine } from "./command-line.ts";
import { absolutePath, readConfiguration } from "./configuration.ts";
import { EXE_NEEDS } from "./file-rule.ts";
import { printable } from "./quote.ts";
import type { Surroundings } from "./surroundings.ts";
import { idleHooks, noRuleLeft } from "./to-options.ts";

const DRY_RUN = "dry run: it says which process it would kill, and kills none";

/** `check-config`: what was read, or all that is wrong with it. */
export async function checkConfig(
  file: string | null,
  surroundings: Surroundings,
): Promise<CommandLine> {
  const path = file === null ? null : absolutePath(file, surroundings);
  const { read, sentences, settings, warnings } = await readConfiguration(path, surroundings);
  const idle = noRuleLeft(settings);
  if (sentences.length > 0 || idle !== null) {
    const all = [...sentences, ...(idle === null ? [] : [idle])];
    return {
      kind: "problems",
      sentences: [...all, ...warnings.map(asWarning)],
      exitCode: ExitCode.problems,
    };
  }
  if (read.length === 0) {
    const text = "ok: there is no configuration file, the defaults hold\n";
    return { kind: "print", text, warnings };
  }
  const { hook = [], rule = [], ...others } = settings;
  const shown = read.map((each) => printable(each)).join(", ");
  const ofHooks = hook.length === 0 ? "" : `, hooks: ${hook.length}`;
  const counts = `settings: ${Object.keys(others).length}, rules: ${rule.length}${ofHooks}`;
  const asksForExe = rule.some(({ match }) => match.exe !== undefined);
  return {
    kind: "print",
    text: `ok: ${shown} (${counts})\n${settings["dry-run"] === true ? `${DRY_RUN}\n` : ""}`,
    warnings: [
      ...warnings,
      ...(asksForExe ? [EXE_NEEDS] : []),
      ...idleHooks(settings),
      ...hook.flatMap((each) => hookWarnings(each, surroundings)),
    ],
  };
}

/** Why a hook would not run as things are now. */
function hookWarnings({ origin, run: [program = ""] }: Hook, surroundings: Surroundings): string[] {
  const problem = surroundings.programProblem(program);
  const hook = `the hook of ${printable(origin)} would not run: ${printable(program)}`;
  return problem === null ? [] : [`${hook}: ${problem}`];
}

function asWarning(sentence: string): string {
  return `warning: ${sentence}`;
}
