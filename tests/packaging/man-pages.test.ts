import { expect, test } from "bun:test";
import { join } from "node:path";
import { LINES } from "../../scripts/generate/man-bustd-use.ts";
import { HOOK_KEYS, VARIABLES } from "../../scripts/generate/man-bustd-announce.ts";
import { RULE_KEYS } from "../../scripts/generate/man-config.ts";
import { PARTS } from "../../scripts/generate/man-rules.ts";
import { RULE_TEXTS } from "../../scripts/generate/rules/deciding.ts";
import { SAMPLES } from "../../scripts/generate/samples.ts";
import { COMMANDS, FLAGS } from "../../src/cli/args.ts";
import { HOOK_SHAPES, RULE_SHAPES } from "../../src/cli/shapes.ts";
import { environmentOf } from "../../src/commands/happenings.ts";
import { EVERY_RULE } from "../../src/policy/rules.ts";
import { aKill } from "../helpers/announced.ts";

const DIRECTORY = join(import.meta.dir, "../../packaging/man");
const hasMandoc = Bun.which("mandoc") !== null;
const without = hasMandoc ? "" : " (left out: no mandoc here)";

/** What mandoc says, but for pages of other programs, or ours, that are not installed here. */
function lint(name: string): string[] {
  const { stdout, stderr } = Bun.spawnSync(["mandoc", "-T", "lint", join(DIRECTORY, name)]);
  return `${stdout.toString()}${stderr.toString()}`
    .split("\n")
    .filter((line) => line !== "" && !/referenced manual not found|outdated mandoc.db/.test(line));
}

test.skipIf(!hasMandoc).each(["bustd.8", "bustd.toml.5", "bustd-recorder.5", "bustd-rules.7"])(
  `mandoc finds nothing wrong with %s${without}`,
  (name) => expect(lint(name)).toEqual([]),
);

test.skipIf(!hasMandoc)(`bustd(8) shows every flag and command as typed${without}`, () => {
  const shown = Bun.spawnSync(["mandoc", "-T", "ascii", join(DIRECTORY, "bustd.8")]);
  // A bold letter is printed twice with a backspace between.
  const text = shown.stdout
    .toString()
    .split(/[^\b]?[\b]/)
    .join("");
  const names = [...FLAGS.map(({ name }) => `--${name}`), ...COMMANDS.map(({ name }) => name)];
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
  // Each is optional for itself: none stands within another's brackets.
  expect(text).not.toMatch(/\[[^\]]*\[-/);
});

test("bustd.toml(5) tells of exactly the keys that a rule understands", () => {
  expect(Object.keys(RULE_KEYS).toSorted()).toEqual(Object.keys(RULE_SHAPES).toSorted());
});

test("bustd.toml(5) tells of exactly the keys that a hook understands, and what it gets", () => {
  expect(Object.keys(HOOK_KEYS).toSorted()).toEqual(Object.keys(HOOK_SHAPES).toSorted());
  const teller = { userOf: String, timeOf: String };
  const env = environmentOf("killed", aKill(), teller);
  expect(Object.keys(VARIABLES).toSorted()).toEqual(Object.keys(env).toSorted());
});

test("bustd-rules(7) explains exactly the rules that there are, in their order", () => {
  expect(Object.keys(RULE_TEXTS)).toEqual(EVERY_RULE.map(({ name }) => name));
});

test("bustd-rules(7) explains parts of the line that it shows, in their order", () => {
  let at = 0;
  for (const [part] of PARTS) {
    const [start = ""] = part.split("…");
    expect(SAMPLES.killing.slice(at)).toContain(start);
    at = SAMPLES.killing.indexOf(start, at) + start.length;
  }
});

test("bustd(8) tells of lines as they begin in the log", () => {
  const lines: readonly string[] = Object.values(SAMPLES);
  const isPrinted = (start: string) => lines.some((line) => line.startsWith(start));
  expect(LINES.filter(([start]) => !isPrinted(start))).toEqual([]);
  expect(lines.filter((line) => !LINES.some(([start]) => line.startsWith(start)))).toEqual([
    SAMPLES.dryWatching,
  ]);
});
