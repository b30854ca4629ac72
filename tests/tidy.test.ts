import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  bannedWords,
  circularImports,
  deadFiles,
  forbiddenImports,
  longFiles,
  longFunctions,
  type SourceFile,
} from "./helpers/tidy.ts";

const ROOT = join(import.meta.dir, "..");
/** The rules' own words would break the rules. */
const RULES = new Set(["tests/tidy.test.ts", "tests/helpers/tidy-rules.ts"]);

const project: readonly SourceFile[] = [
  ...new Bun.Glob("{src,tests,scripts}/**/*.ts").scanSync(ROOT),
]
  .toSorted()
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
const ours = project.filter(({ path }) => !RULES.has(path));
const code = ours.filter(({ path }) => !path.startsWith("tests/"));

describe("this project", () => {
  test("imports as the table of rooms allows", () => expect(forbiddenImports(code)).toEqual([]));
  test("has no circular imports", () => expect(circularImports(project)).toEqual([]));
  test("has no dead file", () => expect(deadFiles(project)).toEqual([]));
  test("has no long file and no wide line", () => expect(longFiles(project)).toEqual([]));
  test("has no long function", () => expect(longFunctions(code)).toEqual([]));
  test("has no banned word", () => expect(bannedWords(ours)).toEqual([]));
  test("was really looked at", () => expect(code.length).toBeGreaterThan(20));
});

/** A project of planted files. */
function planted(files: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(files).map(([path, text]) => ({ path, text }));
}

describe("the table of rooms", () => {
  const rows: readonly (readonly [string, string, string | null])[] = [
    [
      "src/model/a.ts",
      'import type { S } from "../sys/sys.ts";',
      "model may not import ../sys/sys.ts",
    ],
    [
      "src/policy/a.ts",
      'import { r } from "../readings/b.ts";',
      "policy may not import ../readings/b.ts",
    ],
    [
      "src/policy/a.ts",
      'import type { S } from "../sys/sys.ts";',
      "policy may not import ../sys/sys.ts",
    ],
    [
      "src/readings/a.ts",
      'import { x } from "../sys/libc.ts";',
      "readings may not import ../sys/libc.ts",
    ],
    [
      "src/watch/a.ts",
      'import { p } from "../policy/b.ts";',
      "watch may not import ../policy/b.ts",
    ],
    [
      "src/crisis/a.ts",
      'import { p } from "../report/b.ts";',
      "crisis may not import ../report/b.ts",
    ],
    [
      "src/crisis/a.ts",
      'import { p } from "../footprint/b.ts";',
      "crisis may not import ../footprint/b.ts",
    ],
    [
      "src/report/a.ts",
      'import { x } from "../crisis/b.ts";',
      "report may not import ../crisis/b.ts",
    ],
    ["src/policy/rules/a.ts", 'import { b } from "./b.ts";', "policy/rules may not import ./b.ts"],
    [
      "src/policy/rules/a.ts",
      'import { b } from "../../watch/b.ts";',
      "policy/rules may not import ../../watch/b.ts",
    ],
    [
      "src/daemon-state.ts",
      'import { b } from "./commands/b.ts";',
      "daemon-state.ts may not import ./commands/b.ts",
    ],
    ["src/cli/a.ts", 'import { s } from "../sys/linux.ts";', "cli may not import ../sys/linux.ts"],
    [
      "src/commands/a.ts",
      'import { d } from "../daemon.ts";',
      "commands may not import ../daemon.ts",
    ],
    ["src/daemon.ts", 'import "./main.ts";', "daemon.ts may not import ./main.ts"],
    ["src/crisis/a.ts", 'import { dlopen } from "bun:ffi";', "crisis may not import bun:ffi"],
    ["src/commands/a.ts", 'import { dlopen } from "bun:ffi";', "commands may not import bun:ffi"],
    ["src/sys/a.ts", 'import { readFileSync } from "node:fs";', "sys may not import node:fs"],
    ["src/report/plain.ts", 'import { x } from "consola";', "report may not import consola"],
    [
      "src/readings/a.ts",
      'const x = await import("../cli/b.ts");',
      "readings may not import ../cli/b.ts",
    ],
    [
      "src/model/a.ts",
      'export {\n  a,\n} from "../policy/b.ts";',
      "model may not import ../policy/b.ts",
    ],
    ["src/policy/a.ts", 'import type { R } from "../model/reading.ts";', null],
    ["src/policy/a.ts", 'import { b } from "./b.ts";', null],
    ["src/policy/rules.ts", 'import { b } from "./rules/b.ts";', null],
    ["src/policy/rules/a.ts", 'import { b } from "../course.ts";', null],
    ["src/crisis/a.ts", 'import type { Daemon } from "../daemon-state.ts";', null],
    ["src/footprint/a.ts", 'import { b } from "../crisis/b.ts";', null],
    ["src/watch/a.ts", 'import { Source } from "../sys/sys.ts";', null],
    ["src/cli/a.ts", 'import { g } from "../policy/glob.ts";', null],
    ["src/report/terminal.ts", 'import { x } from "consola";', null],
    ["src/commands/a.ts", 'import { openSync } from "node:fs";', null],
    ["src/main.ts", 'import { run } from "./daemon.ts";', null],
  ];

  test.each(rows)("%s: %s", (path, text, problem) => {
    const found = forbiddenImports(planted({ [path]: `\n${text}\n` }));
    const line = text.includes("\n") ? 4 : 2;
    expect(found).toEqual(problem === null ? [] : [`${path}:${line}: ${problem}`]);
  });

  test("a room that is not in it", () => {
    expect(forbiddenImports(planted({ "src/utils/a.ts": "" }))).toEqual([
      "src/utils/a.ts: there is no room utils in the table of tests/helpers/tidy-rules.ts",
    ]);
  });
});

test("a circle of imports is named", () => {
  const files = planted({
    "src/model/a.ts": 'import "./b.ts";',
    "src/model/b.ts": 'import type { C } from "./c.ts";',
    "src/model/c.ts": 'export { a } from "./a.ts";',
    "src/model/d.ts": 'import "./a.ts";',
  });
  expect(circularImports(files)).toEqual([
    "src/model/a.ts: imports itself in a circle: " +
      "src/model/a.ts -> src/model/b.ts -> src/model/c.ts -> src/model/a.ts",
  ]);
});

test("a file that nothing needs is dead, also when another dead one imports it", () => {
  const files = planted({
    "src/main.ts": 'const { a } = await import("./commands/a.ts");',
    "src/commands/a.ts": "",
    "src/model/b.ts": 'import "./c.ts";',
    "src/model/c.ts": "",
    "tests/b.test.ts": 'import "../src/model/b.ts";',
  });
  expect(deadFiles(files).map((line) => line.split(":")[0])).toEqual([
    "src/model/b.ts",
    "src/model/c.ts",
  ]);
});

test("long files and wide lines", () => {
  const files = planted({
    "src/model/ok.ts": `${"x\n".repeat(299)}${"é".repeat(100)}\n`,
    "src/model/long.ts": "x\n".repeat(301),
    "src/model/wide.ts": `\n${"x".repeat(101)}\n`,
  });
  expect(longFiles(files)).toEqual([
    "src/model/long.ts: 301 lines; at most 300, split it",
    "src/model/wide.ts:2: 101 columns; at most 100",
  ]);
});

function body(lines: number, indent: string): string {
  return `${indent}x;\n`.repeat(lines);
}

describe("long functions", () => {
  const heads: readonly (readonly [string, string, string])[] = [
    ["function a(): void {", "}", ""],
    ["export async function a(\n  b: string,\n): Promise<void> {", "}", ""],
    ["const a = (b: string) => {", "};", ""],
    ['test("a", () => {', "});", ""],
    ["class A {\n  protected a(b: string): void {", "  }\n}", "  "],
    ["class A {\n  #a(): void {", "  }\n}", "  "],
    ["const a = {\n  a(): void {", "  },\n};", "  "],
  ];

  test.each(heads)("%s", (head, tail, indent) => {
    const make = (lines: number) =>
      planted({ "src/a.ts": `${head}\n${body(lines, `${indent}  `)}${tail}\n` });
    const headLines = head.startsWith("export async") ? 3 : 1;
    expect(longFunctions(make(70 - 1 - headLines))).toEqual([]);
    const start = indent === "" ? 1 : 2;
    expect(longFunctions(make(70 - headLines))).toEqual([
      `src/a.ts:${start}: a function of 71 lines; at most 70`,
    ]);
  });

  test("a long if is not one", () => {
    expect(longFunctions(planted({ "src/a.ts": `if (x(y)) {\n${body(100, "  ")}}\n` }))).toEqual(
      [],
    );
  });
});

describe("banned words", () => {
  const rows: readonly (readonly [string, string, string | null])[] = [
    ["src/policy/a.ts", "console.log(1);", "console."],
    ["src/commands/a.ts", "console.log(1);", "console."],
    ["src/report/a.ts", "process.stderr.write(x);", "process.stderr"],
    ["src/daemon.ts", "setTimeout(f, 1);", "setTimeout"],
    ["src/readings/a.ts", "export async function f() {}", "async"],
    ["src/watch/a.ts", "const t = Date.now();", "Date"],
    ["src/crisis/a.ts", "const n = process.env.HOME;", "process.env"],
    ["src/start.ts", "await x;", "await"],
    ["src/footprint/a.ts", "Bun.gc(true);", "Bun.gc"],
    ["src/commands/a.ts", "process.exit(1);", "process.exit"],
    ["src/sys/files.ts", "const x = dlopen(name, table);", "dlopen"],
    ["src/cli/a.ts", "const x = y as any;", "as any"],
    ["scripts/a.ts", "// @ts-ignore", "@ts-ignore"],
    ["tests/a.ts", "// TODO: later", "TODO"],
    ["tests/a.ts", 'const p = "/home/anna/x";', "/home/"],
    ["tests/a.ts", 'test.only("x", f);', "test.only"],
    ["src/policy/a.ts", "// Nothing to await, no console, no Promise.", null],
    ["src/policy/a.ts", " * an async Date", null],
    ["src/report/terminal.ts", "await x;", null],
    ["src/main.ts", "process.exit(await main());", null],
    ["src/commands/a.ts", "process.stdout.write(await x);", null],
    ["tests/a.ts", "console.log(1);", null],
  ];

  test.each(rows)("%s: %s", (path, text, word) => {
    const found = bannedWords(planted({ [path]: `\n${text}\n` }));
    if (word === null) {
      expect(found).toEqual([]);
    } else {
      expect(found).toHaveLength(1);
      expect(found[0]).toStartWith(`${path}:2: ${word}: use `);
    }
  });
});
