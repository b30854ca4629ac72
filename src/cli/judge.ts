import type { GlobPattern, Match, RegexPattern, Rule } from "../model/options.ts";
import type { Parsed } from "./amounts.ts";
import { canMatch, COMM_BYTES, matchesAll, type TextKey } from "./can-match.ts";
import { readRegex } from "./compile-regex.ts";
import { deadOptions } from "./dead-options.ts";
import { quote } from "./quote.ts";
import type { Budget } from "./regex/budget.ts";

type Single = GlobPattern | RegexPattern;

/** The pattern, if there can be anybody whom it matches; a warning where part of it cannot. */
export function judged<T extends Single>(key: TextKey, pattern: T, budget: Budget): Parsed<T> {
  if (!canMatch(key, pattern, budget.judging)) {
    return {
      problem: `${quote(pattern.source)} can match nothing: ${because(key, pattern)}`,
    };
  }
  const warning = key === "comm" && pattern.kind === "regex" ? deadPart(pattern.source) : "";
  return warning === "" ? { value: pattern } : { value: pattern, warning };
}

/**
 * The patterns of a flag that is about names, if each of them can match a process and none matches
 * everybody.
 */
export function judgedNames<T extends Single>(
  patterns: readonly T[],
  effect: Rule["effect"],
  budget: Budget,
): Parsed<readonly T[]> {
  let warning = "";
  for (const pattern of patterns) {
    const result = judged("comm", pattern, budget);
    const wrong = wrongMatch({ comm: [pattern] }, effect, budget);
    if ("problem" in result || wrong !== "") {
      return "problem" in result ? result : { problem: `${quote(pattern.source)}: ${wrong}` };
    }
    warning ||= result.warning ?? "";
  }
  return warning === "" ? { value: patterns } : { value: patterns, warning };
}

const CUT_OFF = `the kernel cuts names off after ${COMM_BYTES} bytes`;
const SLASHED = "begin with / and end with a name";

/** Why a pattern matches nothing, and what to write in its place. */
function because(key: TextKey, pattern: Single): string {
  const literal = literalOf(pattern);
  switch (key) {
    case "comm":
      return `${CUT_OFF}${instead(cutOff(pattern, literal))}`;
    case "exe":
      return `paths of executables ${SLASHED}${instead(fromRoot(literal))}`;
    case "cgroup":
      return `paths of cgroups ${SLASHED}${instead(fromRoot(literal))}`;
    case "unit":
      return unitReason(literal);
    case "cmdline":
      return "it contradicts itself";
  }
}

function instead(text: string): string {
  return text === "" ? "" : `; write ${quote(text)}`;
}

/** A text that stands for itself alone, as a glob or between `^` and `$`; "" for others. */
function literalOf({ kind, source }: Single): string {
  const [, literal = ""] =
    kind === "glob"
      ? (/^([^*?[]*)$/.exec(source) ?? [])
      : (/^\^?([\w /:-]*)\$?$/.exec(source) ?? []);
  return literal;
}

/** What the kernel leaves of a name, in the words of the pattern. */
function cutOff(pattern: Single, literal: string): string {
  if (Buffer.byteLength(literal) <= COMM_BYTES) {
    return "";
  }
  // Not half a character.
  const kept = Buffer.from(literal)
    .subarray(0, COMM_BYTES)
    .toString()
    .replace(/\ufffd$/, "");
  return pattern.kind === "glob" ? `${kept}*` : `^${kept}`;
}

function fromRoot(literal: string): string {
  if (literal.endsWith("/")) {
    return `${literal.startsWith("/") ? "" : "/"}${literal}*`;
  }
  return literal.includes("/") ? `/${literal}` : literal === "" ? "" : `*/${literal}`;
}

function unitReason(literal: string): string {
  if (/\.(slice|socket|timer|target|mount|path)$/.test(literal)) {
    return "processes belong to services and scopes; a rule on cgroup can name what is above them";
  }
  const isName = /^[^/.]+$/.test(literal);
  const unit = literal.endsWith("@") ? `${literal}*.service` : `${literal}.service`;
  return `names of units end in .service or .scope${instead(isName ? unit : "")}`;
}

/** What to say of the first part of an expression that no name is short enough for, or "". */
function deadPart(source: string): string {
  const tree = readRegex(source, "own");
  const [at] = "reason" in tree ? [] : deadOptions(tree);
  if (at === undefined) {
    return "";
  }
  const part = /^(?:\\.|[^|)\\])*/s.exec(source.slice(at))?.[0] ?? "";
  return `${quote(part)} in it can match nothing: names are cut off after ${COMM_BYTES} bytes`;
}

/** What is wrong with whom a rule is about: nobody at all, or everybody; "" when nothing is. */
export function wrongMatch(match: Match, effect: Rule["effect"], budget: Budget): string {
  const { adjAtLeast = -1000, adjAtMost = 1000, olderThanS = 0, youngerThanS = Infinity } = match;
  if (olderThanS >= youngerThanS) {
    return "nobody is older than that and younger as well";
  }
  if (adjAtMost === -1000) {
    return "processes whose oom_score_adj is -1000 are never killed anyway";
  }
  const narrows =
    match.uids !== undefined ||
    olderThanS > 0 ||
    youngerThanS < Infinity ||
    adjAtLeast > -1000 ||
    adjAtMost < 1000;
  return narrows || !isForAll(match, budget) ? "" : wrongForAll(effect);
}

const TEXT_KEYS: readonly TextKey[] = ["comm", "exe", "cmdline", "cgroup", "unit"];

function isForAll(match: Match, budget: Budget): boolean {
  return TEXT_KEYS.every(
    (key) =>
      match[key]?.some(
        (pattern) => pattern.kind !== "names" && matchesAll(key, pattern, budget.judging),
      ) ?? true,
  );
}

/** What is wrong with an effect on everybody; "" where it makes sense. */
function wrongForAll(effect: Rule["effect"]): string {
  switch (effect.kind) {
    case "protect":
      return "it matches everybody, and nobody could be killed";
    case "points":
      return effect.points === 0 ? "" : "it matches everybody, and changes nothing";
    case "percent":
      return "it matches everybody, and changes nothing";
    case "group":
      return "";
  }
}
