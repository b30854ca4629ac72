import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { readConfiguration } from "../../src/cli/configuration.ts";
import { importEarlyoom } from "../../src/cli/import-earlyoom.ts";
import { importNohang } from "../../src/cli/import-nohang.ts";
import { importSettings } from "../../src/cli/import.ts";
import type { Settings } from "../../src/cli/settings.ts";
import { shellVariable, shellWords } from "../../src/cli/shell-words.ts";
import { matchesPattern } from "../../src/policy/pattern.ts";
import { paperSurroundings } from "../helpers/paper-surroundings.ts";

const MEMINFO = "MemTotal:        8388608 kB\nMemFree: 1 kB\nSwapTotal:       2097152 kB\n";
const surroundings = paperSurroundings({ "/proc/meminfo": MEMINFO });

/** What bustd understands of an imported file; it must understand all of it. */
async function understood(toml: string): Promise<Partial<Settings>> {
  const { settings, sentences } = await readConfiguration("/f", paperSurroundings({ "/f": toml }));
  expect(sentences).toEqual([]);
  return settings;
}

/** The comment that stands for a setting, or the lines it became. */
function rowOf(toml: string, from: string): string {
  const lines = toml.split("\n");
  const start = lines.findIndex((line) => line === `# ${from}` || line.startsWith(`# ${from}: `));
  const end = lines.indexOf("", start);
  return start === -1 ? "nothing" : lines.slice(start, end === -1 ? undefined : end).join("\n");
}

const limits = (softPercent: number, hardPercent: number) => ({ softPercent, hardPercent });

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
    const settings = await understood(importEarlyoom(shellWords(args), surroundings));
    expect(settings).toEqual({ psi: 0, "default-rules": false, rule: [], ...expected });
  });

  test("regular expressions are kept as they are", async () => {
    const args = `--avoid '(^|/)(init|X|sshd|firefox)$' --prefer "^it's" --ignore=^gnome-control-c$`;
    const { avoid, prefer, ignore } = await understood(
      importEarlyoom(shellWords(args), surroundings),
    );
    expect([avoid?.source, prefer?.source, ignore?.source]).toEqual([
      "(^|/)(init|X|sshd|firefox)$",
      "^it's",
      "^gnome-control-c$",
    ]);
  });

  test("the last of two holds", async () => {
    const toml = importEarlyoom(["--prefer", "a", "--prefer=b"], surroundings);
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
    [["-Z"], "-Z", "earlyoom 1.9 has no such flag; left out"],
    [["x\ny"], "x\\x0ay", "earlyoom takes no such word"],
    [["-m"], "-m", "its value is missing; left out"],
    [["-m", "x"], "-m x", "no percentages; left out"],
    [["-M", "x"], "-M x", "cannot be made a percentage; left out"],
    [["--prefer", "\\bx"], "--prefer \\bx", "lost: word boundaries cannot be used at character 1"],
  ])("%j leaves a comment", async (args, from, comment) => {
    const toml = importEarlyoom(args, surroundings);
    await understood(toml);
    expect(rowOf(toml, from)).toStartWith(`# ${from}: ${comment}`);
  });

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

/** nohang-desktop.conf of nohang 0.2, its comments left out: all keys, with their values. */
const NOHANG_DESKTOP = `
zram_checking_enabled = False
psi_checking_enabled = True
psi_path = /proc/pressure/memory
psi_metrics = full_avg10
psi_excess_duration = 30
psi_post_action_delay = 15
fill_rate_mem  = 6000
fill_rate_swap = 2000
fill_rate_zram = 4000
max_sleep = 3
min_sleep = 0.1
post_action_gui_notifications = True
hide_corrective_action_type = False
low_memory_warnings_enabled = True
warning_exe =
warning_threshold_min_mem  = 20 %
warning_threshold_min_swap = 25 %
warning_threshold_max_zram = 45 %
warning_threshold_max_psi  = 10
min_post_warning_delay = 60
env_cache_time = 300
soft_threshold_min_mem = 5 %
soft_threshold_min_swap = 10 %
soft_threshold_max_zram = 55 %
soft_threshold_max_psi  = 40
hard_threshold_min_mem = 2 %
hard_threshold_min_swap = 4 %
hard_threshold_max_zram = 60 %
hard_threshold_max_psi = 90
ignore_positive_oom_score_adj = False
@BADNESS_ADJ_RE_NAME   200  ///  ^(Web Content|Privileged Cont|file:// Content)$
@BADNESS_ADJ_RE_NAME  -200  ///  ^(dnf|yum|packagekitd)$
@BADNESS_ADJ_RE_REALPATH -200  ///  ^(/usr/lib/xorg/Xorg|/usr/bin/Xwayland|/usr/bin/sway)$
@BADNESS_ADJ_RE_REALPATH -200  ///  ^/usr/lib/gdm3/
@BADNESS_ADJ_RE_REALPATH -200  ///  ^(/lib/systemd/systemd|/usr/lib/systemd/systemd)$
max_soft_exit_time = 10
post_kill_exe =
min_badness = 1
post_soft_action_delay = 3
post_zombie_delay = 0.1
victim_cache_time = 10
exe_timeout = 20
print_config_at_startup = False
print_mem_check_results = False
min_mem_report_interval = 60
print_proc_table = False
extra_table_info = None
print_victim_status = True
print_victim_cmdline = False
max_victim_ancestry_depth = 3
print_statistics = True
debug_psi = False
debug_gui_notifications = False
debug_sleep = False
debug_threading = False
separate_log = False
`;

describe("nohang", () => {
  const toml = importNohang("/etc/nohang/nohang-desktop.conf", NOHANG_DESKTOP, surroundings);

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
    });
    expect(rule?.map(({ effect }) => effect)).toEqual(
      [200, -200, -200, -200, -200].map((points) => ({ kind: "points", points })),
    );
    // What belongs to another line stands in that line's comment.
    const joined = ["hard_threshold_min_mem", "hard_threshold_min_swap", "soft_threshold_max_psi"];
    for (const line of NOHANG_DESKTOP.trim().split("\n")) {
      const isJoined = joined.some((key) => line.startsWith(key));
      expect(rowOf(toml, line)).toStartWith(isJoined ? "nothing" : "# ");
    }
    expect(rowOf(toml, "soft_threshold_min_mem = 5 %")).toContain("with the hard threshold 2 %");
    expect(rowOf(toml, "psi_checking_enabled = True")).toContain("soft_threshold_max_psi = 40");
  });

  test("what has no counterpart is said so, by the reason", () => {
    const comments = toml.split("\n").filter((line) => line.includes("no counterpart"));
    const settings = 5;
    const rules = 5;
    const joined = 3;
    const lines = NOHANG_DESKTOP.trim().split("\n");
    expect(comments).toHaveLength(lines.length - settings - rules - joined);
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
    ["@BADNESS_ADJ_RE_NAME 99999 /// .", "comm", "x", 2000],
  ] as const)("%s", async (line, key, text, points) => {
    const [rule] = (await understood(importNohang("/f", line, surroundings))).rule ?? [];
    expect(rule?.effect).toEqual({ kind: "points", points });
    expect(rule?.match[key]?.some((pattern) => matchesPattern(pattern, text))).toBe(true);
    expect(rule?.match[key]?.some((pattern) => matchesPattern(pattern, ""))).toBe(false);
  });

  test.each([
    ["@BADNESS_ADJ_RE_UID -100 /// ^0$", [0]],
    ["@BADNESS_ADJ_RE_UID -100 /// ^(0|1000)$", [0, 1000]],
  ])("%s", async (line, uids) => {
    const [rule] = (await understood(importNohang("/f", line, surroundings))).rule ?? [];
    expect(rule?.match).toEqual({ uids });
  });

  test.each([
    ["psi_checking_enabled = False", { psi: 0 }],
    ["ignore_positive_oom_score_adj = True", { "oom-score-adj": "discount-positive" }],
    ["soft_threshold_min_mem = 819.2 M", { mem: limits(10, 5) }],
    ["soft_threshold_min_swap = 512 M\nhard_threshold_min_swap = 1 %", { swap: limits(25, 1) }],
    ["print_mem_check_results = True", { verbose: true }],
  ] as const)("%s", async (text, expected) => {
    expect(await understood(importNohang("/f", text, surroundings))).toMatchObject(expected);
  });

  test.each([
    ["@check_kmsg", "no counterpart"],
    ["@BADNESS_ADJ_RE_CWD  200  ///  ^/home/", "no counterpart"],
    ["@BADNESS_ADJ_RE_ENVIRON 100 /// USER=user", "no counterpart"],
    ["@SOFT_ACTION_RE_NAME ^foo$ /// kill -USR1 $PID", "no counterpart"],
    ["@BADNESS_ADJ_RE_UID 5 /// ^1\\d+$", "lost: name the users by number"],
    ["@BADNESS_ADJ_RE_NAME 5 /// (?P<a>x)", "lost: invalid group"],
    ["@BADNESS_ADJ_RE_NAME 0 /// x", "0 points change nothing"],
    ["@BADNESS_ADJ_RE_NAME x /// x", "not points /// pattern; left out"],
    ["soft_threshold_min_mem = lots", "cannot be made a percentage"],
    ["frobnicate = 1", "nohang 0.3 has no such key; left out"],
    ["constructor = 1", "nohang 0.3 has no such key; left out"],
  ])("%s leaves a comment", async (line, comment) => {
    const imported = importNohang("/f", line, surroundings);
    await understood(imported);
    expect(rowOf(imported, line)).toStartWith(`# ${line}: ${comment}`);
  });

  test("comments are not in force", async () => {
    const text = "#   @check_kmsg\n  psi_checking_enabled = False\n\tmin_sleep = 1\n";
    expect(await understood(importNohang("/f", text, surroundings))).toEqual({
      "default-rules": false,
      rule: [],
    });
  });
});

describe("import", () => {
  const files = paperSurroundings({
    "/etc/default/earlyoom": 'EARLYOOM_ARGS="-m 7"',
    "/here/nohang.conf": "psi_checking_enabled = False",
  });

  test.each([
    [["earlyoom"], "mem = [7, 3.5]"],
    [["earlyoom", "/etc/default/earlyoom"], "mem = [7, 3.5]"],
    [["earlyoom", "-m", "8"], "mem = [8, 4]"],
    [["earlyoom", "-m8"], "mem = [8, 4]"],
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
        await understood(importEarlyoom(args, surroundings));
        await understood(importNohang("/f", lines.join("\n"), surroundings));
      }),
      { numRuns: 500 },
    );
  });
});
