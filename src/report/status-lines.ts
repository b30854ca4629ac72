import type { LimitsInForce } from "../model/incident.ts";
import { errnoSentence } from "../model/errno.ts";
import { escapeName } from "./escape.ts";
import { countText, percent, sizeText, spanText } from "./units.ts";

/** How things stand, from all that can be known without asking the daemon. */
export interface Status {
  /** `halted`: a signal has stopped it; `stuck`: it has not looked for longer than it sleeps. */
  readonly state: "running" | "stuck" | "halted" | "stopped";
  /** Whether it keeps a flight recorder; null when that cannot be seen. */
  readonly hasRecorder: boolean | null;
  readonly pid: number;
  readonly version: string;
  /** When it came up, or 0. */
  readonly startedWallMs: number;
  readonly dryRun: boolean;
  /** How long ago it looked; -1 when it never did. */
  readonly lookedMs: number;
  readonly digest: string;
  /** Whether the files say what is in force; null when that cannot be told. */
  readonly isCurrent: boolean | null;
  readonly files: readonly string[];
  readonly argv: readonly string[];
  readonly limits: LimitsInForce | null;
  readonly ruleCount: number;
  readonly memory: {
    readonly availablePercent: number;
    readonly availableKib: number;
    readonly totalKib: number;
    /** What the shares are of: all that is not set aside. */
    readonly usableKib: number;
    readonly swapFreePercent: number;
    readonly swapTotalKib: number;
  };
  /** The least that was available today; null when memory was plenty, or nobody looked. */
  readonly lowest: {
    readonly percent: number;
    readonly kib: number;
    readonly wallMs: number;
  } | null;
  /** How often memory came near the limit today, and kills; null when nobody looked. */
  readonly today: {
    readonly near: number;
    readonly kills: number;
    /** Those that a dry run would have made. */
    readonly wouldKill: number;
    /** The flight recorder began after the last kill of today, and counts from then on. */
    readonly beganAfterKill: boolean;
  } | null;
  readonly lastKill: LastKill | null;
  /** What a dry run would have killed last. */
  readonly lastDry: LastKill | null;
  /** The last warning before a kill; null where nobody asked for warnings. */
  readonly warnings: { readonly last: LastWarning | null } | null;
  readonly incidentsLost: number;
  readonly lostErrno: number;
  /** What could not be read, each in a sentence. */
  readonly problems: readonly string[];
}

interface LastKill {
  readonly wallMs: number;
  /** "" and 0 where no incident tells of it. */
  readonly name: string;
  readonly pid: number;
  readonly rule: string;
}

interface LastWarning {
  readonly wallMs: number;
  readonly name: string;
  readonly pid: number;
  readonly because: string;
}

/** A label and what is to be said. */
type Line = readonly [string, string];

type TimeOf = (wallMs: number) => string;

function stateLine(status: Status, timeOf: TimeOf, nowMs: number): Line {
  const { lookedMs, pid, startedWallMs, state, version } = status;
  const which = version === "" ? "bustd" : `bustd ${escapeName(version)}`;
  if (state === "stopped") {
    return ["State", `${which} does not run`];
  }
  const since =
    startedWallMs > 0
      ? `, since ${timeOf(startedWallMs)} (${spanText(Math.max(0, nowMs - startedWallMs))})`
      : "";
  const looked = lookedMs >= 0 ? `, looked ${spanText(lookedMs)} ago` : "";
  const when = `pid ${pid}${since}${looked}`;
  switch (state) {
    case "running":
      return ["State", `${which} runs, ${when}`];
    case "halted":
      return ["State", `${which} is stopped by a signal, ${when}: kill -CONT ${pid} lets it go on`];
    case "stuck":
      return ["State", `${which} does not answer, ${when}`];
  }
}

/** What makes it act; without swap low memory is enough by itself. */
function limitsText(limits: LimitsInForce, hasSwap: boolean): string {
  if (limits.when.length > 0) {
    return `acts when ${limits.when.map(escapeName).join(", or when ")}`;
  }
  const { memHardPercent, memSoftPercent, stallPercent } = limits;
  const { swapHardPercent, swapSoftPercent } = limits;
  const hard = `${memHardPercent} %${hasSwap ? ` and ${swapHardPercent} %` : ""}`;
  const rules = [
    ...(memSoftPercent > 0
      ? [
          `available memory is at ${memSoftPercent} %` +
            `${hasSwap ? ` and free swap at ${swapSoftPercent} %` : ""} or less ` +
            `(SIGKILL at once from ${hard})`,
        ]
      : []),
    ...(stallPercent > 0 && (hasSwap || memSoftPercent <= 0)
      ? [
          `available memory is ${memSoftPercent > 0 ? "as " : ""}low and tasks wait for memory ` +
            `${stallPercent} % of the time`,
        ]
      : []),
  ];
  return rules.length === 0
    ? "all rules are switched off"
    : `acts when ${rules.join(", or when ")}`;
}

function recorderLines({ hasRecorder, state }: Status): Line[] {
  if (state === "stopped" || hasRecorder === true) {
    return [];
  }
  return hasRecorder === null
    ? [["Recorder", "not to be seen by this user; root can"]]
    : [["Recorder", "none runs: what it saw stands in its log alone"]];
}

function settingsLines(status: Status): Line[] {
  const { argv, digest, files, isCurrent, limits, memory, ruleCount, state } = status;
  if (limits === null || state === "stopped") {
    return [];
  }
  const sources = [
    ...files.map(escapeName),
    ...(argv.length > 0 ? [`flags ${argv.map(escapeName).join(" ")}`] : []),
  ];
  const acts = limitsText(limits, memory.swapTotalKib > 0);
  const from = sources.length === 0 ? "the defaults" : sources.join(", ");
  const stale =
    isCurrent === false ? "; the files say something else by now: reload it (SIGHUP)" : "";
  return [
    ["Settings", `${digest}, from ${from}${stale}`],
    ["", `${acts}; ${countText(ruleCount, "rule", "rules")} on processes`],
  ];
}

function memoryLines({ lowest, memory }: Status, timeOf: TimeOf): Line[] {
  const swap =
    memory.swapTotalKib > 0
      ? `, ${percent(memory.swapFreePercent)} of ${sizeText(memory.swapTotalKib)} swap free`
      : ", no swap";
  const now =
    `${percent(memory.availablePercent)} of ${sizeText(memory.usableKib)} available ` +
    `(${sizeText(memory.availableKib)})${swap}`;
  const least =
    lowest === null
      ? "not known"
      : `${percent(lowest.percent)} (${sizeText(lowest.kib)}) at ${timeOf(lowest.wallMs)}`;
  return [
    ["Memory", now],
    ["Lowest", `today ${least}`],
  ];
}

function killText({ name, pid, rule, wallMs }: LastKill, timeOf: TimeOf): string {
  const by = rule === "" ? "" : `, by the rule ${escapeName(rule)}`;
  const who = name === "" ? "" : `: ${escapeName(name)} (pid ${pid})${by}`;
  return `${timeOf(wallMs)}${who}`;
}

function killLine({ lastKill }: Status, timeOf: TimeOf): Line {
  return ["Last kill", lastKill === null ? "none is known" : killText(lastKill, timeOf)];
}

function warningLines({ warnings }: Status, timeOf: TimeOf): Line[] {
  if (warnings === null) {
    return [];
  }
  const { last } = warnings;
  const text =
    last === null
      ? "of nobody yet"
      : `${timeOf(last.wallMs)}: ${escapeName(last.name)} (pid ${last.pid}), because ` +
        escapeName(last.because);
  return [["Warned", text]];
}

function dryLines({ dryRun, lastDry, state }: Status, timeOf: TimeOf): Line[] {
  if (state === "stopped" || !dryRun) {
    return [];
  }
  const last = lastDry === null ? "" : `; would have killed last ${killText(lastDry, timeOf)}`;
  return [["Dry run", `it kills nobody${last}`]];
}

function todayLines({ today }: Status): Line[] {
  if (today === null) {
    return [];
  }
  const near = countText(today.near, "time", "times");
  const kills = countText(today.kills, "kill", "kills");
  const dry =
    today.wouldKill === 0 ? "" : `, and ${today.wouldKill} that a dry run would have made`;
  const since = today.beganAfterKill
    ? "; counted since the flight recorder began, after the last kill"
    : "";
  return [["Today", `near the limit ${near}, ${kills}${dry}${since}`]];
}

function lostLines({ incidentsLost, lostErrno }: Status): Line[] {
  const count = countText(incidentsLost, "incident", "incidents");
  return incidentsLost > 0
    ? [["Lost", `${count} could not be written, the last one because ${errnoSentence(lostErrno)}`]]
    : [];
}

const LABEL_COLUMNS = 10;

/** `status` for people; `timeOf` shows a moment as the reader's clock does. Names are escaped. */
export function statusLines(status: Status, timeOf: TimeOf, nowMs: number): string[] {
  const lines: Line[] = [
    stateLine(status, timeOf, nowMs),
    ...recorderLines(status),
    ...dryLines(status, timeOf),
    ...settingsLines(status),
    ...memoryLines(status, timeOf),
    ...todayLines(status),
    ...warningLines(status, timeOf),
    killLine(status, timeOf),
    ...lostLines(status),
    ...status.problems.map((problem) => ["Problem", escapeName(problem)] as const),
  ];
  return lines.map(([label, text]) => `${label.padEnd(LABEL_COLUMNS)}${text}`);
}
