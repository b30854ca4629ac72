import { expect, test } from "bun:test";
import { join } from "node:path";
import { RULE_KEYS } from "../../scripts/generate/man-config.ts";
import { COMMANDS, FLAGS } from "../../src/cli/args.ts";
import { RULE_SHAPES } from "../../src/cli/shapes.ts";

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

test.skipIf(!hasMandoc).each(["bustd.8", "bustd.toml.5"])(
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
});

test("bustd.toml(5) tells of exactly the keys that a rule understands", () => {
  expect(Object.keys(RULE_KEYS).toSorted()).toEqual(Object.keys(RULE_SHAPES).toSorted());
});
