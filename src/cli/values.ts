import type { Effect, GlobPattern, RegexPattern } from "../model/options.ts";
import { compileGlob } from "../policy/glob.ts";
import { GRACE, type Parsed, parseGrace, parseLimits, percentOf } from "./amounts.ts";
import type { Flag } from "./flag.ts";
import { quote } from "./quote.ts";
import type { Budget } from "./regex/budget.ts";

/** Longer ones would be no pattern of a person's, and slow to match. */
const LONGEST_GLOB = 1_000;

/** What a flag or key of this kind allows, as the end of a sentence. */
export function allowedBy({ kind, choices }: Pick<Flag, "kind" | "choices">): string {
  switch (kind) {
    case "switch":
      return "true or false";
    case "percent":
      return "a percentage from 0 to 100";
    case "limits":
      return "one or two percentages or sizes, the second no higher, such as 10,5 or 500M,250M";
    case "sizes":
      return "one or two sizes, in KiB or with K, M or G, the second no higher, such as 500M,250M";
    case "grace":
      return GRACE;
    case "globs":
      return "globs joined by |, such as 'sshd|gnome-*'";
    case "regex":
      return "a regular expression, such as '^(chromium|firefox)$'";
    case "choice":
      return `one of ${choices?.join(", ")}`;
    case "path":
      return "the path of a file";
    case "text":
      return "a text";
  }
}

/** A glob as the original takes it, or what is wrong with it and where. */
export function parseGlob(source: string): Parsed<GlobPattern> {
  if (source.length > LONGEST_GLOB) {
    return { problem: `${quote(source)} is too long: allowed are ${LONGEST_GLOB} characters` };
  }
  const glob = compileGlob(source);
  if ("kind" in glob) {
    return { value: glob };
  }
  const { position, reason } = glob;
  const problem = `${quote(source)} is not a glob: ${reason} at character ${position + 1}`;
  return { problem, at: position };
}

/** Globs joined by `|`, as the original takes them; empty ones match nothing: left out. */
function parseGlobs(text: string): Parsed<readonly GlobPattern[]> {
  const globs: GlobPattern[] = [];
  let start = 0;
  for (const source of text.split("|")) {
    const parsed = parseGlob(source);
    if ("problem" in parsed) {
      return { ...parsed, at: start + (parsed.at ?? 0) };
    }
    if (source !== "") {
      globs.push(parsed.value);
    }
    start += source.length + 1;
  }
  return { value: globs };
}

/** Loads the compiler of regular expressions only when there is one to compile. */
export async function parseRegex(text: string, budget: Budget): Promise<Parsed<RegexPattern>> {
  const { compileRegex } = await import("./compile-regex.ts");
  const regex = compileRegex(text, budget);
  if ("reason" in regex) {
    const { position, reason } = regex;
    const place = `at character ${position + 1}`;
    const problem = `${quote(text)} is not a usable regular expression: ${reason} ${place}`;
    return { problem, at: position };
  }
  return { value: regex };
}

/** What the flags that are about names do to processes; how many points does not matter. */
function effectOf({ name }: Flag): Effect {
  const protects = name === "unkillables" || name === "ignore";
  return protects ? { kind: "protect" } : { kind: "points", points: name === "avoid" ? -1 : 1 };
}

/** Globs of names, each of which can match somebody. */
export async function parseNames(
  flag: Flag,
  text: string,
  budget: Budget,
): Promise<Parsed<readonly GlobPattern[]>> {
  const parsed = parseGlobs(text);
  if ("problem" in parsed) {
    return parsed;
  }
  const { judgedNames } = await import("./judge.ts");
  return judgedNames(parsed.value, effectOf(flag), budget);
}

async function parseNameRegex(
  flag: Flag,
  text: string,
  budget: Budget,
): Promise<Parsed<RegexPattern>> {
  const parsed = await parseRegex(text, budget);
  if ("problem" in parsed) {
    return parsed;
  }
  const { judgedNames } = await import("./judge.ts");
  const result = judgedNames([parsed.value], effectOf(flag), budget);
  return "problem" in result ? result : { ...result, value: parsed.value };
}

/** Reads the text of a flag's value, or of a key's; switches have none. */
export async function parseValue(
  flag: Flag,
  text: string,
  budget: Budget,
): Promise<Parsed<unknown>> {
  const wrong = { problem: `found ${quote(text)}, allowed is ${allowedBy(flag)}` };
  const checked = (value: unknown): Parsed<unknown> => (value === null ? wrong : { value });
  switch (flag.kind) {
    case "percent":
      return checked(percentOf(text));
    case "limits":
      return parseLimits(text.split(","), "percent", allowedBy(flag));
    case "sizes":
      return parseLimits(text.split(","), "kib", allowedBy(flag));
    case "grace":
      return parseGrace(text);
    case "globs":
      return parseNames(flag, text, budget);
    case "regex":
      return parseNameRegex(flag, text, budget);
    case "choice":
      return checked(flag.choices?.includes(text) === true ? text : null);
    case "path":
    case "text":
      return checked(text === "" ? null : text);
    case "switch":
      return wrong;
  }
}
