import {
  type Imported,
  limitsSetting,
  regexProblem,
  tomlString,
  totalKib,
  type Translation,
  translation,
} from "./imported.ts";
import type { Surroundings } from "./surroundings.ts";

/** Keys of nohang 0.2 and 0.3 that nothing becomes of, and why. */
const WITHOUT_COUNTERPART: Readonly<Record<string, string>> = {
  "@check_kmsg": "no counterpart; the kernel's own kills are not watched for",
  "@debug_kmsg": "no counterpart",
  zram_checking_enabled: "no counterpart; zram counts as the swap it is",
  soft_threshold_max_zram: "no counterpart; zram counts as the swap it is",
  hard_threshold_max_zram: "no counterpart; zram counts as the swap it is",
  psi_path: "no counterpart; bustd reads /proc/pressure/memory",
  psi_metrics: "no counterpart; bustd measures the share of some in the last seconds",
  psi_excess_duration: "no counterpart; bustd asks for stalls in the last 2 s",
  psi_post_action_delay: "no counterpart; bustd counts only stalls since the last kill",
  hard_threshold_max_psi: "no counterpart; SIGKILL follows SIGTERM after half a second",
  fill_rate_mem: "no counterpart; bustd's rates are fixed",
  fill_rate_swap: "no counterpart; bustd's rates are fixed",
  fill_rate_zram: "no counterpart; bustd's rates are fixed",
  max_sleep: "no counterpart; bustd sleeps as long as nothing can happen",
  min_sleep: "no counterpart; bustd sleeps as long as nothing can happen",
  post_action_gui_notifications: "no counterpart among these settings",
  hide_corrective_action_type: "no counterpart among these settings",
  low_memory_warnings_enabled: "no counterpart; bustd does not warn before",
  warning_exe: "no counterpart; bustd does not warn before",
  warning_threshold_min_mem: "no counterpart; bustd does not warn before",
  warning_threshold_min_swap: "no counterpart; bustd does not warn before",
  warning_threshold_max_zram: "no counterpart; bustd does not warn before",
  warning_threshold_max_psi: "no counterpart; bustd does not warn before",
  min_post_warning_delay: "no counterpart; bustd does not warn before",
  env_cache_time: "no counterpart; bustd reads nobody's environment",
  max_soft_exit_time: "no counterpart; SIGKILL follows SIGTERM after half a second",
  post_kill_exe: "no counterpart; no program is run after a kill",
  exe_timeout: "no counterpart; no program is run after a kill",
  min_badness: "no counterpart; protect small processes with a rule instead",
  post_soft_action_delay: "no counterpart; bustd waits for the victim's end itself",
  post_zombie_delay: "no counterpart; bustd waits for the victim's end itself",
  victim_cache_time: "no counterpart; bustd looks again before each kill",
  print_config_at_startup: "no counterpart; bustd check-config shows what was read",
  print_proc_table: "no counterpart; see bustd victims",
  extra_table_info: "no counterpart; see bustd victims",
  min_mem_report_interval: "no counterpart; bustd logs what happens",
  print_victim_status: "no counterpart; the victim's numbers are always logged",
  print_victim_cmdline: "no counterpart; command lines can be slow to read in a crisis",
  max_victim_ancestry_depth: "no counterpart",
  print_statistics: "no counterpart",
  debug_psi: "no counterpart; see verbose",
  debug_gui_notifications: "no counterpart",
  debug_sleep: "no counterpart; see verbose",
  debug_threading: "no counterpart; bustd has one thread",
  separate_log: "no counterpart; the journal keeps bustd's lines",
  "@SOFT_ACTION_RE_NAME": "no counterpart; bustd runs no commands",
  "@SOFT_ACTION_RE_CGROUP_V1": "no counterpart; bustd runs no commands",
  "@SOFT_ACTION_RE_CGROUP_V2": "no counterpart; bustd runs no commands",
  "@BADNESS_ADJ_RE_CWD": "no counterpart; the working directory is not looked at",
  "@BADNESS_ADJ_RE_ENVIRON":
    "no counterpart; reading the environment of a swapped process can hang",
};

/** What a rule matches by, for each kind of nohang's. */
const RULES: Readonly<Record<string, string>> = {
  "@BADNESS_ADJ_RE_NAME": "comm",
  "@BADNESS_ADJ_RE_CMDLINE": "cmdline",
  "@BADNESS_ADJ_RE_REALPATH": "exe",
  "@BADNESS_ADJ_RE_CGROUP_V1": "cgroup",
  "@BADNESS_ADJ_RE_CGROUP_V2": "cgroup",
};

/** Keys that are understood together with another one. */
const PAIRED: Readonly<Record<string, string>> = {
  hard_threshold_min_mem: "soft_threshold_min_mem",
  hard_threshold_min_swap: "soft_threshold_min_swap",
  soft_threshold_max_psi: "psi_checking_enabled",
};

interface Line {
  readonly key: string;
  readonly value: string;
  readonly from: string;
}

/**
 * The TOML that makes bustd do what nohang does with this configuration; a problem where the text
 * has no setting of nohang's at all.
 */
export function importNohang(path: string, text: string, surroundings: Surroundings): Translation {
  // Only lines that begin with a key count: nohang takes all others for comments.
  const lines = text.split("\n").flatMap((line): Line[] => {
    const [, key = "", value = ""] = /^(@\w+|[a-z_]+(?=\s*=))\s*=?\s*(.*?)\s*$/.exec(line) ?? [];
    return key === "" ? [] : [{ key, value, from: line.trim() }];
  });
  const values = new Map(lines.map(({ key, value }) => [key, value]));
  const imported = lines
    .filter(({ key }) => !values.has(PAIRED[key] ?? ""))
    .map((line) => ({ from: line.from, what: becomes(line, values, surroundings) }));
  const own = {
    from: "nohang protects only whom its rules name",
    what: { settings: ["default-rules = false"], comment: "without this line bustd protects more" },
  };
  const translated = translation(`What nohang does with ${path}`, [own, ...imported]);
  return lines.some(({ key }) => isKnown(key))
    ? translated
    : {
        ...translated,
        problems: [`${path}: no configuration of nohang's: it sets none of its keys`],
      };
}

/** Keys that become settings, each in its own way. */
const SETTINGS = new Set([
  "soft_threshold_min_mem",
  "soft_threshold_min_swap",
  "psi_checking_enabled",
  "ignore_positive_oom_score_adj",
  "print_mem_check_results",
  "@BADNESS_ADJ_RE_UID",
]);

function isKnown(key: string): boolean {
  return (
    [WITHOUT_COUNTERPART, RULES, PAIRED].some((table) => Object.hasOwn(table, key)) ||
    SETTINGS.has(key)
  );
}

function becomes(
  { key, value }: Line,
  values: ReadonlyMap<string, string>,
  surroundings: Surroundings,
): Imported {
  const reason = Object.hasOwn(WITHOUT_COUNTERPART, key) ? WITHOUT_COUNTERPART[key] : undefined;
  if (reason !== undefined) {
    return { comment: reason };
  }
  switch (key) {
    case "soft_threshold_min_mem":
      return limits("mem", value, values.get("hard_threshold_min_mem"), surroundings);
    case "soft_threshold_min_swap":
      return limits("swap", value, values.get("hard_threshold_min_swap"), surroundings);
    case "psi_checking_enabled":
      return pressure(value, values.get("soft_threshold_max_psi") ?? "");
    case "ignore_positive_oom_score_adj":
      return {
        settings: [`oom-score-adj = "${value === "True" ? "discount-positive" : "respect"}"`],
      };
    case "print_mem_check_results":
      return { settings: [`verbose = ${value === "True"}`] };
    case "@BADNESS_ADJ_RE_UID":
      return rule(value, userLines);
    default:
      return Object.hasOwn(RULES, key)
        ? rule(value, (source) => regexLines(RULES[key] ?? "", source))
        : { comment: "nohang 0.3 has no such key; left out" };
  }
}

function limits(
  key: "mem" | "swap",
  soft: string,
  hard: string | undefined,
  surroundings: Surroundings,
): Imported {
  const name = key === "mem" ? "MemTotal" : "SwapTotal";
  const total = totalKib(surroundings.readFile("/proc/meminfo"), name);
  const softPercent = percentOf(soft, total);
  const hardPercent = hard === undefined ? (softPercent ?? 0) / 2 : percentOf(hard, total);
  if (softPercent === null || hardPercent === null) {
    return { comment: `cannot be made a percentage, with ${hard ?? "nothing"} as the hard one` };
  }
  const comment = `with the hard threshold ${hard ?? "at half of it"}`;
  return { settings: [limitsSetting(key, softPercent, hardPercent)], comment };
}

/** `5 %`, or `100 M` of a total. */
function percentOf(text: string, totalOfKib: number): number | null {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([%M])$/.exec(text) ?? [];
  if (amount === "" || (unit === "M" && totalOfKib === 0)) {
    return null;
  }
  return unit === "%" ? Number(amount) : (Number(amount) * 1024 * 100) / totalOfKib;
}

function pressure(enabled: string, threshold: string): Imported {
  if (enabled !== "True") {
    return { settings: ["psi = 0"] };
  }
  const percent = /^\d+(\.\d+)?$/.test(threshold) ? Math.min(100, Number(threshold)) : 40;
  const comment = `soft_threshold_max_psi = ${threshold}; bustd also asks that memory be scarce`;
  return { settings: [`psi = ${percent}`], comment };
}

const MOST_POINTS = 2000;

/** `points /// pattern` as a rule; `matchLines` gives what it matches by, or a problem. */
function rule(value: string, matchLines: (source: string) => readonly string[] | string): Imported {
  const [, adj = "", source = ""] = /^([+-]?\d+)\s*\/\/\/\s*(.*)$/s.exec(value) ?? [];
  const points = Math.min(MOST_POINTS, Math.abs(Number(adj)));
  if (adj === "" || points === 0) {
    return { comment: adj === "" ? "not points /// pattern; left out" : "0 points change nothing" };
  }
  const lines = matchLines(source);
  if (typeof lines === "string") {
    return { comment: lines };
  }
  return {
    rule: ["[[rule]]", ...lines, `${adj.startsWith("-") ? "avoid" : "prefer"} = ${points}`],
  };
}

function regexLines(key: string, source: string): readonly string[] | string {
  return regexProblem(source) ?? [`${key} = ${tomlString(source)}`, "regex = true"];
}

/** `^0$` or `^(0|1000)$`: bustd knows users by number, not by a pattern of digits. */
function userLines(source: string): readonly string[] | string {
  const [, one, many] = /^\^(?:(\d+)|\((\d+(?:\|\d+)*)\))\$$/.exec(source) ?? [];
  const uids = (one ?? many ?? "").split("|").map(Number);
  return one === undefined && many === undefined
    ? "lost: name the users by number in a rule with user = [...]"
    : [`user = [${uids.join(", ")}]`];
}
