import type { GlobPattern, Limits, RegexPattern } from "../model/options.ts";
import { compileGlob } from "../policy/glob.ts";
import type { Flag } from "./args.ts";
import { quote } from "./quote.ts";

/** A value of the program's own, or what was found and what is allowed; `at` counts characters. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string; readonly at?: number };

const NUMBER = /^\d+(\.\d+)?$/;

function percentOf(text: string): number | null {
  const value = NUMBER.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= 0 && value <= 100 ? value : null;
}

/** What a flag or key of this kind allows, as the end of a sentence. */
export function allowedBy({ kind, choices }: Pick<Flag, "kind" | "choices">): string {
  switch (kind) {
    case "switch":
      return "true or false";
    case "percent":
      return "a number from 0 to 100";
    case "limits":
      return "one or two numbers from 0 to 100, the second no higher, such as 10,5";
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

/** earlyoom's rule: one number gives half of it as the hard limit. */
export function limitsOf(soft: number, hard: number = soft / 2): Limits {
  return { softPercent: soft, hardPercent: hard };
}

/** Refuses limits that are the wrong way round: the hard one is passed last. */
export function checkedLimits(limits: Limits): Parsed<Limits> {
  const { hardPercent, softPercent } = limits;
  const found = `${softPercent},${hardPercent}`;
  return hardPercent <= softPercent
    ? { value: limits }
    : { problem: `found ${found}, allowed is a second number that is no higher` };
}

/** Two percentages, or one; null where the text is something else. */
export function parseLimits(text: string): Limits | null {
  const numbers = text.split(",").map(percentOf);
  const [soft, hard] = numbers;
  if (numbers.length > 2 || soft === undefined || soft === null || hard === null) {
    return null;
  }
  return limitsOf(soft, hard);
}

/** Globs joined by `|`, as the original takes them; empty ones match nothing: left out. */
export function parseGlobs(text: string): Parsed<readonly GlobPattern[]> {
  const globs: GlobPattern[] = [];
  let start = 0;
  for (const source of text.split("|")) {
    const glob = compileGlob(source);
    if ("reason" in glob) {
      const { position, reason } = glob;
      const place = `at character ${position + 1}`;
      return {
        problem: `${quote(source)} is not a glob: ${reason} ${place}`,
        at: start + position,
      };
    }
    if (source !== "") {
      globs.push(glob);
    }
    start += source.length + 1;
  }
  return { value: globs };
}

/** Loads the compiler of regular expressions only when there is one to compile. */
export async function parseRegex(text: string): Promise<Parsed<RegexPattern>> {
  const { compileRegex } = await import("./compile-regex.ts");
  const regex = compileRegex(text);
  if ("reason" in regex) {
    const { position, reason } = regex;
    const place = `at character ${position + 1}`;
    const problem = `${quote(text)} is not a usable regular expression: ${reason} ${place}`;
    return { problem, at: position };
  }
  return { value: regex };
}

/** Reads the text of a flag's value, or of a key's; switches have none. */
export async function parseValue(flag: Flag, text: string): Promise<Parsed<unknown>> {
  const wrong = { problem: `found ${quote(text)}, allowed is ${allowedBy(flag)}` };
  const checked = (value: unknown): Parsed<unknown> => (value === null ? wrong : { value });
  switch (flag.kind) {
    case "percent":
      return checked(percentOf(text));
    case "limits": {
      const limits = parseLimits(text);
      return limits === null ? wrong : checkedLimits(limits);
    }
    case "globs":
      return parseGlobs(text);
    case "regex":
      return parseRegex(text);
    case "choice":
      return checked(flag.choices?.includes(text) === true ? text : null);
    case "path":
    case "text":
      return checked(text === "" ? null : text);
    case "switch":
      return wrong;
  }
}
