import type { Effect, GlobPattern, Match, Pattern, Rule } from "../model/options.ts";
import { compileGlob } from "../policy/glob.ts";
import { gathered } from "./patterns.ts";
import { quote } from "./quote.ts";
import { RULE_SHAPES } from "./shapes.ts";
import type { Entry, Place } from "./toml.ts";
import { type Parsed, parseRegex } from "./values.ts";

/** Finds the number of a user by name, or null. */
export type FindUser = (name: string) => number | null;

/** Told of each problem: where, in which key, and the rest of the sentence. */
export type Complain = (place: Place, key: string, problem: string) => void;

type Patterned = "comm" | "exe" | "cmdline" | "cgroup" | "unit";
const PATTERNED: readonly Patterned[] = ["comm", "exe", "cmdline", "cgroup", "unit"];
const MATCHES = [...PATTERNED, "user", "older-than", "younger-than", "oom-score-adj"];
const EFFECTS = ["protect", "prefer", "avoid", "group"];
/** A name the kernel cuts off at 15 bytes; TASK_COMM_LEN of include/linux/sched.h. */
const COMM_BYTES = 15;

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
  complain: Complain,
): Promise<Rule | null> {
  const effects = entries.filter(({ key }) => EFFECTS.includes(key));
  const complete = good.length === entries.length;
  if (effects.length > 1 || (effects.length === 0 && complete)) {
    const found = effects.map(({ key }) => key).join(" and ") || "none";
    complain(place, "rule", `found ${found}, allowed is one of ${EFFECTS.join(", ")}`);
  }
  if (complete && !entries.some(({ key }) => MATCHES.includes(key))) {
    const whom = `found nothing that says whom it is about, allowed are ${MATCHES.join(", ")}`;
    complain(place, "rule", whom);
  }
  const match = await matchOf(new Map(good.map((entry) => [entry.key, entry])), findUser, complain);
  const [first] = effects;
  const effect = first !== undefined && good.includes(first) ? effectOf(first, complain) : null;
  return effect === null ? null : { origin, match, effect };
}

async function matchOf(
  entries: ReadonlyMap<string, Entry>,
  findUser: FindUser,
  complain: Complain,
): Promise<Match> {
  const isRegex = entries.get("regex")?.value === true;
  const patterns = await Promise.all(
    PATTERNED.map(async (key) => {
      const entry = entries.get(key);
      return entry === undefined ? [] : [[key, await patternsOf(entry, isRegex, complain)]];
    }),
  );
  const numbers = {
    uids: uidsOf(entries.get("user"), findUser, complain),
    olderThanS: secondsOf(entries.get("older-than"), complain),
    youngerThanS: secondsOf(entries.get("younger-than"), complain),
    ...adjOf(entries.get("oom-score-adj"), complain),
  };
  const present = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(patterns.flat()), ...Object.fromEntries(present) };
}

async function patternsOf(entry: Entry, isRegex: boolean, complain: Complain): Promise<Pattern[]> {
  const sources = [entry.value].flat() as string[];
  const parsed = await Promise.all(
    sources.map((source) => (isRegex ? parseRegex(source) : parseGlob(source, entry.key))),
  );
  const patterns = parsed.flatMap((result, index): Pattern[] => {
    if ("value" in result) {
      return [result.value];
    }
    complain(entry.place(index, result.at), `rule.${entry.key}`, result.problem);
    return [];
  });
  return gathered(patterns);
}

function parseGlob(source: string, key: string): Parsed<GlobPattern> {
  const glob = compileGlob(source);
  if ("reason" in glob) {
    const { position, reason } = glob;
    const problem = `${quote(source)} is not a glob: ${reason} at character ${position + 1}`;
    return { problem, at: position };
  }
  if (key === "comm" && !/[*[]/.test(source) && Buffer.byteLength(source) > COMM_BYTES) {
    const kept = Buffer.from(source).subarray(0, COMM_BYTES).toString();
    // Not half a character.
    const cut = `${kept.replace(/\ufffd$/, "")}*`;
    return {
      problem: `${quote(source)} can match nothing: the kernel cuts names off; write ${quote(cut)}`,
    };
  }
  return { value: glob };
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

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function secondsOf(entry: Entry | undefined, complain: Complain): number | undefined {
  if (entry === undefined || typeof entry.value === "number") {
    return entry?.value as number | undefined;
  }
  const text = String(entry.value);
  const [, amount = "", unit = "s"] = /^(\d{1,9}(?:\.\d+)?) *([smhd])?$/.exec(text) ?? [];
  if (amount === "") {
    const allowed = 'a time, such as 90, "10m", "2h" or "1d"';
    complain(entry.place(), `rule.${entry.key}`, `found ${quote(text)}, allowed is ${allowed}`);
  }
  return Number(amount) * (SECONDS[unit] ?? 1);
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
    complain(entry.place(), `rule.${key}`, `found ${quote(String(value))}, allowed is ${allowed}`);
    return null;
  }
  return { kind: "percent", percent };
}

/** Names of keys, for those who mistype one. */
export const RULE_KEYS: readonly string[] = Object.keys(RULE_SHAPES);
