/** What became of stories, as cells of a table. */
import type { Outcome } from "../../tests/vm/judge.ts";
import { printable } from "../../tests/vm/play.ts";
import { median } from "./table.ts";

/** Milliseconds as seconds. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 9950 ? 2 : 1);
}

/** The median in seconds; "never" when it did not happen in half of the runs or more. */
export function medianSeconds(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const middle = median(known);
  return middle === null || known.length * 2 <= values.length ? "never" : seconds(middle);
}

/** "2 hog by daemon": several lines of a group become one. */
export function whoDied({ result }: Outcome): string {
  const counts = new Map<string, number>();
  for (const { name, by } of result.deaths) {
    const text = `${name} by ${by}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const parts = [...counts].map(([text, count]) => (count > 1 ? `${count} ${text}` : text));
  return printable(parts.join(", ") || "-");
}
