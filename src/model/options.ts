/**
 * At or below the soft limit SIGTERM is sent, at the hard one SIGKILL. A limit may be a share of
 * all, an amount, or both: then the lower one holds. Where only an amount was given, the share is
 * 100.
 */
export interface Limits {
  readonly softPercent: number;
  readonly hardPercent: number;
  readonly softKib?: number | undefined;
  readonly hardKib?: number | undefined;
}

/** Limits in percent alone: the lower of each share and what its amount is of `totalKib`. */
export function limitPercents(limits: Limits, totalKib: number): Limits {
  const { hardKib, hardPercent, softKib, softPercent } = limits;
  if (softKib === undefined && hardKib === undefined) {
    return limits;
  }
  return {
    softPercent: lowerPercent(softPercent, softKib, totalKib),
    hardPercent: lowerPercent(hardPercent, hardKib, totalKib),
  };
}

function lowerPercent(percent: number, kib: number | undefined, totalKib: number): number {
  return kib === undefined || kib >= totalKib ? percent : Math.min(percent, (100 * kib) / totalKib);
}

/** What is ended together with the chosen process. */
export type Scope = "process" | "process-group" | "cgroup";

/** How a positive `oom_score_adj`, or any, counts when victims are compared. */
export type AdjPolicy = "respect" | "discount-positive" | "ignore";

/** Where log lines go: consola on a terminal, plain lines, plain lines with journal priorities. */
export type Sink = "terminal" | "plain" | "journal";

/** Names a `when` rule can compare; percentages, but for `scarce` (0 or 1). */
export type Metric = "mem" | "swap" | "psi.some" | "psi.full" | "psi.avg10" | "scarce";

export interface Comparison {
  readonly metric: Metric;
  readonly operator: "<" | "<=" | ">" | ">=";
  readonly value: number;
}

/** One line of `when`: all its comparisons must hold. */
export interface Condition {
  readonly text: string;
  readonly allOf: readonly Comparison[];
}

/** Rust's `glob` rules: `?`, `*`, `[abc]`, `[!a-z]`, everything else literal. */
export interface GlobPattern {
  readonly kind: "glob";
  readonly source: string;
}

/**
 * A regular expression as a deterministic automaton, so that no text can make matching slow.
 * `next[state]` is a flat list of `from, to, target` code point ranges in ascending order.
 */
export interface RegexPattern {
  readonly kind: "regex";
  readonly source: string;
  readonly next: readonly (readonly number[])[];
  readonly accepting: readonly number[];
}

/** Texts without wildcards, in ascending order of their UTF-16 code units. */
export interface NamesPattern {
  readonly kind: "names";
  readonly names: readonly string[];
}

export type Pattern = GlobPattern | NamesPattern | RegexPattern;

/** All members that are present must hold; a list of patterns holds when one of them does. */
export interface Match {
  readonly comm?: readonly Pattern[];
  readonly exe?: readonly Pattern[];
  readonly cmdline?: readonly Pattern[];
  readonly cgroup?: readonly Pattern[];
  readonly unit?: readonly Pattern[];
  readonly uids?: readonly number[];
  readonly olderThanS?: number;
  readonly youngerThanS?: number;
  readonly adjAtLeast?: number;
  readonly adjAtMost?: number;
  /** Root's, or a program of the system that has this name: anybody may call a process anything. */
  readonly isSystems?: boolean;
}

export type Effect =
  | { readonly kind: "protect" }
  /** Added to the score, on the scale of `oom_score`: 1000 is about all memory; 0 adds nothing. */
  | { readonly kind: "points"; readonly points: number }
  /** The score times this many hundredths. */
  | { readonly kind: "percent"; readonly percent: number }
  | { readonly kind: "group"; readonly scope: Scope };

export interface Rule {
  /** Where it comes from, for the log: `unkillables`, `bustd.toml:12`, `default: D-Bus`. */
  readonly origin: string;
  readonly match: Match;
  readonly effect: Effect;
  /** Time between SIGTERM and SIGKILL for whom it matches; of several rules the longest. */
  readonly killAfterMs?: number;
}

/** How this executable is started beside the daemon: its arguments, and all of its environment. */
export interface Errand {
  readonly args: readonly string[];
  readonly env: readonly string[];
}

/** Everything the daemon was told, checked and frozen. It crosses to the daemon as JSON. */
export interface Options {
  readonly daemonize: boolean;
  readonly verbose: boolean;
  /** Say once an hour how low memory was. */
  readonly hourly: boolean;
  readonly dryRun: boolean;
  /** Give back what only the start needed, before memory is locked. */
  readonly trim: boolean;
  /** Warn before somebody is killed, and spare for a while whom a user asks to spare. */
  readonly warn: boolean;
  /** The rules that judge by stalls act at this share of stalled time, in percent; 0: off. */
  readonly psiPercent: number;
  /** Available memory; soft 0 switches the exhaustion rule off. */
  readonly mem: Limits;
  /** Free swap. */
  readonly swap: Limits;
  /** Time between SIGTERM and SIGKILL; below the hard limits nobody waits. */
  readonly killAfterMs: number;
  /** Conditions that stand in place of the rules above; null means the rules above. */
  readonly when: readonly Condition[] | null;
  readonly scope: Scope;
  readonly adjPolicy: AdjPolicy;
  readonly sortBy: "oom_score" | "rss";
  readonly ignoreRootUser: boolean;
  readonly rules: readonly Rule[];
  /** Keep the command lines of victims in incidents: they may hold secrets. */
  readonly keepCmdline: boolean;
  readonly sink: Sink;
  /** What is started when an incident is written; null: nothing, or systemd does it. */
  readonly announce: Errand | null;
  /** The program's arguments as typed, for a reload. */
  readonly argv: readonly string[];
}
