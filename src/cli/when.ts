import type { Comparison, Condition, Metric } from "../model/options.ts";
import type { Parsed } from "./amounts.ts";
import { nearest } from "./nearest.ts";
import { quote } from "./quote.ts";

const METRICS: readonly Metric[] = ["mem", "swap", "psi.some", "psi.full", "psi.avg10", "scarce"];
const OPERATORS = ["<=", ">=", "<", ">"] as const;

interface Word {
  readonly text: string;
  readonly at: number;
}

/**
 * Reads one line of `when`: comparisons joined by `and`, each a name of the reading, an operator
 * and a percentage; `scarce` may stand alone. A problem points at the character.
 */
export function parseWhen(text: string): Parsed<Condition> {
  const words = text
    .matchAll(/[<>=!]+|[\p{L}\p{N}_.]+|\S/gu)
    .map((match): Word => ({ text: match[0], at: match.index }))
    .toArray();
  const end: Word = { text: "", at: text.length };
  const allOf: Comparison[] = [];
  let next = 0;
  for (;;) {
    const read = comparisonAt(words, next, end);
    if ("problem" in read) {
      return read;
    }
    allOf.push(read.value.comparison);
    next = read.value.next;
    const joint = words[next];
    if (joint === undefined) {
      return { value: { text: allOf.map(textOf).join(" and "), allOf } };
    }
    if (joint.text !== "and") {
      const alternative = joint.text === "or" ? "; write an alternative as a line of its own" : "";
      return expected("and, or the end", joint, alternative);
    }
    next++;
  }
}

interface Read {
  readonly comparison: Comparison;
  readonly next: number;
}

function comparisonAt(words: readonly Word[], start: number, end: Word): Parsed<Read> {
  const name = words[start] ?? end;
  const metric = METRICS.find((known) => known === name.text);
  if (metric === undefined) {
    const near = nearest(name.text, METRICS);
    const hint = near === null || name === end ? "" : `; did you mean ${near}?`;
    return expected(`one of ${METRICS.join(", ")}`, name, hint);
  }
  const sign = words[start + 1] ?? end;
  if (metric === "scarce" && (sign === end || sign.text === "and")) {
    return { value: { comparison: { metric, operator: ">=", value: 1 }, next: start + 1 } };
  }
  const operator = OPERATORS.find((known) => known === sign.text);
  if (operator === undefined) {
    return expected("one of <, <=, >, >=", sign);
  }
  const number = words[start + 2] ?? end;
  const value = /^\d+(\.\d+)?$/.test(number.text) ? Number(number.text) : Number.NaN;
  if (!(value <= 100)) {
    return expected("a number from 0 to 100", number);
  }
  const percent = words[start + 3]?.text === "%" ? 1 : 0;
  return { value: { comparison: { metric, operator, value }, next: start + 3 + percent } };
}

function expected(what: string, { text, at }: Word, hint = ""): { problem: string; at: number } {
  const found = text === "" ? "the end" : quote(text);
  return { problem: `found ${found} at character ${at + 1}, allowed is ${what}${hint}`, at };
}

function textOf({ metric, operator, value }: Comparison): string {
  return `${metric} ${operator} ${value}`;
}
