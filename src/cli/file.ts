import type { Hook } from "../model/hook.ts";
import type { Condition, GlobPattern, Rule } from "../model/options.ts";
import { type Parsed, parseGrace, parseLimits } from "./amounts.ts";
import { FLAGS } from "./args.ts";
import { HOOK_KEYS, hookOf } from "./file-hook.ts";
import type { Flag } from "./flag.ts";
import {
  ABOVE,
  type Complain,
  type FindUser,
  type Reading,
  ruleOf,
  RULE_KEYS,
} from "./file-rule.ts";
import { nearest } from "./nearest.ts";
import { printable, shortened } from "./quote.ts";
import type { Budget } from "./regex/budget.ts";
import type { Settings } from "./settings.ts";
import {
  HOOK_SHAPES,
  RULE_SHAPES,
  type Shape,
  shapeOf,
  shapeProblem,
  showValue,
  WHEN_SHAPE,
} from "./shapes.ts";
import { type Document, type Entry, type Place, readToml } from "./toml.ts";
import { allowedBy, parseNames, parseValue } from "./values.ts";
import { parseWhen } from "./when.ts";

/** What one file says, or what is wrong with it, in the order of its lines. */
export interface FileSettings {
  readonly settings: Partial<Settings>;
  readonly sentences: readonly string[];
  /** What holds nobody up, but will surprise. */
  readonly warnings: readonly string[];
}

const KEYED = FLAGS.filter(({ key }) => key !== undefined);
const TOP_KEYS: readonly string[] = [...KEYED.map(({ key = "" }) => key), "when", "rule", "hook"];
/** Comparing a key with one that is known, in steps of work. */
const NEAREST_STEPS = 10;
const BYTE_ORDER_MARK = "\ufeff";

/** Reads the text of a configuration file; `path` is what sentences call it. */
export async function readFileSettings(
  path: string,
  text: string,
  findUser: FindUser,
  budget: Budget,
): Promise<FileSettings> {
  const shown = printable(path);
  const document = readToml(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  if ("reason" in document) {
    const { line, column, reason } = document;
    const sentence = `${shown}:${line}:${column}: not TOML: ${reason}`;
    return { settings: {}, sentences: [sentence], warnings: [] };
  }
  const problems: Remark[] = [];
  const warnings: Remark[] = [];
  const complain: Complain = (place, key, problem) => {
    problems.push({ place, text: `${shortened(key)}: ${problem}` });
  };
  const reading: Reading = {
    complain,
    warn: (place, key, warning) => warnings.push({ place, text: `${key}: ${warning}` }),
    budget,
  };
  const settings = await settingsOf(document.entries, reading);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const { hook, rule } = await tablesOf(document, name, findUser, reading);
  return {
    settings: { ...settings, rule, ...(hook.length > 0 ? { hook } : {}) },
    sentences: sorted(shown, problems),
    warnings: sorted(shown, warnings),
  };
}

interface Remark {
  readonly place: Place;
  readonly text: string;
}

function sorted(path: string, remarks: readonly Remark[]): string[] {
  return remarks
    .toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
    .map(({ place, text }) => `${path}:${place.line}:${place.column}: ${text}`);
}

/** The tables that a file may have many of: their shapes and keys. */
const TABLES = {
  rule: { shapes: RULE_SHAPES, keys: RULE_KEYS },
  hook: { shapes: HOOK_SHAPES, keys: HOOK_KEYS },
} as const;

function isTable(name: string): name is keyof typeof TABLES {
  return Object.hasOwn(TABLES, name);
}

async function tablesOf(
  { tables }: Document,
  fileName: string,
  findUser: FindUser,
  reading: Reading,
): Promise<{ readonly rule: readonly Rule[]; readonly hook: readonly Hook[] }> {
  const rules: (Rule | null)[] = [];
  const hooks: (Hook | null)[] = [];
  for (const { name, place, entries } of tables) {
    if (!isTable(name)) {
      reading.complain(place, name, unknownKey(name, TOP_KEYS, reading));
      continue;
    }
    const { keys, shapes } = TABLES[name];
    const good = entries.filter((entry) =>
      checkShape(entry, `${name}.${entry.key}`, shapes[entry.key], keys, reading),
    );
    const table = { origin: `${fileName}:${place.line}`, place, entries, good };
    if (name === "hook") {
      hooks.push(hookOf(table, findUser, reading));
      continue;
    }
    // One after the other: they share the allowance for expressions.
    // oxlint-disable-next-line no-await-in-loop
    rules.push(await ruleOf(table, findUser, reading));
  }
  return {
    rule: rules.filter((rule): rule is Rule => rule !== null),
    hook: hooks.filter((hook): hook is Hook => hook !== null),
  };
}

/** Whether an entry is known and has its shape; says what is wrong with it if not. */
function checkShape(
  entry: Entry,
  shownKey: string,
  shape: Shape | undefined,
  known: readonly string[],
  reading: Reading,
): boolean {
  const { complain } = reading;
  if (isTable(entry.key) && known.includes(entry.key)) {
    const found = showValue(entry.value);
    const problem = `found ${found}, allowed is a list of tables: write [[${entry.key}]]`;
    complain(entry.keyPlace, shownKey, problem);
    return false;
  }
  if (shape === undefined || !known.includes(entry.key)) {
    complain(entry.keyPlace, shownKey, unknownKey(entry.key, known, reading));
    return false;
  }
  const wrong = shapeProblem(shape, entry.value);
  if (wrong !== null) {
    complain(entry.place(wrong.element), shownKey, wrong.problem + misplaced(entry, known));
  }
  return wrong === null;
}

/** What to do with a key of the whole file whose value does not fit the rule that it fell into. */
function misplaced(entry: Entry, known: readonly string[]): string {
  const isBoth = known === RULE_KEYS && TOP_KEYS.includes(entry.key);
  return isBoth ? `; if it is meant for the whole file, ${ABOVE}` : "";
}

function unknownKey(key: string, known: readonly string[], { budget }: Reading): string {
  if (known !== TOP_KEYS && !isTable(key) && TOP_KEYS.includes(key)) {
    return known === RULE_KEYS
      ? `it is no key of a rule; ${ABOVE}`
      : "it is no key of a hook; move it above the first [[hook]]";
  }
  const positive = key.replace(/^no-/, "");
  if (positive !== key && known.includes(positive)) {
    return `there is no such key; write ${positive} = false`;
  }
  budget.judging.steps -= known.length * NEAREST_STEPS;
  const near = budget.judging.steps > 0 ? nearest(key.replaceAll("_", "-"), known) : null;
  const hint = near === null ? `the keys are ${known.join(", ")}` : `did you mean ${near}?`;
  return `there is no such key; ${hint}`;
}

async function settingsOf(entries: readonly Entry[], reading: Reading): Promise<Partial<Settings>> {
  const { complain, warn } = reading;
  const settings: Record<string, unknown> = {};
  for (const entry of entries) {
    const flag = KEYED.find(({ key }) => key === entry.key);
    const shape = flag === undefined ? undefined : shapeOf(flag);
    const isWhen = entry.key === "when";
    if (!checkShape(entry, entry.key, isWhen ? WHEN_SHAPE : shape, TOP_KEYS, reading)) {
      continue;
    }
    if (isWhen || flag === undefined) {
      settings["when"] = conditionsOf(entry, complain);
      continue;
    }
    // oxlint-disable-next-line no-await-in-loop -- they share the allowance for expressions
    const parsed = await valueOf(flag, entry.value, reading.budget);
    if ("problem" in parsed) {
      complain(entry.place(parsed.element, parsed.at), entry.key, parsed.problem);
      continue;
    }
    if (parsed.warning !== undefined) {
      warn(entry.place(), entry.key, parsed.warning);
    }
    settings[entry.key] = parsed.value;
  }
  return settings;
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
function valueOf(
  flag: Flag,
  value: unknown,
  budget: Budget,
): ParsedElement | Promise<ParsedElement> {
  switch (flag.kind) {
    case "globs":
      return Array.isArray(value)
        ? namesOf(flag, value as string[], budget)
        : parseValue(flag, String(value), budget);
    case "limits":
    case "sizes": {
      const texts = typeof value === "string" ? value.split(",") : [value].flat().map(String);
      return parseLimits(texts, flag.kind === "sizes" ? "kib" : "percent", allowedBy(flag));
    }
    case "grace":
      return parseGrace(String(value));
    default:
      return typeof value === "string" ? parseValue(flag, value, budget) : { value };
  }
}

async function namesOf(
  flag: Flag,
  sources: readonly string[],
  budget: Budget,
): Promise<ParsedElement> {
  const globs: GlobPattern[] = [];
  for (const [element, source] of sources.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- they share the allowance for expressions
    const parsed = await parseNames(flag, source, budget);
    if ("problem" in parsed) {
      return { ...parsed, element };
    }
    globs.push(...parsed.value);
  }
  return { value: globs };
}
