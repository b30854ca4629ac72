import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EXE_NEEDS } from "../../src/cli/file-rule.ts";
import { importNohang } from "../../src/cli/import-nohang.ts";
import { matchesPattern } from "../../src/policy/pattern.ts";
import { limits, rowOf, sizes, understood } from "../helpers/imported.ts";

/** Its desktop configuration: all keys and rules, with their values. */
const NOHANG_DESKTOP = readFileSync(join(import.meta.dir, "nohang-desktop.conf"), "utf8");
/** Lines that say something, without the one that says where they come from. */
const LINES = NOHANG_DESKTOP.trim().split("\n").slice(1);
const RULES = LINES.filter((line) => line.startsWith("@"));

describe("nohang", () => {
  const { toml } = importNohang("/etc/nohang/nohang-desktop.conf", NOHANG_DESKTOP);

  test("its desktop configuration: every line is a setting, a rule or a comment", async () => {
    const settings = await understood(toml);
    const { rule, ...others } = settings;
    expect(others).toEqual({
      "default-rules": false,
      psi: 40,
      mem: limits(5, 2),
      swap: limits(10, 4),
      "oom-score-adj": "respect",
      verbose: false,
      warn: true,
      "kill-after": 10_000,
    });
    expect(RULES).toHaveLength(18);
    expect(rule?.map(({ effect }) => effect)).toEqual(
      RULES.map((line) => ({ kind: "points", points: Number(line.split(/ +/)[1]) })),
    );
    // What belongs to another line stands in that line's comment.
    const joined = [
      "hard_threshold_min_mem",
      "hard_threshold_min_swap",
      "soft_threshold_max_psi",
      "exe_timeout",
    ];
    for (const line of LINES) {
      const isJoined = joined.some((key) => line.startsWith(key));
      expect(rowOf(toml, line)).toStartWith(isJoined ? "nothing" : "# ");
    }
    expect(rowOf(toml, "soft_threshold_min_mem = 5 %")).toContain("with the hard threshold 2 %");
    expect(rowOf(toml, "psi_checking_enabled = True")).toContain("soft_threshold_max_psi = 40");
  });

  test.each(RULES.map((line, index) => [line, index] as const))("%s", async (line, index) => {
    const rule = (await understood(toml)).rule?.[index];
    const [head = "", pattern = ""] = line.split("  ///  ");
    const patterns = rule?.match[head.includes("_NAME") ? "comm" : "exe"] ?? [];
    const matches = (text: string) => patterns.some((one) => matchesPattern(one, text));
    const isWhole = pattern.endsWith("$");
    for (const text of pattern.replaceAll(/^\^\(?|\)?\$$/g, "").split("|")) {
      expect([text, matches(text), matches(`x${text}`)]).toEqual([text, true, false]);
      expect(matches(`${text}x`)).toBe(!isWhole);
    }
  });

  test("its other configuration: the same keys, no rules, pressure left alone", async () => {
    const plain = LINES.filter((line) => !line.startsWith("@"))
      .join("\n")
      .replace("psi_checking_enabled = True", "psi_checking_enabled = False");
    expect(await understood(importNohang("/f", plain).toml)).toMatchObject({
      psi: 0,
      mem: limits(5, 2),
      swap: limits(10, 4),
      rule: [],
    });
  });

  test("what has no counterpart is said so, by the reason", () => {
    const comments = toml.split("\n").filter((line) => line.includes("no counterpart"));
    const settings = 7;
    const joined = 4;
    expect(comments).toHaveLength(LINES.length - settings - RULES.length - joined);
    expect(toml).not.toContain("left out");
    expect(toml).not.toContain("lost");
  });

  const processes = { comm: "Web Content", exe: "/usr/lib/gdm3/x", cmdline: "a --type=renderer" };
  test.each([
    ["@BADNESS_ADJ_RE_NAME 200 /// ^Web Content$", "comm", "Web Content", 200],
    ["@BADNESS_ADJ_RE_REALPATH  -900  ///  ^/usr/lib/gdm3/", "exe", processes.exe, -900],
    ["@BADNESS_ADJ_RE_CMDLINE  200 /// --type=renderer", "cmdline", processes.cmdline, 200],
    [
      "@BADNESS_ADJ_RE_CMDLINE -200 /// ^/usr/lib/virtualbox",
      "cmdline",
      "/usr/lib/virtualbox",
      -200,
    ],
    ["@BADNESS_ADJ_RE_CGROUP_V1 50 ///  /foo\\.service$", "cgroup", "/a/foo.service", 50],
    ["@BADNESS_ADJ_RE_CGROUP_V2 100 /// ^/workload", "cgroup", "/workload/a", 100],
    ["@BADNESS_ADJ_RE_NAME 99999 /// x", "comm", "x", 2000],
  ] as const)("%s", async (line, key, text, points) => {
    const [rule] = (await understood(importNohang("/f", line).toml)).rule ?? [];
    expect(rule?.effect).toEqual({ kind: "points", points });
    expect(rule?.match[key]?.some((pattern) => matchesPattern(pattern, text))).toBe(true);
    expect(rule?.match[key]?.some((pattern) => matchesPattern(pattern, ""))).toBe(false);
  });

  test.each([
    ["@BADNESS_ADJ_RE_UID -100 /// ^0$", [0]],
    ["@BADNESS_ADJ_RE_UID -100 /// ^(0|1000)$", [0, 1000]],
  ])("%s", async (line, uids) => {
    const [rule] = (await understood(importNohang("/f", line).toml)).rule ?? [];
    expect(rule?.match).toEqual({ uids });
  });

  test.each([
    ["psi_checking_enabled = False", { psi: 0 }],
    ["ignore_positive_oom_score_adj = True", { "oom-score-adj": "discount-positive" }],
    ["soft_threshold_min_mem = 800 M", { mem: sizes(819_200, 409_600) }],
    [
      "soft_threshold_min_mem = 512M\nhard_threshold_min_mem = 256 M",
      { mem: sizes(524_288, 262_144) },
    ],
    [
      "soft_threshold_min_swap = 512 M\nhard_threshold_min_swap = 1 %",
      { swap: { softPercent: 100, hardPercent: 1, softKib: 524_288 } },
    ],
    ["soft_threshold_min_swap = 0 M\nhard_threshold_min_swap = 0 %", { swap: limits(0, 0) }],
    ["max_soft_exit_time = 2.5", { "kill-after": 2500 }],
    ["print_mem_check_results = True", { verbose: true }],
    ["low_memory_warnings_enabled = True", { warn: true }],
    ["low_memory_warnings_enabled = False", { warn: false }],
  ] as const)("%s", async (text, expected) => {
    expect(await understood(importNohang("/f", text).toml)).toMatchObject(expected);
  });

  test.each([
    ["@check_kmsg", "no counterpart"],
    ["post_kill_exe =", "no counterpart; none is named"],
    ["post_kill_exe = x", "lost: a hook takes an absolute path"],
    ["post_kill_exe = '/x", "lost: "],
    ["post_action_gui_notifications = True", "no counterpart needed; a notice is left"],
    ["warning_exe = x", "lost: a hook takes an absolute path"],
    ["warning_threshold_min_mem = 20 %", "no counterpart; bustd warns by the time that is left"],
    ["@BADNESS_ADJ_RE_CWD  200  ///  ^/srv/", "lost: the working directory"],
    ["@BADNESS_ADJ_RE_ENVIRON 100 /// USER=user", "lost: reading the environment"],
    ["@SOFT_ACTION_RE_NAME ^foo$ /// kill -USR1 $PID", "lost: bustd runs no commands"],
    ["@BADNESS_ADJ_RE_UID 5 /// ^1\\d+$", "lost: name the users by number"],
    ["@BADNESS_ADJ_RE_NAME 5 /// (?P<a>x)(?P=a)", "lost: back-references cannot be used"],
    ["@BADNESS_ADJ_RE_NAME 5 /// x(?=y)", "lost: looking ahead or behind cannot be used"],
    ["@BADNESS_ADJ_RE_NAME 5 /// (", "lost: nohang refuses it too: unterminated group"],
    [
      "@BADNESS_ADJ_RE_NAME 5 /// ^systemd-journald$",
      'lost: "^systemd-journald$" can match nothing',
    ],
    ["@BADNESS_ADJ_RE_NAME 5 /// .*", "left out: it matches everybody, and changes nothing"],
    ["@BADNESS_ADJ_RE_NAME 0 /// x", "0 points change nothing"],
    ["@BADNESS_ADJ_RE_NAME x /// x", "lost: not points /// pattern"],
    ["@BADNESS_ADJ_RE_NAMES 5 /// x", "nohang 0.3 has no such key; left out"],
    ["soft_threshold_min_mem = lots", "lost: not two amounts of % or M, the second no higher"],
    ["max_soft_exit_time = long", "lost: no number of seconds up to 600"],
    ["soft_threshold_max_psi = 40", "it says nothing without psi_checking_enabled; left out"],
    ["frobnicate = 1", "nohang 0.3 has no such key; left out"],
    ["constructor = 1", "nohang 0.3 has no such key; left out"],
  ])("%s leaves a comment", async (line, comment) => {
    const { lost, toml: imported } = importNohang("/f", line);
    await understood(imported);
    expect(rowOf(imported, line)).toStartWith(`# ${line}: ${comment}`);
    const isLost = comment.startsWith("lost") || line.startsWith("@BADNESS_ADJ_RE_NAMES");
    expect(lost.map((sentence) => sentence.startsWith(`${line}: ${comment}`))).toEqual(
      isLost ? [true] : [],
    );
  });

  test("warning_exe becomes a hook of warnings", async () => {
    const { hook } = await understood(importNohang("/f", "warning_exe = /opt/warn").toml);
    expect(hook).toMatchObject([{ on: ["warned"], run: ["/opt/warn"] }]);
  });

  test("post_kill_exe becomes a hook with its words and its limit", async () => {
    const text = "post_kill_exe = /opt/x -a 'b c' $PID\nexe_timeout = 20";
    const imported = importNohang("/f", text);
    expect((await understood(imported.toml)).hook).toMatchObject([
      { on: ["killed"], run: ["/opt/x", "-a", "b c", "$PID"], timeoutMs: 20_000 },
    ]);
    expect(imported.warnings).toEqual([
      "post_kill_exe = /opt/x -a 'b c' $PID: what happened is in BUSTD_PID, BUSTD_COMM and " +
        "others, and on standard input",
    ]);
  });

  test("comments are not in force", async () => {
    const text = "#   @check_kmsg\n  psi_checking_enabled = False\n\tmin_sleep = 1\n";
    expect(await understood(importNohang("/f", text).toml)).toEqual({
      "default-rules": false,
      rule: [],
    });
  });

  test.each([
    [NOHANG_DESKTOP, true],
    ["@check_kmsg", true],
    ["hard_threshold_min_mem = 2 %", true],
    ["psi_checking_enabled = False", true],
    ["# About\n\nSome words, and `a = 1`.\nfrobnicate = 1\n", false],
    ["constructor = 1", false],
    ["#@check_kmsg", false],
    ["", false],
  ])("%j: a configuration of nohang's is told from other files", (text, isOne) => {
    const { problems } = importNohang("/f", text);
    const sentence = "/f: no configuration of nohang's: it sets none of its keys";
    expect(problems).toEqual(isOne ? [] : [sentence]);
  });

  test("rules on executables come with what they need", () => {
    const warningsOf = (line: string) => importNohang("/f", line).warnings;
    expect(warningsOf("@BADNESS_ADJ_RE_REALPATH 5 /// ^/usr")).toEqual([EXE_NEEDS]);
    expect(warningsOf("@BADNESS_ADJ_RE_NAME 5 /// ^exe")).toEqual([]);
  });
});
