import type { Limits } from "../model/options.ts";
import { quote } from "./quote.ts";

/** A value of the program's own, or what was found and what is allowed; `at` counts characters. */
export type Parsed<T> =
  | { readonly value: T; readonly warning?: string }
  | { readonly problem: string; readonly at?: number };

/** What a number without a unit is. */
export type Plain = "percent" | "kib";

type Amount = { readonly percent: number } | { readonly kib: number };

const NUMBER = /^\d+(\.\d+)?$/;

/** More than any machine has; https://man7.org/linux/man-pages/man5/proc_meminfo.5.html. */
const MOST_KIB = 2 ** 50;

const KIB: Readonly<Record<string, number>> = { k: 1, m: 1024, g: 1024 ** 2, t: 1024 ** 3 };

/** A number from 0 to 100, with or without a percent sign; null for anything else. */
export function percentOf(text: string): number | null {
  const number = text.trim().replace(/ ?%$/, "");
  const value = NUMBER.test(number) ? Number(number) : Number.NaN;
  return value >= 0 && value <= 100 ? value : null;
}

function amountOf(text: string, plain: Plain): Amount | null {
  const [, number = "", unit = ""] =
    /^(\d+(?:\.\d+)?) *([kmgt]|[kmgt]i?b|%)?$/i.exec(text.trim()) ?? [];
  if (unit === "%" || (unit === "" && plain === "percent")) {
    const percent = percentOf(number);
    return percent === null || (unit === "%" && plain === "kib") ? null : { percent };
  }
  const kib = number === "" ? Infinity : Number(number) * (KIB[unit.charAt(0).toLowerCase()] ?? 1);
  return kib <= MOST_KIB ? { kib: Math.round(kib) } : null;
}

/**
 * One or two shares or sizes. Of one, half is the hard limit, as in earlyoom. A hard limit above
 * the soft one is a mistake, where both are of one kind.
 */
export function parseLimits(
  texts: readonly string[],
  plain: Plain,
  allowed: string,
): Parsed<Limits> {
  const found = texts.join(",");
  const [soft, hard, ...more] = texts.map((text) => amountOf(text, plain));
  if (soft === undefined || soft === null || hard === null || more.length > 0) {
    return { problem: `found ${quote(found)}, allowed is ${allowed}` };
  }
  if (hard !== undefined && isHigher(hard, soft)) {
    return { problem: `found ${found}, allowed is a second number that is no higher` };
  }
  return { value: limitsOf(soft, hard ?? halfOf(soft)) };
}

function isHigher(one: Amount, other: Amount): boolean {
  return "percent" in one
    ? "percent" in other && one.percent > other.percent
    : "kib" in other && one.kib > other.kib;
}

function halfOf(amount: Amount): Amount {
  return "percent" in amount
    ? { percent: amount.percent / 2 }
    : { kib: Math.floor(amount.kib / 2) };
}

function limitsOf(soft: Amount, hard: Amount): Limits {
  return {
    softPercent: shareOf(soft),
    hardPercent: shareOf(hard),
    ...("kib" in soft && soft.kib > 0 ? { softKib: soft.kib } : {}),
    ...("kib" in hard && hard.kib > 0 ? { hardKib: hard.kib } : {}),
  };
}

/** A size alone leaves shares out of account; none of it is none of all. */
function shareOf(amount: Amount): number {
  return "percent" in amount ? amount.percent : amount.kib > 0 ? 100 : 0;
}

/** Both of two limits: the lower one holds. Nothing given means `otherwise`. */
export function bothLimits(one: Limits | null, other: Limits | null, otherwise: Limits): Limits {
  if (one === null || other === null) {
    return one ?? other ?? otherwise;
  }
  const softKib = Math.min(one.softKib ?? Infinity, other.softKib ?? Infinity);
  const hardKib = Math.min(one.hardKib ?? Infinity, other.hardKib ?? Infinity);
  return {
    softPercent: Math.min(one.softPercent, other.softPercent),
    hardPercent: Math.min(one.hardPercent, other.hardPercent),
    ...(softKib === Infinity ? {} : { softKib }),
    ...(hardKib === Infinity ? {} : { hardKib }),
  };
}

const MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90`, `10m`, `500ms`: milliseconds; a number alone is of seconds. Null for anything else. */
export function durationMs(text: string): number | null {
  const [, number = "", unit = "s"] = /^(\d{1,9}(?:\.\d+)?) *(ms|[smhd])?$/.exec(text.trim()) ?? [];
  return number === "" ? null : Number(number) * (MS[unit] ?? 1);
}

/** A victim that had longer to end would be none. */
const LONGEST_GRACE_MS = 600_000;

export const GRACE = "a time up to 10m, such as 500ms or 10s";

/** The time between SIGTERM and SIGKILL, in whole milliseconds. */
export function parseGrace(text: string): Parsed<number> {
  const ms = durationMs(text);
  return ms !== null && ms <= LONGEST_GRACE_MS
    ? { value: Math.round(ms) }
    : { problem: `found ${quote(text)}, allowed is ${GRACE}` };
}
