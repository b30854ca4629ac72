import { describe, expect, test } from "bun:test";
import { importEarlyoom } from "../../src/cli/import-earlyoom.ts";
import type { Settings } from "../../src/cli/settings.ts";
import { shellWords } from "../../src/cli/shell-words.ts";
import { limits, rowOf, sizes, understood } from "../helpers/imported.ts";

/** Comments on what earlyoom itself does not take. */
const WRONG = new Set([
  "earlyoom 1.9 has no such flag",
  "earlyoom takes no such word",
  "its value is missing",
  "no percentages",
  "neither a size in KiB nor two",
]);

/** Words that are no puzzle. */
function wordsOf(text: string): readonly string[] {
  const words = shellWords(text);
  return "words" in words ? words.words : [words.problem];
}

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
    ["-m 10 -M 1048576", { mem: limits(10, 5), "mem-size": sizes(1_048_576, 524_288) }],
    ["-M 838860,83886", { "mem-size": sizes(838_860, 83_886) }],
    ["-M 2097152 -s 100", { "mem-size": sizes(2_097_152, 1_048_576), swap: limits(100, 50) }],
    ["-S 209715", { "swap-size": sizes(209_715, 104_857) }],
    ["-M 5,9", { "mem-size": sizes(9, 9) }],
    ["-w 5", { "kill-after": 5000 }],
    ["-w 0", { "kill-after": 0 }],
    ["-s 100", { swap: limits(100, 50) }],
    ["-g", { "kill-pgroup": true }],
    ["-d --dryrun --sort-by-rss", { verbose: true, "dry-run": true, "sort-by-rss": true }],
    ["--debug --ignore-root-user", { verbose: true, "ignore-root-user": true }],
    ["-g -g -m 5 -m 6", { "kill-pgroup": true, mem: limits(6, 3) }],
  ])("%s", async (args, expected) => {
    const settings = await understood(importEarlyoom(wordsOf(args)).toml);
    const always = { psi: 0, "default-rules": false, "kill-after": 10_000, rule: [] };
    expect(settings).toEqual({ ...always, ...expected });
  });

  test("regular expressions are kept as they are", async () => {
    const args = `--avoid '(^|/)(init|X|sshd|firefox)$' --prefer "^it's" --ignore=^gnome-co$`;
    const { avoid, prefer, ignore } = await understood(importEarlyoom(wordsOf(args)).toml);
    expect([avoid?.source, prefer?.source, ignore?.source]).toEqual([
      "(^|/)(init|X|sshd|firefox)$",
      "^it's",
      "^gnome-co$",
    ]);
  });

  test("the last of two holds", async () => {
    const { toml } = importEarlyoom(["--prefer", "a", "--prefer=b"]);
    expect((await understood(toml)).prefer?.source).toBe("b");
    expect(rowOf(toml, "--prefer a")).toBe("# --prefer a: given again below");
  });

  test.each([
    [["-r", "60"], "-r 60", "no counterpart"],
    [["-p"], "-p", "no counterpart"],
    [["-n"], "-n", "no counterpart needed; a notice is left for the user"],
    [["-N", "a"], "-N a", "lost: a hook takes an absolute path"],
    [["-P", "/a"], "-P /a", "lost: no program is run before a kill"],
    [["--syslog"], "--syslog", "no counterpart"],
    [["--kernel-oom"], "--kernel-oom", "lost: bustd kills processes itself"],
    [["-k"], "-k", "does nothing in earlyoom either"],
    [["-i"], "-i", "does nothing in earlyoom either"],
    [["-v"], "-v", "earlyoom only prints its version with this"],
    [["-Z"], "-Z", "earlyoom 1.9 has no such flag"],
    [["x\ny"], "x\\x0ay", "earlyoom takes no such word"],
    [["-m"], "-m", "its value is missing"],
    [["-m", "x"], "-m x", "no percentages"],
    [["-m", "0"], "-m 0", "no percentages"],
    [["-M", "x"], "-M x", "neither a size in KiB nor two"],
    [["-M", "1M"], "-M 1M", "neither a size in KiB nor two"],
    [["--prefer", "(a)\\1"], "--prefer (a)\\1", "lost: back-references cannot be used at"],
    [["--prefer", "*a"], "--prefer *a", "lost: earlyoom refuses it too: nothing to repeat at"],
    [["--avoid", "^systemd-journald$"], "--avoid ^systemd-journald$", "lost: "],
    [["--ignore", ""], "--ignore ", "left out: it matches everybody, and nobody could be killed"],
    [["--avoid", "."], "--avoid .", "left out: it matches everybody, and changes nothing"],
  ])("%j leaves a comment", async (args, from, comment) => {
    const { lost, problems, toml } = importEarlyoom(args);
    await understood(toml);
    expect(rowOf(toml, from)).toStartWith(`# ${from}: ${comment}`);
    // What earlyoom itself does not take is a problem, what bustd has not is a loss or nothing.
    const isWrong = WRONG.has(comment);
    expect(problems).toEqual(isWrong ? [`${from}: ${comment}`] : []);
    const isLost = comment.startsWith("lost") || comment.endsWith("nobody could be killed");
    expect(lost.map((sentence) => sentence.startsWith(`${from}: ${comment}`))).toEqual(
      isLost ? [true] : [],
    );
  });

  test("-N becomes a hook, and what is different for it is said", async () => {
    const { lost, toml, warnings } = importEarlyoom(["-N", "/opt/a b"]);
    expect((await understood(toml)).hook).toMatchObject([
      { on: ["killed"], run: ["/opt/a b"], timeoutMs: 30_000, uid: null },
    ]);
    expect(lost).toEqual([]);
    expect(warnings).toEqual([
      "-N /opt/a b: in place of EARLYOOM_PID, _UID and _NAME it gets BUSTD_PID, _UID and _COMM, " +
        "and on standard input all that is known as JSON; no command line",
    ]);
  });

  test.each([
    [["-M", "2097152"], "acts at 2 GiB of available memory"],
    [["-M", "409600"], "acts at 400 MiB of available memory"],
    [["-S", "1048576"], "acts at 1 GiB of free swap"],
  ])("%j says in words what it is", (args, comment) => {
    expect(rowOf(importEarlyoom(args).toml, args.join(" "))).toStartWith(
      `# ${args.join(" ")}: ${comment}\n`,
    );
  });

  // POSIX extended expressions with GNU's additions, in ours.
  test.each([
    ["(^|/)(cc1|g++|music)$", "(^|/)(cc1|(g+)+|music)$", "++ means one or more, as of any letter"],
    ["\\<sway\\>|java\\b", "\\<sway\\>|java\\b", ""],
    ["(code){,2}x", "(code){,2}x", ""],
    ["[]x]y", "[]x]y", ""],
    ["[\\w]z", "[\\\\w]z", ""],
    ["X[[:alnum:]_]*", "X[[:alnum:]_]*", ""],
    ["a+?b", "(a+)?b", ""],
    ["a{2}{3}", "(a{2}){3}", ""],
    ["python\\d", "pythond", "\\d is the letter d to earlyoom, and so it is here"],
    ["[[=a=]b]c", "[ab]c", ""],
  ])("%s becomes %s", async (source, expected, comment) => {
    const { lost, toml } = importEarlyoom(["--prefer", source]);
    expect((await understood(toml)).prefer?.source).toBe(expected);
    expect(lost).toEqual([]);
    const head = `# --prefer ${source}${comment === "" ? "" : `: ${comment}`}\n`;
    expect(rowOf(toml, `--prefer ${source}`)).toStartWith(head);
  });

  // earlyoom's testsuite_unit_test.go, TestParseTuple.
  test.each([
    ["5,9", 9, 9],
    ["0,5", 5, 5],
    ["1.1,1.2", 1.2, 1.2],
  ])(
    "-m %s: a soft limit below the hard one is raised, and that is said",
    async (text, soft, hard) => {
      const { problems, toml } = importEarlyoom(["-m", text]);
      expect((await understood(toml)).mem).toEqual(limits(soft, hard));
      expect(problems).toEqual([]);
      expect(toml).toContain(`# -m ${text}: earlyoom raises SIGTERM's limit to SIGKILL's\n`);
    },
  );
});
