import type { Effect } from "../model/options.ts";
import type { HookEvent } from "../model/hook.ts";
import { durationMs, parseGrace, parseLimits } from "./amounts.ts";
import type { TextKey } from "./can-match.ts";
import {
  type Imported,
  importedHook,
  NOTICE,
  tomlString,
  type Translation,
  translated,
  translation,
} from "./imported.ts";
import { type Budget, regexBudget } from "./regex/budget.ts";
import { shellWords } from "./shell-words.ts";

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
  hard_threshold_max_psi: "no counterpart; SIGKILL follows after kill-after",
  fill_rate_mem: "no counterpart; bustd's rates are fixed",
  fill_rate_swap: "no counterpart; bustd's rates are fixed",
  fill_rate_zram: "no counterpart; bustd's rates are fixed",
  max_sleep: "no counterpart; bustd sleeps as long as nothing can happen",
  min_sleep: "no counterpart; bustd sleeps as long as nothing can happen",
  post_action_gui_notifications: `no counterpart needed; ${NOTICE}`,
  hide_corrective_action_type: `no counterpart needed; ${NOTICE}`,
  warning_threshold_min_mem: "no counterpart; bustd warns by the time that is left",
  warning_threshold_min_swap: "no counterpart; bustd warns by the time that is left",
  warning_threshold_max_zram: "no counterpart; bustd warns by the time that is left",
  warning_threshold_max_psi: "no counterpart; bustd warns by the time that is left",
  min_post_warning_delay: "no counterpart; bustd warns once in ten minutes",
  env_cache_time: "no counterpart; bustd reads nobody's environment",
  min_badness: "no counterpart; protect small processes with a rule instead",
  post_soft_action_delay: "no counterpart; bustd waits until the process is gone",
  post_zombie_delay: "no counterpart; bustd waits until the process is gone",
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
};

/** Rules of nohang's that bustd cannot have, and why. */
const LOST_RULES: Readonly<Record<string, string>> = {
  "@SOFT_ACTION_RE_NAME": "lost: bustd runs no commands",
  "@SOFT_ACTION_RE_CGROUP_V1": "lost: bustd runs no commands",
  "@SOFT_ACTION_RE_CGROUP_V2": "lost: bustd runs no commands",
  "@BADNESS_ADJ_RE_CWD": "lost: the working directory is not looked at",
  "@BADNESS_ADJ_RE_ENVIRON": "lost: reading the environment of a swapped process can hang",
};

/** Programs that it runs, where one is named, and what they are run for here. */
const PROGRAMS: Readonly<Record<string, HookEvent>> = {
  warning_exe: "warned",
  post_kill_exe: "killed",
};

/** What a rule matches by, for each kind of nohang's. */
const RULES: Readonly<Record<string, TextKey>> = {
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
  exe_timeout: "post_kill_exe",
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
export function importNohang(path: string, text: string): Translation {
  // Only lines that begin with a key count: nohang takes all others for comments.
  const lines = text.split("\n").flatMap((line): Line[] => {
    const [, key = "", value = ""] = /^(@\w+|[a-z_]+(?=\s*=))\s*=?\s*(.*?)\s*$/.exec(line) ?? [];
    return key === "" ? [] : [{ key, value, from: line.trim() }];
  });
  const values = new Map(lines.map(({ key, value }) => [key, value]));
  const budget = regexBudget();
  const imported = lines
    .filter(({ key }) => !values.has(PAIRED[key] ?? ""))
    .map((line) => ({ from: line.from, what: becomes(line, values, budget) }));
  const own = {
    from: "nohang protects only processes that its rules name",
    what: { settings: ["default-rules = false"], comment: "without this line bustd protects more" },
  };
  const whole = translation(`What nohang does with ${path}`, [own, ...imported]);
  return lines.some(({ key }) => isKnown(key))
    ? whole
    : {
        ...whole,
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
  "max_soft_exit_time",
  "low_memory_warnings_enabled",
  "@BADNESS_ADJ_RE_UID",
]);

function isKnown(key: string): boolean {
  return (
    [WITHOUT_COUNTERPART, LOST_RULES, PROGRAMS, RULES, PAIRED].some((table) =>
      Object.hasOwn(table, key),
    ) || SETTINGS.has(key)
  );
}

function becomes(
  { key, value }: Line,
  values: ReadonlyMap<string, string>,
  budget: Budget,
): Imported {
  const reason = Object.hasOwn(WITHOUT_COUNTERPART, key) ? WITHOUT_COUNTERPART[key] : undefined;
  const loss = Object.hasOwn(LOST_RULES, key) ? LOST_RULES[key] : undefined;
  if (reason !== undefined || loss !== undefined) {
    return loss === undefined ? { comment: reason ?? "" } : { comment: loss, isLost: true };
  }
  if (Object.hasOwn(PROGRAMS, key)) {
    return program(key, value, values);
  }
  switch (key) {
    case "soft_threshold_min_mem":
      return limits("mem", value, values.get("hard_threshold_min_mem"));
    case "soft_threshold_min_swap":
      return limits("swap", value, values.get("hard_threshold_min_swap"));
    case "psi_checking_enabled":
      return pressure(value, values.get("soft_threshold_max_psi") ?? "");
    case "ignore_positive_oom_score_adj":
      return {
        settings: [`oom-score-adj = "${value === "True" ? "discount-positive" : "respect"}"`],
      };
    case "print_mem_check_results":
      return { settings: [`verbose = ${value === "True"}`] };
    case "low_memory_warnings_enabled":
      return warnings(value);
    case "max_soft_exit_time":
      return grace(value);
    case "@BADNESS_ADJ_RE_UID":
      return rule(value, userLines);
    default:
      return otherwise(key, value, budget);
  }
}

function otherwise(key: string, value: string, budget: Budget): Imported {
  const by = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
  if (by !== undefined) {
    return rule(value, (source, effect) => regexLines(by, source, effect, budget));
  }
  const partner = Object.hasOwn(PAIRED, key) ? PAIRED[key] : undefined;
  const comment =
    partner === undefined
      ? "nohang 0.3 has no such key; left out"
      : `it says nothing without ${partner}; left out`;
  return key.startsWith("@") ? { comment, isLost: true } : { comment };
}

/** `5 %` and `100 M` are what they are here; without a hard one, it is half. */
function limits(key: "mem" | "swap", soft: string, hard: string | undefined): Imported {
  const texts = [soft, ...(hard === undefined ? [] : [hard])].map((text) =>
    text.replace(/\s/g, ""),
  );
  const isUsual = texts.every((text) => /^\d+(\.\d+)?[%M]$/.test(text));
  const parsed = parseLimits(texts, "percent", "");
  if (!isUsual || "problem" in parsed) {
    const found = hard === undefined ? "" : `, with ${hard} as the hard one`;
    return {
      comment: `lost: not two amounts of % or M, the second no higher${found}`,
      isLost: true,
    };
  }
  const shown = texts.map((text) => (text.endsWith("%") ? text.slice(0, -1) : `"${text}"`));
  const comment = `with the hard threshold ${hard ?? "at half of it"}`;
  return {
    settings: [`${key} = ${shown.length > 1 ? `[${shown.join(", ")}]` : shown[0]}`],
    comment,
  };
}

function grace(value: string): Imported {
  const isNumber = /^\d+(\.\d+)?$/.test(value) && durationMs(value) !== null;
  return isNumber && "value" in parseGrace(value)
    ? { settings: [`kill-after = "${value}s"`] }
    : { comment: "lost: no number of seconds up to 600", isLost: true };
}

function warnings(value: string): Imported {
  const comment = "in the log and by hooks; users see those of their own bustd, see bustd(8)";
  return value === "True" ? { settings: ["warn = true"], comment } : { settings: ["warn = false"] };
}

/** nohang splits it into words as a shell does, and runs it without one. */
function program(key: string, value: string, values: ReadonlyMap<string, string>): Imported {
  if (value === "") {
    return { comment: "no counterpart; none is named" };
  }
  const timeout = values.get("exe_timeout") ?? "";
  const words = shellWords(value);
  if ("problem" in words) {
    return { comment: `lost: ${words.problem}`, isLost: true };
  }
  const isTime = /^\d{1,3}$/.test(timeout) && Number(timeout) > 0 && Number(timeout) <= 600;
  const what = "what happened is in BUSTD_PID, BUSTD_COMM and others, and on standard input";
  const lines = isTime ? [`timeout = "${timeout}s"`] : [];
  return importedHook(words.words, lines, what, PROGRAMS[key]);
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

/** Lines of a rule that say whom it is about, or why there are none. */
type MatchLines = { readonly lines: readonly string[]; readonly comment?: string } | Imported;

/** `points /// pattern` as a rule. */
function rule(value: string, matchLines: (source: string, effect: Effect) => MatchLines): Imported {
  const [, adj = "", source = ""] = /^([+-]?\d+)\s*\/\/\/\s*(.*)$/s.exec(value) ?? [];
  const points = Math.min(MOST_POINTS, Math.abs(Number(adj)));
  if (adj === "") {
    return { comment: "lost: not points /// pattern", isLost: true };
  }
  if (points === 0) {
    return { comment: "0 points change nothing" };
  }
  const match = matchLines(source, { kind: "points", points });
  if (!("lines" in match)) {
    return match;
  }
  const effect = `${adj.startsWith("-") ? "avoid" : "prefer"} = ${points}`;
  return {
    rule: ["[[rule]]", ...match.lines, effect],
    ...(match.comment === undefined ? {} : { comment: match.comment }),
  };
}

function regexLines(key: TextKey, source: string, effect: Effect, budget: Budget): MatchLines {
  const result = translated(source, "python", [key, effect], budget);
  if (result.source === null) {
    return { comment: result.comment, ...(result.isLost ? { isLost: true } : {}) };
  }
  const lines = [`${key} = ${tomlString(result.source)}`, "regex = true"];
  return result.comment === undefined ? { lines } : { lines, comment: result.comment };
}

/** `^0$` or `^(0|1000)$`: bustd knows users by number, not by a pattern of digits. */
function userLines(source: string): MatchLines {
  const [, one, many] = /^\^(?:(\d+)|\((\d+(?:\|\d+)*)\))\$$/.exec(source) ?? [];
  const uids = (one ?? many ?? "").split("|").map(Number);
  return one === undefined && many === undefined
    ? { comment: "lost: name the users by number in a rule with user = [...]", isLost: true }
    : { lines: [`user = [${uids.join(", ")}]`] };
}
