import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { importEarlyoom } from "../../src/cli/import-earlyoom.ts";
import { importNohang } from "../../src/cli/import-nohang.ts";
import { importSettings } from "../../src/cli/import.ts";
import { understood } from "../helpers/imported.ts";
import { paperSurroundings, rootFile } from "../helpers/paper-surroundings.ts";

describe("import", () => {
  const files = paperSurroundings({
    "/etc/default/earlyoom": 'EARLYOOM_ARGS="-m 7"',
    "/here/README.md": "# About\n\nIt is called nohang.\n",
    "/here/nohang.conf": "psi_checking_enabled = False",
    "/here/none.default": "#EARLYOOM_ARGS='-m 5'\n",
    "/here/latin1.default": rootFile("EARLYOOM_ARGS=-m 5 # \ufffd", {
      notUtf8: { line: 1, column: 23 },
    }),
    "/here/huge.conf": "#".repeat(70_000),
    "/here/pipe": { kind: "unreadable", reason: "it is a pipe" },
    "/here/unit":
      "[Service]\nEnvironmentFile=/etc/default/earlyoom\nExecStart=earlyoom $EARLYOOM_ARGS",
  });

  test.each([
    [["earlyoom"], "mem = [7, 3.5]"],
    [["earlyoom", "/etc/default/earlyoom"], "mem = [7, 3.5]"],
    [["earlyoom", "-m", "8"], "mem = [8, 4]"],
    [["earlyoom", "-m8"], "mem = [8, 4]"],
    [["earlyoom", "--", "-m", "8"], "mem = [8, 4]"],
    [["earlyoom", "-m 8 -s 100"], "swap = [100, 50]"],
    [["earlyoom", "--prefer=(^|/)(Web Content|x)$"], "prefer = '(^|/)(Web Content|x)$'"],
    [["earlyoom", "--", "-gm8", "-s100"], "swap = [100, 50]"],
    [["earlyoom", "--"], "psi = 0"],
    [["nohang", "nohang.conf"], "psi = 0"],
    [["earlyoom", "unit"], "mem = [7, 3.5]"],
  ])("%j prints %s", (words, line) => {
    const commandLine = importSettings(words, files);
    expect(commandLine.kind === "print" && commandLine.text.split("\n").includes(line)).toBe(true);
  });

  test.each([
    [[], 2, "import needs a program: bustd import earlyoom, or bustd import nohang FILE"],
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
    [
      ["earlyoom", "none.default"],
      1,
      "/here/none.default: no arguments of earlyoom's found: no EARLYOOM_ARGS=, no ExecStart=, " +
        "and no line that runs it; give them by hand: bustd import earlyoom -- ARGUMENTS",
    ],
    [
      ["earlyoom", "latin1.default"],
      1,
      "/here/latin1.default:1:23: not UTF-8: save it in that encoding",
    ],
    [["nohang", "huge.conf"], 1, "/here/huge.conf: cannot be read: it is larger than 64 KiB"],
    [["nohang", "pipe"], 1, "/here/pipe: cannot be read: it is a pipe"],
  ])("%j: exit code %d, %s", (words, exitCode, sentence) => {
    const expected = { kind: "problems", sentences: [sentence], exitCode };
    expect<unknown>(importSettings(words, files)).toEqual(expected);
  });

  test("what cannot be carried over is said, beside all that can, with exit code 1", () => {
    expect(
      importSettings(["earlyoom", "-m", "8", "--avoid", "(a)\\1", "-N", "/x"], files),
    ).toMatchObject({
      kind: "print",
      text: expect.stringContaining("mem = [8, 4]\n"),
      warnings: [
        "--avoid (a)\\1: lost: back-references cannot be used at character 4",
        "-N /x: in place of EARLYOOM_PID, _UID and _NAME it gets BUSTD_PID, _UID and _COMM, and " +
          "on standard input all that is known as JSON; no command line",
      ],
      exitCode: 1,
    });
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
        await understood(importEarlyoom(args).toml);
        await understood(importNohang("/f", lines.join("\n")).toml);
      }),
      { numRuns: 500 },
    );
  });
});
