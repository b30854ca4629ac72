import { compileRegex } from "./compile-regex.ts";
import { EXE_NEEDS } from "./file-rule.ts";
import { printable } from "./quote.ts";
import type { FoundFile } from "./surroundings.ts";

/** What one foreign setting becomes: lines of TOML, each perhaps with a comment before it. */
export interface Imported {
  /** `key = value` lines that stand at the top of the file. */
  readonly settings?: readonly string[];
  /** The lines of one `[[rule]]`. */
  readonly rule?: readonly string[];
  readonly comment?: string;
  /** The setting is broken: its own program would not take it either. */
  readonly isWrong?: true;
}

/** The file that comes of it, and sentences on what was broken or what it needs. */
export interface Translation {
  readonly toml: string;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** A text as TOML writes it; https://toml.io/en/v1.0.0#string. */
export function tomlString(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return /^[^'\u0000-\u001f\u007f]*$/.test(text)
    ? `'${text.toWellFormed()}'`
    : JSON.stringify(text.toWellFormed()).replaceAll("\u007f", "\\u007f");
}

/** A setting whose value is a regular expression, or why it cannot be kept. */
export function regexSetting(key: string, source: string): Imported {
  const problem = regexProblem(source);
  return problem === null ? { settings: [`${key} = ${tomlString(source)}`] } : { comment: problem };
}

/** Why bustd cannot use a regular expression, or null. */
export function regexProblem(source: string): string | null {
  const regex = compileRegex(source);
  return "reason" in regex
    ? `lost: ${regex.reason} at character ${regex.position + 1}; write it in another way`
    : null;
}

/** Totals of `/proc/meminfo` in KiB, by name; 0 for what is not there. */
export function totalKib(meminfo: FoundFile, name: "MemTotal" | "SwapTotal"): number {
  const text = meminfo.kind === "found" ? meminfo.text : "";
  return Number(new RegExp(`^${name}: *(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}

/** `mem = [10, 5]`; a soft limit below the hard one is raised to it, as earlyoom does. */
export function limitsSetting(key: "mem" | "swap", soft: number, hard: number): string {
  return `${key} = [${short(Math.max(soft, hard))}, ${short(hard)}]`;
}

function short(percent: number): number {
  return Math.round(Math.min(100, percent) * 100) / 100;
}

/** What is imported, with the words it comes from. */
export interface From {
  readonly from: string;
  readonly what: Imported;
}

/** What a head line and all that is imported come to. */
export function translation(head: string, imported: readonly From[]): Translation {
  const asksForExe = imported.some(({ what }) => what.rule?.some((line) => keyOf(line) === "exe"));
  return {
    toml: composed(head, imported),
    problems: imported
      .filter(({ what }) => what.isWrong === true)
      .map(({ from, what }) => `${printable(from)}: ${what.comment ?? "left out"}`),
    warnings: asksForExe ? [EXE_NEEDS] : [],
  };
}

/** Puts a file together: settings first, as TOML wants it, then rules; each after its comment. */
function composed(head: string, imported: readonly From[]): string {
  const blocks = imported.map(({ from, what }, index) => {
    const later = new Set(
      imported.slice(index + 1).flatMap((other) => other.what.settings?.map(keyOf) ?? []),
    );
    const kept = what.settings?.filter((line) => !later.has(keyOf(line))) ?? [];
    const lost = kept.length < (what.settings?.length ?? 0) ? "given again below" : what.comment;
    const note = `# ${printable(lost === undefined ? from : `${from}: ${lost}`)}`;
    return { isRule: what.rule !== undefined, lines: [note, ...kept, ...(what.rule ?? []), ""] };
  });
  const lines = [
    ...blocks.filter(({ isRule }) => !isRule),
    ...blocks.filter(({ isRule }) => isRule),
  ].flatMap((block) => block.lines);
  return `# ${printable(head)}\n\n${lines.join("\n").trimEnd()}\n`;
}

function keyOf(line: string): string {
  return line.replace(/ =.*/s, "");
}
