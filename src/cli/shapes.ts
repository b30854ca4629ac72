import * as v from "valibot";
import { HOOK_EVENTS } from "../model/hook.ts";
import { GRACE } from "./amounts.ts";
import type { Flag } from "./flag.ts";
import { quote } from "./quote.ts";
import { allowedBy } from "./values.ts";

/** What a value in a file must look like before it is understood, and how that is said. */
export type Shape = v.GenericSchema;

/** A value of TOML as a sentence names it; long lists and tables only by what they are. */
export function showValue(value: unknown): string {
  if (typeof value === "string") {
    return quote(value);
  }
  if (Array.isArray(value)) {
    const shown = value.map((item) => (Array.isArray(item) ? "a list" : showValue(item)));
    return value.length <= 4 ? `[${shown.join(", ")}]` : "a list";
  }
  if (value instanceof Date) {
    return "a date";
  }
  return typeof value === "object" ? "a table" : String(value);
}

function found(allowed: string): (issue: v.BaseIssue<unknown>) => string {
  return ({ input }) => `found ${showValue(input)}, allowed is ${allowed}`;
}

function between(least: number, most: number, allowed: string): v.GenericSchema<number> {
  const message = found(allowed);
  return v.pipe(v.number(message), v.minValue(least, message), v.maxValue(most, message));
}

function oneOrMore(item: Shape, allowed: string): Shape {
  const message = found(allowed);
  return v.union([item, v.pipe(v.array(item), v.minLength(1, message))], message);
}

function strings(allowed: string): Shape {
  return oneOrMore(v.string(found(allowed)), allowed);
}

/** What a number means is looked at later; this keeps it one without an exponent. */
const MOST_AMOUNT = 2 ** 50;

/** The shape of the key that belongs to a flag. */
export function shapeOf(flag: Flag): Shape {
  const allowed = allowedBy(flag);
  const message = found(allowed);
  switch (flag.kind) {
    case "switch":
      return v.boolean(message);
    case "percent":
      return v.union([between(0, 100, allowed), v.string()], message);
    case "limits":
    case "sizes": {
      const amount = v.union([between(0, MOST_AMOUNT, allowed), v.string()], message);
      return v.union([amount, v.strictTuple([amount, amount])], message);
    }
    case "grace":
      return v.union([between(0, MOST_AMOUNT, allowed), v.string()], message);
    case "globs":
      return v.union([v.string(), v.array(v.string())], message);
    case "choice":
      return v.picklist(flag.choices ?? [], message);
    case "regex":
    case "path":
    case "text":
      return v.string(message);
  }
}

/** `when`: a condition, or a list of them. */
export const WHEN_SHAPE: Shape = strings('conditions, such as ["mem < 10 and swap < 10"]');

const DURATION = 'a time, such as 90, "10m", "2h" or "1d"';
const USER = "a user's name or number";
const POINTS = 'points from 1 to 2000, or a share such as "50%"';

/** The keys of a `[[rule]]`. */
export const RULE_SHAPES: Readonly<Record<string, Shape>> = {
  comm: strings("a pattern or a list of patterns"),
  exe: strings("a pattern or a list of patterns"),
  cmdline: strings("a pattern or a list of patterns"),
  cgroup: strings("a pattern or a list of patterns"),
  unit: strings("a pattern or a list of patterns"),
  user: userShape(),
  "older-than": v.union([v.string(), between(0, 1e9, DURATION)], found(DURATION)),
  "younger-than": v.union([v.string(), between(0, 1e9, DURATION)], found(DURATION)),
  "oom-score-adj": adjShape(),
  regex: v.boolean(found("true or false")),
  "kill-after": v.union([v.string(), between(0, MOST_AMOUNT, GRACE)], found(GRACE)),
  protect: v.literal(true, found("true")),
  prefer: v.union([v.string(), between(1, 2000, POINTS)], found(POINTS)),
  avoid: v.union([v.string(), between(1, 2000, POINTS)], found(POINTS)),
  group: v.picklist(
    ["process", "process-group", "cgroup"],
    found("one of process, process-group, cgroup"),
  ),
};

export const TIMEOUT = "a time above 0 and up to 10m, such as 30s";
const COMMAND = 'a list of texts, such as ["/usr/local/sbin/after-a-kill"]';
const EVENTS = `one of ${HOOK_EVENTS.join(", ")}, or a list of them`;

/** The keys of a `[[hook]]`. */
export const HOOK_SHAPES: Readonly<Record<string, Shape>> = {
  on: oneOrMore(v.picklist(HOOK_EVENTS, found(EVENTS)), EVENTS),
  run: v.pipe(
    v.array(v.string(found(COMMAND)), found(COMMAND)),
    v.minLength(1, found(COMMAND)),
    v.maxLength(100, "found more than 100 words, allowed are fewer"),
  ),
  timeout: v.union([v.string(), between(0, MOST_AMOUNT, TIMEOUT)], found(TIMEOUT)),
  user: v.union([v.string(), uidShape(USER)], found(USER)),
};

function uidShape(allowed: string): Shape {
  return v.pipe(between(0, 2 ** 32 - 1, allowed), v.integer(found(allowed)));
}

function userShape(): Shape {
  const allowed = "a user's name or number, or a list of them";
  return oneOrMore(v.union([v.string(), uidShape(allowed)], found(allowed)), allowed);
}

function adjShape(): Shape {
  const allowed = "a number from -1000 to 1000, or a pair of them as [least, most]";
  const message = found(allowed);
  const adj = v.pipe(between(-1000, 1000, allowed), v.integer(message));
  return v.union([adj, v.strictTuple([adj, adj])], message);
}

/** Why a value has not its shape, or null; `element` tells which one of a list. */
export function shapeProblem(
  shape: Shape,
  value: unknown,
): { readonly problem: string; readonly element?: number } | null {
  const result = v.safeParse(shape, value, { abortEarly: true });
  if (result.success) {
    return null;
  }
  const [issue] = result.issues;
  const element = issue.path?.[0]?.key;
  return { problem: issue.message, ...(typeof element === "number" ? { element } : {}) };
}
