import type { HookEvent } from "../model/hook.ts";
import type { Effect } from "../model/options.ts";
import { isUnprintable } from "../model/unprintable.ts";
import type { TextKey } from "./can-match.ts";
import { compileTree, readRegex } from "./compile-regex.ts";
import { EXE_NEEDS } from "./file-rule.ts";
import { judged, wrongMatch } from "./judge.ts";
import { printable, shortened } from "./quote.ts";
import type { Budget } from "./regex/budget.ts";
import { printRegex } from "./regex/print.ts";
import type { Dialect } from "./regex/tree.ts";

/** What one foreign setting becomes: lines of TOML, each perhaps with a comment before it. */
export interface Imported {
  /** `key = value` lines that stand at the top of the file. */
  readonly settings?: readonly string[];
  /** The lines of one `[[rule]]`, or of one `[[hook]]`. */
  readonly rule?: readonly string[];
  readonly comment?: string;
  /** The setting is broken: its own program would not take it either. */
  readonly isWrong?: true;
  /** It did something that is not carried over, which is said aloud as well. */
  readonly isLost?: true;
  /** It is carried over, but means something else in part: the comment is said aloud. */
  readonly isChanged?: true;
}

/** The file that comes of it, and sentences on what was broken, lost, or is needed. */
export interface Translation {
  readonly toml: string;
  readonly problems: readonly string[];
  readonly lost: readonly string[];
  readonly warnings: readonly string[];
}

/** A text as TOML writes it, in what can be seen; https://toml.io/en/v1.0.0#string. */
export function tomlString(text: string): string {
  const whole = text.toWellFormed();
  const isLiteral = !whole.includes("'") && printable(whole) === whole;
  return isLiteral ? `'${whole}'` : Array.from(JSON.stringify(whole), tomlCharacter).join("");
}

function tomlCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const escaped = code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
  return isUnprintable(code) ? escaped : character;
}

/** An expression of another dialect in ours, or why there is none. */
export type Translated =
  | { readonly source: string; readonly comment?: string }
  | { readonly source: null; readonly comment: string; readonly isLost: boolean };

function lost(comment: string): Translated {
  return { source: null, comment, isLost: true };
}

/**
 * Translates an expression that is compared with `key`. It stays as it was written where that means
 * the same here.
 */
export function translated(
  source: string,
  dialect: Exclude<Dialect, "own">,
  [key, effect]: readonly [TextKey, Effect],
  budget: Budget,
): Translated {
  const tree = readRegex(source, dialect);
  if ("reason" in tree) {
    const { position, reason } = tree;
    const too = / cannot be used$|^longer/.test(reason)
      ? ""
      : `${OWNERS[dialect]} refuses it too: `;
    return lost(`lost: ${too}${reason} at character ${position + 1}`);
  }
  const same = readRegex(source, "own");
  const ours = JSON.stringify(same) === JSON.stringify(tree) ? source : printRegex(tree);
  const regex = compileTree(tree, ours, budget);
  if ("reason" in regex) {
    return lost(`lost: ${regex.reason}`);
  }
  const judgement = judged(key, regex, budget);
  if ("problem" in judgement) {
    return lost(`lost: ${judgement.problem}`);
  }
  const wrong = wrongMatch({ [key]: [regex] }, effect, budget);
  if (wrong !== "") {
    return { source: null, comment: `left out: ${wrong}`, isLost: effect.kind === "protect" };
  }
  const comment = dialect === "posix" ? unexpected(source) : narrower(source);
  return comment === "" ? { source: ours } : { source: ours, comment };
}

const OWNERS = { posix: "earlyoom", python: "nohang" } as const;

/** What POSIX means by what people write for something else. */
function unexpected(source: string): string {
  if (/(?<!\\)(?:\\\\)*\\d/.test(source)) {
    return "\\d is the letter d to earlyoom, and so it is here";
  }
  return /(?<!\\)(?:\\\\)*\+\+/.test(source) ? "++ means one or more, as of any letter" : "";
}

/** What Python means by these in a text that is not ASCII. */
function narrower(source: string): string {
  const found = /(?<!\\)(?:\\\\)*(\\[bBdDsSwW])/.exec(source)?.[1];
  return found === undefined ? "" : `${found} knows only the letters of ASCII here`;
}

/** What there is in place of what others tell desktops. */
export const NOTICE =
  "a notice is left for the user whose process was killed, and for nobody else; see bustd(8)";

/** A program that is run as a hook; a comment says what is different for it. */
export function importedHook(
  run: readonly string[],
  more: readonly string[],
  comment: string,
  on: HookEvent = "killed",
): Imported {
  const [program = ""] = run;
  if (!program.startsWith("/")) {
    return { comment: "lost: a hook takes an absolute path", isLost: true };
  }
  const lines = [`on = "${on}"`, `run = [${run.map(tomlString).join(", ")}]`, ...more];
  return { rule: ["[[hook]]", ...lines], comment, isChanged: true };
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
    lost: imported
      .filter(({ what }) => what.isLost === true)
      .map(({ from, what }) => `${shortened(from)}: ${printable(what.comment ?? "left out")}`),
    warnings: [
      ...(asksForExe ? [EXE_NEEDS] : []),
      ...imported
        .filter(({ what }) => what.isChanged === true)
        .map(({ from, what }) => `${shortened(from)}: ${printable(what.comment ?? "")}`),
    ],
  };
}

/** Puts a file together: settings first, as TOML wants it, then rules; each after its comment. */
function composed(head: string, imported: readonly From[]): string {
  const blocks = imported.map(({ from, what }, index) => {
    const later = new Set(
      imported.slice(index + 1).flatMap((other) => other.what.settings?.map(keyOf) ?? []),
    );
    const kept = what.settings?.filter((line) => !later.has(keyOf(line))) ?? [];
    const isAgain = kept.length < (what.settings?.length ?? 0);
    const comment = isAgain ? "given again below" : what.comment;
    const note = `# ${printable(comment === undefined ? from : `${from}: ${comment}`)}`;
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
