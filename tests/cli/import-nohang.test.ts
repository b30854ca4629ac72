import { describe, expect, test } from "bun:test";
import { importNohang } from "../../src/cli/import-nohang.ts";
import { matchesPattern } from "../../src/policy/pattern.ts";
import { limits, rowOf, surroundings, understood } from "../helpers/imported.ts";

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
    ["@BADNESS_ADJ_RE_CWD  200  ///  ^/srv/", "no counterpart"],
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
