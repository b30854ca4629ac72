import type { Effect, Errand, Limits, Options, Pattern, Rule, Sink } from "../model/options.ts";
import { SYSTEM_PLACES } from "../model/places.ts";
import type { Inheritance } from "../model/inheritance.ts";
import { bothLimits } from "./amounts.ts";
import { absolutePath } from "./configuration.ts";
import { defaultRules } from "./default-rules.ts";
import { gathered } from "./patterns.ts";
import { DEFAULTS, type Settings } from "./settings.ts";
import type { Surroundings } from "./surroundings.ts";

/** What was said, by files and by flags; the rest is as in `DEFAULTS`. */
type Given = Partial<Settings>;

/** The limits of memory or of swap: shares, sizes, or the lower of both. */
function limitsOf(given: Given, key: "mem" | "swap"): Limits {
  return bothLimits(given[key] ?? null, given[`${key}-size`] ?? null, DEFAULTS[key]);
}

/** Why a daemon with these settings would never act, or null. */
export function noRuleLeft(given: Given): string | null {
  const { psi, when } = { ...DEFAULTS, ...given };
  return when === null && psi <= 0 && limitsOf(given, "mem").softPercent <= 0
    ? "no rule is left that could act: mem = 0 and psi = 0 switch all of them off; " +
        "give one of them a value, or write a condition with when"
    : null;
}

/** Hooks that would never run, because nobody warns, each in a sentence. */
export function idleHooks({ hook = [], warn = DEFAULTS.warn }: Given): readonly string[] {
  const idle = warn ? [] : hook.filter(({ on }) => on.includes("warned"));
  return idle.map(
    ({ origin }) => `the hook of ${origin} is not run on warned without warn = true, or --warn`,
  );
}

/** As much as earlyoom's flags of the same name. */
const PREFER_POINTS = 300;

function commRule(origin: string, comm: readonly Pattern[], effect: Effect): Rule[] {
  return comm.length === 0 ? [] : [{ origin, match: { comm }, effect }];
}

/** The rules that the keys of earlyoom and of the original stand for. */
function rulesOf({ unkillables, ignore, prefer, avoid }: Settings): Rule[] {
  return [
    ...commRule("unkillables", gathered(unkillables), { kind: "protect" }),
    ...commRule("ignore", [ignore ?? []].flat(), { kind: "protect" }),
    ...commRule("prefer", [prefer ?? []].flat(), { kind: "points", points: PREFER_POINTS }),
    ...commRule("avoid", [avoid ?? []].flat(), { kind: "points", points: -PREFER_POINTS }),
  ];
}

function sinkOf(daemonize: boolean, surroundings: Surroundings): Sink {
  if (daemonize) {
    return "plain";
  }
  if (surroundings.stderrIsJournal) {
    return "journal";
  }
  return surroundings.stderrIsTerminal ? "terminal" : "plain";
}

/** Half of systemd's interval, in milliseconds, when it is meant for this process. */
function watchdogMsOf({ pid, watchdogPid, watchdogUsec }: Surroundings): number {
  const usec = /^\d{1,15}$/.test(watchdogUsec) ? Number(watchdogUsec) : 0;
  return watchdogPid === "" || watchdogPid === String(pid) ? Math.floor(usec / 2000) : 0;
}

/** The original's place, unless told; "none" is no place. */
function pidFileOf(surroundings: Surroundings, typed: string | undefined): string {
  if (typed === undefined) {
    return surroundings.isRoot ? "/var/run/bustd.pid" : "/tmp/bustd.pid";
  }
  return typed === "none" ? "" : absolutePath(typed, surroundings);
}

/** What the process has from whoever started it. */
export function inheritanceOf(
  surroundings: Surroundings,
  pidFile: string | undefined,
): Inheritance {
  return {
    notifySocket: surroundings.notifySocket,
    watchdogMs: watchdogMsOf(surroundings),
    pidFile: pidFileOf(surroundings, pidFile),
    pidFileFd: -1,
    readyFd: -1,
    isRenewed: false,
    places: surroundings.places,
    warned: null,
  };
}

/** A path without its end. */
function withoutEnd(path: string, end: string): string {
  return path.slice(0, -end.length);
}

/**
 * How the daemon starts `announce` after a kill: it does where there is something to announce, and
 * systemd does not do it, as it does for its own daemon alone.
 */
function announceOf(
  { announce, hook }: Settings,
  argv: readonly string[],
  { hasSystemd, places }: Surroundings,
): Errand | null {
  const isSystems = places?.ring === SYSTEM_PLACES.ring;
  if (places === null || (isSystems && hasSystemd) || (!announce && hook.length === 0)) {
    return null;
  }
  const config = argv.filter(
    (word, index) => word.startsWith("--config=") || argv[index - 1] === "--config",
  );
  return {
    args: ["announce", ...config.map((word) => (word.startsWith("/") ? `--config=${word}` : word))],
    // Where a user's own daemon leaves what it leaves.
    env: isSystems
      ? []
      : [
          `XDG_RUNTIME_DIR=${withoutEnd(places.ring, "/bustd/ring")}`,
          `XDG_STATE_HOME=${withoutEnd(places.incidents, "/bustd/incidents")}`,
        ],
  };
}

/** Everything the daemon has to know, from what was said and what surrounds it. */
export function toOptions(
  given: Given,
  argv: readonly string[],
  surroundings: Surroundings,
): Options {
  const settings = { ...DEFAULTS, ...given };
  return {
    daemonize: settings.daemon,
    verbose: settings.verbose,
    hourly: settings.hourly,
    dryRun: settings["dry-run"],
    trim: settings.trim,
    warn: settings.warn,
    psiPercent: settings.psi,
    mem: limitsOf(given, "mem"),
    swap: limitsOf(given, "swap"),
    killAfterMs: settings["kill-after"],
    when: settings.when,
    scope: settings["kill-pgroup"] ? "process-group" : "process",
    adjPolicy: settings["oom-score-adj"],
    sortBy: settings["sort-by-rss"] ? "rss" : "oom_score",
    ignoreRootUser: settings["ignore-root-user"],
    rules: [
      ...(settings["default-rules"] ? defaultRules() : []),
      ...settings.rule,
      ...rulesOf(settings),
    ],
    keepCmdline: settings["keep-cmdline"],
    sink: sinkOf(settings.daemon, surroundings),
    announce: announceOf(settings, argv, surroundings),
    argv,
  };
}
