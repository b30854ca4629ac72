import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ABOUT } from "../../scripts/release/packages.ts";
import packageJson from "../../package.json";

const ROOT = join(import.meta.dir, "../..");
/** Others' words: licences, and the notices made of them. */
const OTHERS = /licenses\/|NOTICES/;
/** Words for a kill that nobody would search a log or a page for. */
const MURKY =
  /\b(ends?|ended|ending) (the|this|whom|somebody|nobody|other|right|processes)|whom it/i;

const texts = [
  ...[...new Bun.Glob("packaging/**/*").scanSync(ROOT)]
    .filter((path) => !OTHERS.test(path))
    .map((path) => [path, readFileSync(join(ROOT, path), "utf8")] as const),
  ["README.md", readFileSync(join(ROOT, "README.md"), "utf8")] as const,
  ["package.json", packageJson.description] as const,
  ["packages", `${ABOUT.summary}\n${ABOUT.description}`] as const,
];

test("a kill is called a kill, wherever people read of it", () => {
  const lines = texts.flatMap(([path, text]) =>
    text.split("\n").flatMap((line) => (MURKY.test(line) ? [`${path}: ${line.trim()}`] : [])),
  );
  expect(texts.length).toBeGreaterThan(30);
  expect(lines).toEqual([]);
});
