import type { Effect, Match, Pattern, Rule } from "../model/options.ts";
import { durationMs, parseGrace } from "./amounts.ts";
import type { TextKey } from "./can-match.ts";
import { gathered } from "./patterns.ts";
import { quote } from "./quote.ts";
import type { Budget } from "./regex/budget.ts";
import { RULE_SHAPES } from "./shapes.ts";
import type { Entry, Place } from "./toml.ts";
import { parseGlob, parseRegex } from "./values.ts";

/** Finds the number of a user by name, or null. */
export type FindUser = (name: string) => number | null;

/** Told of each problem: where, in which key, and the rest of the sentence. */
export type Complain = (place: Place, key: string, problem: string) => void;

/** What reading a file goes by. */
export interface Reading {
  readonly complain: Complain;
  /** Told of what holds nobody up, but will surprise. */
  readonly warn: Complain;
  /** For all regular expressions together. */
  readonly budget: Budget;
}

const PATTERNED: readonly TextKey[] = ["comm", "exe", "cmdline", "cgroup", "unit"];
const MATCHES = [...PATTERNED, "user", "older-than", "younger-than", "oom-score-adj"];
const EFFECTS = ["protect", "prefer", "avoid", "group"];
/** In TOML, what follows a [[rule]] belongs to it; there is no way back but up. */
export const ABOVE = "move it above the first [[rule]]";
/** Does something as well, alone or beside one of those. */
const GRACE_KEY = "kill-after";
/** What a rule does that says nothing of whom to choose. */
const NO_EFFECT: Effect = { kind: "points", points: 0 };

/** What rules on exe cannot do without; capabilities(7), proc_pid_exe(5). */
export const EXE_NEEDS =
  "rules on exe need CAP_SYS_PTRACE to see other users' executables, else those that protect " +
  "spare whom they cannot see and others do not match; to give it to the systemd unit: " +
  "systemctl edit bustd, and under [Service] add AmbientCapabilities=CAP_SYS_PTRACE and " +
  "CapabilityBoundingSet=CAP_SYS_PTRACE";

/** A `[[rule]]` table. */
export interface RuleTable {
  readonly origin: string;
  readonly place: Place;
  readonly entries: readonly Entry[];
  /** Those of them that are known and have their shapes. */
  readonly good: readonly Entry[];
}

/** Makes a rule of a table; null where it has no effect, which is a problem then. */
export async function ruleOf(
  { origin, place, entries, good }: RuleTable,
  findUser: FindUser,
  reading: Reading,
): Promise<Rule | null> {
  const { complain } = reading;
  const effects = entries.filter(({ key }) => EFFECTS.includes(key));
  const complete = good.length === entries.length;
  const byKey = new Map(good.map((entry) => [entry.key, entry]));
  const grace = byKey.get(GRACE_KEY);
  if (effects.length > 1 || (effects.length === 0 && complete && grace === undefined)) {
    const found = effects.map(({ key }) => key).join(" and ") || "none";
    complain(place, "rule", `found ${found}, allowed is one of ${EFFECTS.join(", ")}`);
  }
  const saysWhom = entries.some(({ key }) => MATCHES.includes(key));
  if (complete && !saysWhom) {
    const whom = `found nothing that says whom it is about, allowed are ${MATCHES.join(", ")}`;
    complain(place, "rule", whom);
  }
  const found = await matchOf(byKey, findUser, reading);
  const [first] = effects;
  const killAfterMs = grace === undefined ? undefined : graceOf(grace, complain);
  const own = first !== undefined && good.includes(first) ? effectOf(first, complain) : null;
  const effect = first === undefined && grace !== undefined ? NO_EFFECT : own;
  if (effect === null) {
    return null;
  }
  if (complete && saysWhom && found.isComplete) {
    const { wrongMatch } = await import("./judge.ts");
    const wrong = wrongMatch(found.match, effect, reading.budget);
    if (wrong !== "") {
      complain(place, "rule", wrong);
    }
  }
  return {
    origin,
    match: found.match,
    effect,
    ...(killAfterMs === undefined ? {} : { killAfterMs }),
  };
}

function graceOf(entry: Entry, complain: Complain): number | undefined {
  const parsed = parseGrace(String(entry.value));
  if ("value" in parsed) {
    return parsed.value;
  }
  complain(entry.place(), `rule.${GRACE_KEY}`, parsed.problem);
  return undefined;
}

/** Whom a rule is about, and whether all that says so could be understood. */
async function matchOf(
  entries: ReadonlyMap<string, Entry>,
  findUser: FindUser,
  { budget, complain, warn }: Reading,
): Promise<{ readonly match: Match; readonly isComplete: boolean }> {
  let isComplete = true;
  const reading: Reading = {
    budget,
    warn,
    complain: (...problem) => {
      isComplete = false;
      complain(...problem);
    },
  };
  const isRegex = entries.get("regex")?.value === true;
  const patterns: [TextKey, Pattern[]][] = [];
  for (const key of PATTERNED) {
    const entry = entries.get(key);
    if (entry !== undefined) {
      // oxlint-disable-next-line no-await-in-loop -- they share the allowance for expressions
      patterns.push([key, await patternsOf(entry, key, isRegex, reading)]);
    }
  }
  const numbers = {
    uids: uidsOf(entries.get("user"), findUser, reading.complain),
    olderThanS: secondsOf(entries.get("older-than"), reading.complain),
    youngerThanS: secondsOf(entries.get("younger-than"), reading.complain),
    ...adjOf(entries.get("oom-score-adj"), reading.complain),
  };
  const present = Object.entries(numbers).filter(([, value]) => value !== undefined);
  const match = { ...Object.fromEntries(patterns), ...Object.fromEntries(present) };
  return { match, isComplete };
}

async function patternsOf(
  entry: Entry,
  key: TextKey,
  isRegex: boolean,
  { budget, complain, warn }: Reading,
): Promise<Pattern[]> {
  const { judged } = await import("./judge.ts");
  const patterns: Pattern[] = [];
  for (const [index, source] of ([entry.value].flat() as string[]).entries()) {
    // oxlint-disable-next-line no-await-in-loop -- they share the allowance for expressions
    const read = isRegex ? await parseRegex(source, budget) : parseGlob(source);
    const result = "problem" in read ? read : judged(key, read.value, budget);
    if ("problem" in result) {
      complain(entry.place(index, result.at), `rule.${key}`, result.problem);
      continue;
    }
    if (result.warning !== undefined) {
      warn(entry.place(index), `rule.${key}`, result.warning);
    }
    patterns.push(result.value);
  }
  return gathered(patterns);
}

function uidsOf(
  entry: Entry | undefined,
  findUser: FindUser,
  complain: Complain,
): readonly number[] | undefined {
  if (entry === undefined) {
    return undefined;
  }
  return ([entry.value].flat() as (string | number)[]).flatMap((user, index) => {
    const uid = typeof user === "number" ? user : findUser(user);
    if (uid === null) {
      const unknown = `there is no user ${quote(String(user))} in /etc/passwd; write the number`;
      complain(entry.place(index), "rule.user", unknown);
      return [];
    }
    return [uid];
  });
}

function secondsOf(entry: Entry | undefined, complain: Complain): number | undefined {
  if (entry === undefined || typeof entry.value === "number") {
    return entry?.value as number | undefined;
  }
  const text = String(entry.value);
  const ms = durationMs(text);
  if (ms === null) {
    const allowed = 'a time, such as 90, "10m", "2h" or "1d"';
    complain(entry.place(), `rule.${entry.key}`, `found ${quote(text)}, allowed is ${allowed}`);
  }
  return (ms ?? 0) / 1000;
}

function adjOf(
  entry: Entry | undefined,
  complain: Complain,
): Pick<Match, "adjAtLeast" | "adjAtMost"> {
  if (entry === undefined) {
    return {};
  }
  const [least = 0, most = least] = [entry.value].flat() as number[];
  if (least > most) {
    const problem = `found [${least}, ${most}], allowed is the lower number first`;
    complain(entry.place(), "rule.oom-score-adj", problem);
  }
  return { adjAtLeast: least, adjAtMost: most };
}

function effectOf(entry: Entry, complain: Complain): Effect | null {
  switch (entry.key) {
    case "protect":
      return { kind: "protect" };
    case "group":
      return { kind: "group", scope: entry.value as Extract<Effect, { kind: "group" }>["scope"] };
    default:
      return weightOf(entry, complain);
  }
}

function weightOf(entry: Entry, complain: Complain): Effect | null {
  const { key, value } = entry;
  const sign = key === "prefer" ? 1 : -1;
  if (typeof value === "number") {
    return { kind: "points", points: sign * value };
  }
  const [, share = ""] = /^(\d{1,3}) ?%$/.exec(String(value)) ?? [];
  const percent = 100 + sign * Number(share);
  if (share === "" || Number(share) === 0 || percent < 0) {
    const allowed = 'points from 1 to 2000, or a share such as "50%"';
    const found = `found ${quote(String(value))}, allowed is ${allowed}`;
    complain(entry.place(), `rule.${key}`, `${found}; if it is meant for the whole file, ${ABOVE}`);
    return null;
  }
  return { kind: "percent", percent };
}

/** Names of keys, for those who mistype one. */
export const RULE_KEYS: readonly string[] = Object.keys(RULE_SHAPES);
