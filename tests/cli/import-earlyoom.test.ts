import { describe, expect, test } from "bun:test";
import { importEarlyoom } from "../../src/cli/import-earlyoom.ts";
import type { Settings } from "../../src/cli/settings.ts";
import { shellVariable, shellWords } from "../../src/cli/shell-words.ts";
import { limits, rowOf, surroundings, understood } from "../helpers/imported.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

/** Comments on what earlyoom itself does not take. */
const WRONG = new Set([
  "earlyoom 1.9 has no such flag",
  "earlyoom takes no such word",
  "its value is missing",
  "no percentages",
  "neither a size in KiB nor two",
]);

describe("earlyoom", () => {
  // Its default files of 1.7 and 1.9, and the examples of its manual page.
  test.each<[string, Partial<Settings>]>([
    ["", {}],
    ["-r 3600", {}],
    ["-r 0", {}],
    ["-r 1", {}],
    ["-m 5", { mem: limits(5, 2.5) }],
    ["-m 15 -s 5", { mem: limits(15, 7.5), swap: limits(5, 2.5) }],
    ["-m 30", { mem: limits(30, 15) }],
    ["-m 20,18", { mem: limits(20, 18) }],
    ["-m 10 -M 1048576", { mem: limits(10, 5) }],
    ["-m 20 -M 1048576", { mem: limits(12.5, 6.25) }],
    ["-M 838860,83886", { mem: limits(10, 1) }],
    ["-S 209715", { swap: limits(10, 5) }],
    ["-s 100", { swap: limits(100, 50) }],
    ["-g", { "kill-pgroup": true }],
    ["-d --dryrun --sort-by-rss", { verbose: true, "dry-run": true, "sort-by-rss": true }],
    ["--debug --ignore-root-user", { verbose: true, "ignore-root-user": true }],
    ["-g -g -m 5 -m 6", { "kill-pgroup": true, mem: limits(6, 3) }],
  ])("%s", async (args, expected) => {
    const settings = await understood(importEarlyoom(shellWords(args), surroundings).toml);
    expect(settings).toEqual({ psi: 0, "default-rules": false, rule: [], ...expected });
  });

  test("regular expressions are kept as they are", async () => {
    const args = `--avoid '(^|/)(init|X|sshd|firefox)$' --prefer "^it's" --ignore=^gnome-co$`;
    const { avoid, prefer, ignore } = await understood(
      importEarlyoom(shellWords(args), surroundings).toml,
    );
    expect([avoid?.source, prefer?.source, ignore?.source]).toEqual([
      "(^|/)(init|X|sshd|firefox)$",
      "^it's",
      "^gnome-co$",
    ]);
  });

  test("the last of two holds", async () => {
    const { toml } = importEarlyoom(["--prefer", "a", "--prefer=b"], surroundings);
    expect((await understood(toml)).prefer?.source).toBe("b");
    expect(rowOf(toml, "--prefer a")).toBe("# --prefer a: given again below");
  });

  test.each([
    [["-r", "60"], "-r 60", "no counterpart"],
    [["-p"], "-p", "no counterpart"],
    [["-w", "5"], "-w 5", "no counterpart"],
    [["-n"], "-n", "no counterpart"],
    [["-N", "/a b"], "-N /a b", "no counterpart"],
    [["-P", "/a"], "-P /a", "no counterpart"],
    [["--syslog"], "--syslog", "no counterpart"],
    [["--kernel-oom"], "--kernel-oom", "no counterpart"],
    [["-k"], "-k", "does nothing in earlyoom either"],
    [["-i"], "-i", "does nothing in earlyoom either"],
    [["-v"], "-v", "earlyoom only prints its version with this"],
    [["-Z"], "-Z", "earlyoom 1.9 has no such flag"],
    [["x\ny"], "x\\x0ay", "earlyoom takes no such word"],
    [["-m"], "-m", "its value is missing"],
    [["-m", "x"], "-m x", "no percentages"],
    [["-M", "x"], "-M x", "neither a size in KiB nor two"],
    [["--prefer", "\\bx"], "--prefer \\bx", "lost: word boundaries cannot be used at character 1"],
  ])("%j leaves a comment", async (args, from, comment) => {
    const { problems, toml } = importEarlyoom(args, surroundings);
    await understood(toml);
    expect(rowOf(toml, from)).toStartWith(`# ${from}: ${comment}`);
    // What earlyoom itself does not take is a problem, what bustd has not is none.
    const isWrong = WRONG.has(comment);
    expect(problems).toEqual(isWrong ? [`${from}: ${comment}`] : []);
  });

  test("a limit on swap is no mistake where there is no swap", () => {
    const { problems, toml } = importEarlyoom(["-S", "1024"], paperSurroundings());
    expect(problems).toEqual([]);
    expect(rowOf(toml, "-S 1024")).toBe("# -S 1024: cannot be made a percentage; left out");
  });

  // earlyoom's testsuite_unit_test.go, TestParseTuple.
  test.each([
    ["5,9", 9, 9],
    ["0,5", 5, 5],
    ["1.1,1.2", 1.2, 1.2],
  ])(
    "-m %s: a soft limit below the hard one is raised, and that is said",
    async (text, soft, hard) => {
      const { problems, toml } = importEarlyoom(["-m", text], surroundings);
      expect((await understood(toml)).mem).toEqual(limits(soft, hard));
      expect(problems).toEqual([]);
      expect(toml).toContain(`# -m ${text}: earlyoom raises SIGTERM's limit to SIGKILL's\n`);
    },
  );

  test.each([
    ['EARLYOOM_ARGS="-r 3600"', ["-r", "3600"]],
    ['# EARLYOOM_ARGS="-m 1"\nEARLYOOM_ARGS=-m\\ 5\n', ["-m", "5"]],
    ["EARLYOOM_ARGS=\"--avoid '(^|/)(X)$'\"", ["--avoid", "(^|/)(X)$"]],
    ["EARLYOOM_ARGS='-m 5'\nEARLYOOM_ARGS='-m 6 \\\n -s 7'", ["-m", "6", "\n", "-s", "7"]],
    ["", []],
  ])("a file of shell variables: %j", (text, args) => {
    const words = shellWords(shellVariable(text, "EARLYOOM_ARGS") ?? "");
    expect(words).toEqual(args.filter((word) => word !== "\n"));
  });
});
