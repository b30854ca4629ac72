import type { Acting, Event, Outcome } from "../model/event.ts";
import type { Options } from "../model/options.ts";
import { availablePercent, type Reading, swapFreePercent } from "../model/reading.ts";
import type { Candidate, Selection } from "../model/selection.ts";
import type { RuleName, Witness } from "../model/verdict.ts";
import { errnoSentence } from "../model/errno.ts";
import { escapeName } from "./escape.ts";

/** How much an event matters; the numbers are syslog's priorities, sd-daemon(3). */
export const Level = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;
export type Level = (typeof Level)[keyof typeof Level];

const BECAUSE: Readonly<Record<RuleName, string>> = {
  exhaustion: "memory is used up",
  leak: "memory is running out and tasks stall",
  thrashing: "tasks stall and memory in use is evicted again and again",
  frozen: "tasks have stalled nearly all the time for seconds",
  when: "a condition of the configuration holds",
};

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

function mib(kib: number): string {
  return `${Math.round(kib / 1024)} MiB`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function witnessText({ name, value, limit, unit }: Witness): string {
  const text = (number: number) =>
    unit === "%" ? percent(number) : `${number.toFixed(1)} ${unit}`;
  return `${name} ${text(value)} (limit ${text(limit)})`;
}

function because(verdict: Acting): string {
  let witnesses = "";
  for (const witness of verdict.witnesses) {
    witnesses += `${witnesses === "" ? ": " : ", "}${witnessText(witness)}`;
  }
  return BECAUSE[verdict.rule] + witnesses;
}

/** A process with the numbers it was chosen by. */
function candidateText({ process, score, points }: Candidate): string {
  let sum = "";
  for (const item of points) {
    const before = sum === "" ? `, score ${Math.round(score)}: ` : ", ";
    sum += `${before}${escapeName(item.origin)} ${item.points > 0 ? "+" : ""}${item.points}`;
  }
  const { comm, oomScore, oomScoreAdj, pid, rssKib } = process;
  return (
    `${escapeName(comm)} (pid ${pid}, oom_score ${oomScore}, ` +
    `oom_score_adj ${oomScoreAdj}, RSS ${mib(rssKib)}${sum})`
  );
}

function victimsText({ victims, family }: Selection): string {
  const [first, ...others] = victims;
  if (first === undefined) {
    return "nobody";
  }
  if (family !== null) {
    const { count, growthPercent, id, sizeKib, tie } = family;
    return (
      `${count} processes like ${candidateText(first)}, all of ${tie} ${id}, ` +
      `${mib(sizeKib)} together, ${percent(growthPercent)} of all growth,`
    );
  }
  const more = others.length > 0 ? ` and ${others.length} more of its group` : "";
  return candidateText(first) + more;
}

function nextText(next: Candidate | null): string {
  return next === null
    ? "nobody would be next"
    : `next in line: ${escapeName(next.process.comm)} (pid ${next.process.pid}, ` +
        `score ${Math.round(next.score)})`;
}

function tooSmallText(largest: Candidate | null): string {
  if (largest === null) {
    return "";
  }
  const { comm, pid, sizeKib } = largest.process;
  return `; ${escapeName(comm)} (pid ${pid}) could be, but holds only ${mib(sizeKib)}`;
}

function outcomeText(selection: Selection, outcome: Outcome, available: number): string {
  const first = selection.victims[0]?.process;
  const name = first === undefined ? "" : `${escapeName(first.comm)} (pid ${first.pid})`;
  const more = outcome.signalled > 1 ? ` and ${outcome.signalled - 1} more` : "";
  const whole = outcome.group > 0 ? `, and all else of process group ${outcome.group},` : "";
  const who = `${name}${more}${whole}`;
  const by = outcome.sigkill ? "SIGKILL" : "SIGTERM";
  switch (outcome.ending) {
    case "gone":
      return (
        `${who} ended ${seconds(outcome.tookMs)} after the first signal, by ${by}; ` +
        `MemAvailable is ${percent(available)} now`
      );
    case "gone-before":
      return `${name} was gone before it was signalled; nobody was ended`;
    case "refused":
      return `${name} cannot be ended, ${errnoSentence(outcome.errno)}; the next best is taken`;
    case "stuck":
      return (
        `${who} did not end within ${seconds(outcome.tookMs)} of ${by}, ` +
        (selection.family === null
          ? "it is stuck in the kernel; the next best is taken"
          : "not all of them; those born meanwhile are next")
      );
    case "interrupted":
      return `${who} had not ended yet when bustd was told to stop`;
  }
}

/** What will make the daemon act, from the options as they are. */
export function watchingText(options: Options, reading: Reading): string {
  if (options.when !== null) {
    return `acting when ${options.when.map(({ text }) => escapeName(text)).join(", or when ")}`;
  }
  const { mem, psiPercent, swap } = options;
  const rules: string[] = [];
  if (mem.softPercent > 0) {
    const both =
      reading.swapTotalKib > 0 ? ` and free swap is at ${swap.softPercent} % or less` : "";
    const hard = `SIGKILL at once from ${mem.hardPercent} %`;
    rules.push(`MemAvailable is at ${mem.softPercent} % or less${both} (${hard})`);
  }
  if (psiPercent > 0 && reading.hasPressure) {
    rules.push(
      `tasks stall ${psiPercent} % of the time while memory runs out or memory in use is evicted`,
    );
  }
  return rules.length > 0
    ? `acting when ${rules.join(", or when ")}`
    : "all rules are switched off";
}

function memoryText(reading: Reading): string {
  const swap =
    reading.swapTotalKib > 0
      ? `${percent(swapFreePercent(reading))} of ${mib(reading.swapTotalKib)} swap free`
      : "no swap";
  return `${percent(availablePercent(reading))} of ${mib(reading.totalKib)} available, ${swap}`;
}

type Said = { readonly level: Level; readonly text: string };
type Sayings = { readonly [K in Event["kind"]]: (event: Extract<Event, { kind: K }>) => Said };

function said(level: Level, text: string): Said {
  return { level, text };
}

/** Each event in one sentence, and how much it matters. */
const SAYINGS: Sayings = {
  started: ({ architecture, host, release, system, version }) =>
    said(
      Level.info,
      `bustd ${version} on ${system} ${release} (${architecture}), host ${escapeName(host)}`,
    ),
  "no-pressure": ({ errno }) =>
    said(
      Level.warning,
      `/proc/pressure/memory cannot be read, ${errnoSentence(errno)}: going on without the ` +
        "pressure rules; boot with psi=1, or build the kernel with CONFIG_PSI=y",
    ),
  trigger: ({ stallMs, windowMs }) =>
    said(Level.info, `woken by the kernel when tasks stall ${stallMs} ms within ${windowMs} ms`),
  "no-trigger": ({ errno }) =>
    said(Level.warning, `no PSI trigger, ${errnoSentence(errno)}: looking by the clock alone`),
  locked: ({ how, kib }) =>
    said(
      Level.info,
      how === "all"
        ? "memory pages locked"
        : `${kib} KiB of resident pages locked; CAP_IPC_LOCK would lock all`,
    ),
  "not-locked": ({ errno }) =>
    said(
      Level.warning,
      `memory pages are not locked, ${errnoSentence(errno)}: give bustd CAP_IPC_LOCK or ` +
        "LimitMEMLOCK=infinity, or it may be slow when it matters",
    ),
  watching: ({ options, reading }) =>
    said(Level.info, `${watchingText(options, reading)}; ${memoryText(reading)}`),
  look: ({ reading, refaultsPerS, sleepMs, stallPercent, swapInsPerS }) =>
    said(
      Level.debug,
      `${memoryText(reading)}, some avg10 ${reading.someAvg10.toFixed(2)}, ` +
        `in the last second ${percent(Math.max(0, stallPercent))} stall, ` +
        `${Math.max(0, Math.round(refaultsPerS))} refaults, ` +
        `${Math.max(0, Math.round(swapInsPerS))} swap-ins; ` +
        `looking again in ${Math.round(sleepMs)} ms`,
    ),
  killing: ({ dryRun, selection, verdict }) =>
    said(
      dryRun ? Level.notice : Level.warning,
      `${dryRun ? "dry run, would end" : "ending"} ${victimsText(selection)} ` +
        `by ${verdict.urgency === "kill" ? "SIGKILL" : "SIGTERM"}, because ` +
        `${because(verdict)}; ${nextText(selection.next)}`,
    ),
  ended: ({ availablePercent: available, outcome, selection }) =>
    said(
      outcome.ending === "gone" ? Level.notice : Level.warning,
      outcomeText(selection, outcome, available),
    ),
  recovered: ({ verdict }) =>
    said(
      Level.notice,
      `memory came back while a victim was chosen, nobody is ended (${because(verdict)})`,
    ),
  nobody: ({ selection, verdict }) =>
    said(
      Level.error,
      `nobody can be ended among ${selection.processCount} processes, although ` +
        because(verdict) +
        tooSmallText(selection.next),
    ),
  "pressure-lost": () => said(Level.warning, "the PSI trigger is gone: looking by the clock alone"),
  reloading: () => said(Level.info, "reading the configuration again"),
  problem: ({ sentence }) => said(Level.error, sentence),
  stopped: ({ signal }) => said(Level.info, `stopped by signal ${signal}`),
};

/** One event in one sentence, and how much it matters. Names in it are escaped. */
export function sentenceOf(event: Event): Said {
  return (SAYINGS[event.kind] as (event: Event) => Said)(event);
}
