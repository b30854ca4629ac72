import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { importEarlyoom } from "../../src/cli/import-earlyoom.ts";
import { importNohang } from "../../src/cli/import-nohang.ts";
import { importSettings } from "../../src/cli/import.ts";
import { surroundings, understood } from "../helpers/imported.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

describe("import", () => {
  const files = paperSurroundings({
    "/etc/default/earlyoom": 'EARLYOOM_ARGS="-m 7"',
    "/here/README.md": "# About\n\nIt is called nohang.\n",
    "/here/nohang.conf": "psi_checking_enabled = False",
  });

  test.each([
    [["earlyoom"], "mem = [7, 3.5]"],
    [["earlyoom", "/etc/default/earlyoom"], "mem = [7, 3.5]"],
    [["earlyoom", "-m", "8"], "mem = [8, 4]"],
    [["earlyoom", "-m8"], "mem = [8, 4]"],
    [["earlyoom", "--", "-m", "8"], "mem = [8, 4]"],
    [["earlyoom", "--", "-gm8", "-s100"], "swap = [100, 50]"],
    [["earlyoom", "--"], "psi = 0"],
    [["nohang", "nohang.conf"], "psi = 0"],
  ])("%j prints %s", (words, line) => {
    const commandLine = importSettings(words, files);
    expect(commandLine.kind === "print" && commandLine.text.split("\n").includes(line)).toBe(true);
  });

  test.each([
    [[], 2, 'import takes earlyoom or nohang, but was given ""'],
    [["x"], 2, 'import takes earlyoom or nohang, but was given "x"'],
    [["nohang"], 2, "import nohang takes one file, such as /etc/nohang/nohang-desktop.conf"],
    [["nohang", "no"], 1, "/here/no: cannot be read: there is no such file"],
    [["earlyoom", "-m", "foo"], 1, "-m foo: no percentages"],
    [["earlyoom", "--", "no"], 1, "no: earlyoom takes no such word"],
    [
      ["nohang", "README.md"],
      1,
      "/here/README.md: no configuration of nohang's: it sets none of its keys",
    ],
    [["earlyoom", "no"], 1, "/here/no: cannot be read: there is no such file"],
  ])("%j: exit code %d, %s", (words, exitCode, sentence) => {
    const expected = { kind: "problems", sentences: [sentence], exitCode };
    expect<unknown>(importSettings(words, files)).toEqual(expected);
  });

  test("whatever is imported is understood", async () => {
    const part = fc.oneof(
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.constantFrom("-m", "-S", "--prefer", "--avoid=", "'", '"', "\n", "5,3", "[", "-gd"),
    );
    const line = fc
      .tuple(
        fc.constantFrom(
          "soft_threshold_min_mem =",
          "psi_checking_enabled=",
          "@BADNESS_ADJ_RE_NAME",
        ),
        fc.constantFrom("5 %", "1 M", "True", "3 /// a", "-9 /// '\"", "-99999 /// \u0001", "///"),
      )
      .map((words) => words.join(" "));
    await fc.assert(
      fc.asyncProperty(fc.array(part), fc.array(line), async (args, lines) => {
        await understood(importEarlyoom(args, surroundings).toml);
        await understood(importNohang("/f", lines.join("\n"), surroundings).toml);
      }),
      { numRuns: 500 },
    );
  });
});
