/** What the checks of packages look for in the log is what the log says. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SAMPLES } from "../../scripts/generate/samples.ts";
import type { Event } from "../../src/model/event.ts";
import { sentenceOf } from "../../src/report/sentences.ts";

const ROOT = join(import.meta.dir, "../..");
const EVENTS: readonly Event[] = [
  { kind: "locked", how: "all", kib: 0 },
  { kind: "trigger", stallMs: 70, windowMs: 1000 },
  { kind: "reloading" },
];
/** What is said once by another room: `commands/start.ts` of a broken file. */
const OTHERS = ["the configuration is broken: the old one stays in force"];
const LOG = [...Object.values(SAMPLES), ...EVENTS.map((event) => sentenceOf(event).text), ...OTHERS]
  .join("\n")
  .replaceAll("leaky", "tail");

/** Texts that a script looks for in a log: of `logs`, `logged`, and of `grep` in a file of logs. */
function askedFor(script: string): string[] {
  const patterns = [/\blog(?:s|ged) "([^"$]+)"/g, /\bgrep -q\w* "([^"$]+)" \/var\/log/g];
  return patterns.flatMap((pattern) => [...script.matchAll(pattern)].map(([, text = ""]) => text));
}

test("checks ask the log for what it says", () => {
  const asked = [...new Bun.Glob("scripts/check-*/*.sh").scanSync(ROOT)].flatMap((path) =>
    askedFor(readFileSync(join(ROOT, path), "utf8")),
  );
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((text) => !new RegExp(text.replaceAll(/[()]/g, "\\$&")).test(LOG))).toEqual(
    [],
  );
});
