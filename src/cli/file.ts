import type { Condition, GlobPattern, Rule } from "../model/options.ts";
import { type Flag, FLAGS } from "./args.ts";
import { type Complain, type FindUser, ruleOf, RULE_KEYS } from "./file-rule.ts";
import { nearest } from "./nearest.ts";
import { printable } from "./quote.ts";
import type { Settings } from "./settings.ts";
import { RULE_SHAPES, type Shape, shapeOf, shapeProblem, showValue, WHEN_SHAPE } from "./shapes.ts";
import { type Entry, type Place, readToml } from "./toml.ts";
import { checkedLimits, limitsOf, type Parsed, parseGlobs, parseValue } from "./values.ts";
import { parseWhen } from "./when.ts";

/** What one file says, or what is wrong with it, in the order of its lines. */
export interface FileSettings {
  readonly settings: Partial<Settings>;
  readonly sentences: readonly string[];
}

const KEYED = FLAGS.filter(({ key }) => key !== undefined);
const TOP_KEYS: readonly string[] = [...KEYED.map(({ key = "" }) => key), "when", "rule"];

/** Reads the text of a configuration file; `path` is what sentences call it. */
export async function readFileSettings(
  path: string,
  text: string,
  findUser: FindUser,
): Promise<FileSettings> {
  const shown = printable(path);
  const document = readToml(text);
  if ("reason" in document) {
    const { line, column, reason } = document;
    return { settings: {}, sentences: [`${shown}:${line}:${column}: not TOML: ${reason}`] };
  }
  const problems: { readonly place: Place; readonly text: string }[] = [];
  const complain: Complain = (place, key, problem) => {
    problems.push({ place, text: `${key}: ${problem}` });
  };
  const settings = await settingsOf(document.entries, complain);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const rules = await Promise.all(
    document.tables.map(({ name: table, place, entries }) => {
      if (table !== "rule") {
        complain(place, table, unknownKey(table, TOP_KEYS));
        return null;
      }
      const good = entries.filter((entry) =>
        checkShape(entry, `rule.${entry.key}`, RULE_SHAPES[entry.key], RULE_KEYS, complain),
      );
      const origin = `${name}:${place.line}`;
      return ruleOf({ origin, place, entries, good }, findUser, complain);
    }),
  );
  return {
    settings: { ...settings, rule: rules.filter((rule): rule is Rule => rule !== null) },
    sentences: problems
      .toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
      .map(({ place, text: sentence }) => `${shown}:${place.line}:${place.column}: ${sentence}`),
  };
}

/** Whether an entry is known and has its shape; says what is wrong with it if not. */
function checkShape(
  entry: Entry,
  shownKey: string,
  shape: Shape | undefined,
  known: readonly string[],
  complain: Complain,
): boolean {
  if (entry.key === "rule" && known.includes("rule")) {
    const found = showValue(entry.value);
    const problem = `found ${found}, allowed is a list of tables: write [[rule]]`;
    complain(entry.keyPlace, shownKey, problem);
    return false;
  }
  if (shape === undefined || !known.includes(entry.key)) {
    complain(entry.keyPlace, shownKey, unknownKey(entry.key, known));
    return false;
  }
  const wrong = shapeProblem(shape, entry.value);
  if (wrong !== null) {
    complain(entry.place(wrong.element), shownKey, wrong.problem);
  }
  return wrong === null;
}

function unknownKey(key: string, known: readonly string[]): string {
  const positive = key.replace(/^no-/, "");
  if (positive !== key && known.includes(positive)) {
    return `there is no such key; write ${positive} = false`;
  }
  const near = nearest(key.replaceAll("_", "-"), known);
  const hint = near === null ? `the keys are ${known.join(", ")}` : `did you mean ${near}?`;
  return `there is no such key; ${hint}`;
}

async function settingsOf(
  entries: readonly Entry[],
  complain: Complain,
): Promise<Partial<Settings>> {
  const pairs = await Promise.all(
    entries.map(async (entry) => {
      const flag = KEYED.find(({ key }) => key === entry.key);
      const shape = flag === undefined ? undefined : shapeOf(flag);
      const isWhen = entry.key === "when";
      if (!checkShape(entry, entry.key, isWhen ? WHEN_SHAPE : shape, TOP_KEYS, complain)) {
        return [];
      }
      if (isWhen || flag === undefined) {
        return [["when", conditionsOf(entry, complain)]];
      }
      const parsed = await valueOf(flag, entry.value);
      if ("problem" in parsed) {
        complain(entry.place(parsed.element, parsed.at), entry.key, parsed.problem);
        return [];
      }
      return [[entry.key, parsed.value]];
    }),
  );
  return Object.fromEntries(pairs.flat());
}

function conditionsOf(entry: Entry, complain: Complain): Condition[] {
  return ([entry.value].flat() as string[]).flatMap((text, index) => {
    const parsed = parseWhen(text);
    if ("value" in parsed) {
      return [parsed.value];
    }
    complain(entry.place(index, parsed.at), "when", parsed.problem);
    return [];
  });
}

type ParsedElement = Parsed<unknown> & { readonly element?: number };

/** The value of a flag's key: as a flag has it if it is a text, else a number or a list of some. */
function valueOf(flag: Flag, value: unknown): ParsedElement | Promise<ParsedElement> {
  if (flag.kind === "globs" && Array.isArray(value)) {
    return globsOf(value as string[]);
  }
  if (flag.kind === "limits" && typeof value !== "string") {
    const [soft = 0, hard] = [value].flat() as number[];
    return checkedLimits(limitsOf(soft, hard));
  }
  return typeof value === "string" ? parseValue(flag, value) : { value };
}

function globsOf(sources: readonly string[]): ParsedElement {
  const globs: GlobPattern[] = [];
  for (const [element, source] of sources.entries()) {
    const parsed = parseGlobs(source);
    if ("problem" in parsed) {
      return { ...parsed, element };
    }
    globs.push(...parsed.value);
  }
  return { value: globs };
}
