import type { Needs, Process } from "../model/process.ts";
import type { Match, Options, Pattern, Rule } from "../model/options.ts";
import { unitOf } from "../model/cgroup.ts";
import { matchesPattern } from "./pattern.ts";

// Loops in place of closures: this runs for every process and rule, when there is no memory left.
function anyMatches(patterns: readonly Pattern[] | undefined, text: string): boolean {
  if (patterns === undefined) {
    return true;
  }
  for (const pattern of patterns) {
    if (matchesPattern(pattern, text)) {
      return true;
    }
  }
  return false;
}

/** What the kernel adds to the path of an executable that is gone; proc_pid_exe(5). */
const DELETED = " (deleted)";

/** Of one that an upgrade has replaced, the path that it had matches as well. */
function anyMatchesExe(patterns: readonly Pattern[] | undefined, exe: string): boolean {
  return (
    anyMatches(patterns, exe) ||
    (exe.endsWith(DELETED) && anyMatches(patterns, exe.slice(0, -DELETED.length)))
  );
}

/** Whether all that a rule asks for holds of a process; `takenMs` is the time of the scan. */
export function ruleMatches(match: Match, process: Process, takenMs: number): boolean {
  const ageS = (takenMs - process.startMs) / 1000;
  return (
    (match.uids === undefined || match.uids.includes(process.uid)) &&
    ageS >= (match.olderThanS ?? -Infinity) &&
    ageS < (match.youngerThanS ?? Infinity) &&
    process.oomScoreAdj >= (match.adjAtLeast ?? -1000) &&
    process.oomScoreAdj <= (match.adjAtMost ?? 1000) &&
    anyMatches(match.comm, process.comm) &&
    anyMatchesExe(match.exe, process.exe) &&
    anyMatches(match.cmdline, process.cmdline) &&
    anyMatches(match.cgroup, process.cgroup) &&
    (match.unit === undefined || anyMatches(match.unit, unitOf(process.cgroup))) &&
    (match.isSystems === undefined || match.isSystems === isSystems(process))
  );
}

/** Where only root installs programs; the last two are NixOS's and Guix's. */
const SYSTEM_DIRECTORIES = [
  "/usr/",
  "/bin/",
  "/sbin/",
  "/lib/",
  "/opt/",
  "/nix/store/",
  "/gnu/store/",
];

/**
 * Whether a process is root's, or runs the system's own program of its name, if that can be seen.
 */
function isSystems({ comm, exe, uid }: Process): boolean {
  if (uid === 0) {
    return true;
  }
  for (const directory of SYSTEM_DIRECTORIES) {
    if (exe.startsWith(directory)) {
      return exe.startsWith(comm, exe.lastIndexOf("/") + 1);
    }
  }
  return false;
}

function anyRule(rules: readonly Rule[], asks: (match: Match) => boolean): boolean {
  return rules.some((rule) => asks(rule.match));
}

/** Whether a rule goes by command lines. */
export function hasCmdlineRule({ rules }: Options): boolean {
  return anyRule(rules, (match) => match.cmdline !== undefined);
}

/** Which files a scan has to read because of these options. */
export function needsOf(options: Options): Needs {
  const { rules } = options;
  return {
    exe: anyRule(rules, (match) => match.exe !== undefined),
    exeProtects: rules.some(
      ({ effect, match }) => effect.kind === "protect" && match.exe !== undefined,
    ),
    cmdline: options.keepCmdline || hasCmdlineRule(options),
    cmdlineRules: hasCmdlineRule(options),
  };
}

/**
 * Whether rules may want a process of this name to live, or to die later than others. More than its
 * name is not known of one that was born a moment ago.
 */
export function maySpare({ ignoreRootUser, rules }: Options, comm: string): boolean {
  if (ignoreRootUser) {
    return true;
  }
  for (const { effect, match } of rules) {
    if (spares(effect) && anyMatches(match.comm, comm)) {
      return true;
    }
  }
  return false;
}

function spares(effect: Rule["effect"]): boolean {
  switch (effect.kind) {
    case "protect":
      return true;
    case "points":
      return effect.points < 0;
    case "percent":
      return effect.percent < 100;
    case "group":
      return false;
  }
}

/**
 * Whether all processes must be looked at and not only the largest: an order other than the
 * kernel's is asked for, or a victim's companions, who may be small.
 */
export function needsAll(options: Options): boolean {
  return (
    options.sortBy === "rss" ||
    options.adjPolicy !== "respect" ||
    options.scope !== "process" ||
    options.rules.some(
      ({ effect }) =>
        (effect.kind === "points" && effect.points > 0) ||
        (effect.kind === "percent" && effect.percent > 100) ||
        (effect.kind === "group" && effect.scope !== "process"),
    )
  );
}
