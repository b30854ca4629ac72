import type { Event } from "../model/event.ts";
import { SCARCE, SPARED_MS } from "../model/limits.ts";
import type { Limits, Options } from "../model/options.ts";
import {
  availablePercent,
  Depth,
  type Reading,
  swapFreePercent,
  usableKib,
} from "../model/reading.ts";
import type { Acting, Witness } from "../model/verdict.ts";
import { Errno, errnoSentence } from "../model/errno.ts";
import { escapeName } from "./escape.ts";
import { measureText, mib, percent } from "./units.ts";
import { warningText } from "./warning-text.ts";
import {
  blamelessText,
  lossText,
  nextText,
  outcomeText,
  tooSmallText,
  victimsText,
} from "./victim-text.ts";

/** How much an event matters; the numbers are syslog's priorities, sd-daemon(3). */
export const Level = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;
export type Level = (typeof Level)[keyof typeof Level];

function witnessText({ limit, name, unit, value }: Witness): string {
  return `${name} ${measureText(value, unit)} (limit ${measureText(limit, unit)})`;
}

/** The rule's name, why it acts, and the numbers that it was held against. */
function becauseText(verdict: Acting): string {
  let witnesses = "";
  for (const witness of verdict.witnesses) {
    witnesses += `${witnesses === "" ? ": " : ", "}${witnessText(witness)}`;
  }
  return `${verdict.because} (rule ${verdict.rule})${witnesses}`;
}

/** A limit as it was given: a share, an amount, or the lower of both. */
function limitText({ softKib, softPercent }: Limits): string {
  if (softKib === undefined) {
    return `${softPercent} %`;
  }
  return softPercent >= 100 ? mib(softKib) : `the lower of ${softPercent} % and ${mib(softKib)}`;
}

/** What will make the daemon act, from the options as they are. */
export function watchingText(options: Options, reading: Reading): string {
  const act = options.dryRun ? "dry run, nobody is killed: would act when" : "acting when";
  if (options.when !== null) {
    return `${act} ${options.when.map(({ text }) => escapeName(text)).join(", or when ")}`;
  }
  const { mem, psiPercent, swap } = options;
  const rules: string[] = [];
  if (mem.softPercent > 0) {
    const both = reading.swapTotalKib > 0 ? ` and free swap is at ${limitText(swap)} or less` : "";
    rules.push(`MemAvailable is at ${limitText(mem)} or less${both}`);
  }
  // Without swap low memory is enough by itself, whether or not tasks stall.
  const isSaid = rules.length > 0 && reading.swapTotalKib <= 0;
  if (psiPercent > 0 && reading.hasPressure && !isSaid) {
    const low = limitText(mem.softPercent > 0 ? mem : SCARCE);
    rules.push(`MemAvailable is at ${low} or less and tasks stall ${psiPercent} % of the time`);
  }
  return rules.length > 0 ? `${act} ${rules.join(", or when ")}` : "all rules are switched off";
}

function memoryText(reading: Reading): string {
  const swap =
    reading.swapTotalKib > 0
      ? `${percent(swapFreePercent(reading))} of ${mib(reading.swapTotalKib)} swap free`
      : "no swap";
  // While much is free, what else could be had is not asked.
  const least = reading.depth === Depth.free ? "at least " : "";
  const available = percent(availablePercent(reading));
  return `${least}${available} of ${mib(usableKib(reading))} available, ${swap}`;
}

/** What is available now, without and with what meminfo does not count. */
function nowText(reading: Reading): string {
  const all = availablePercent(reading);
  const counted = availablePercent({ ...reading, perCpuKib: 0 });
  const more = all - counted >= 0.1 ? `, ${percent(all)} with processors' own free lists` : "";
  return `MemAvailable is ${percent(counted)} now${more}`;
}

type Said = {
  readonly level: Level;
  /** Something is wrong with the daemon or the machine, and is to be mended. */
  readonly isWrong: boolean;
  readonly text: string;
};
type Sayings = { readonly [K in Event["kind"]]: (event: Extract<Event, { kind: K }>) => Said };

function said(level: Level, text: string): Said {
  return { level, isWrong: false, text };
}

function wrong(level: Level, text: string): Said {
  return { level, isWrong: true, text };
}

/** Each event in one sentence, and how much it matters. */
const SAYINGS: Sayings = {
  started: ({ architecture, host, release, system, version }) =>
    said(
      Level.info,
      `bustd ${version} on ${system} ${release} (${architecture}), host ${escapeName(host)}`,
    ),
  "no-pid-file": ({ errno, path }) =>
    said(
      Level.info,
      `going on without the pid file ${escapeName(path)}: ${errnoSentence(errno)}; nothing keeps ` +
        "a second bustd from running",
    ),
  "no-recorder": ({ errno }) =>
    said(
      Level.info,
      errno === Errno.EBUSY
        ? "going on without the flight recorder: another bustd keeps it"
        : `going on without the flight recorder: ${errnoSentence(errno)}`,
    ),
  "no-pressure": ({ errno }) =>
    wrong(
      Level.warning,
      `/proc/pressure/memory cannot be read, ${errnoSentence(errno)}: going on without the ` +
        "rules that judge by stalls; boot with psi=1, or build the kernel with CONFIG_PSI=y",
    ),
  trigger: ({ stallMs, windowMs }) =>
    said(Level.info, `woken by the kernel when tasks stall ${stallMs} ms within ${windowMs} ms`),
  "no-trigger": ({ errno }) =>
    wrong(Level.warning, `no PSI trigger, ${errnoSentence(errno)}: looking by the clock alone`),
  locked: ({ how, kib }) =>
    said(
      Level.info,
      how === "all"
        ? "memory pages locked"
        : `${kib} KiB of resident pages locked; CAP_IPC_LOCK would lock all`,
    ),
  "not-locked": ({ errno }) =>
    wrong(
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
  hour: ({ kills, lowestKib, lowestPercent, near }) =>
    said(
      Level.info,
      lowestKib < 0
        ? "in the last hour: much memory was free at all times"
        : `in the last hour: MemAvailable was ${percent(lowestPercent)} at the lowest ` +
            `(${mib(lowestKib)}), near the limit ${near}x, kills: ${kills}`,
    ),
  killing: ({ dryRun, selection, verdict }) => {
    const victims = `${victimsText(selection)}${selection.group === null ? "" : ","}`;
    return said(
      dryRun ? Level.notice : Level.warning,
      `${dryRun ? "dry run, would kill" : "killing"} ${victims} ` +
        `by ${verdict.urgency === "kill" ? "SIGKILL" : "SIGTERM"}, because ` +
        `${becauseText(verdict)}${lossText(selection.loss, selection)}; ` +
        nextText(selection.next),
    );
  },
  killed: ({ availablePercent: available, outcome, selection }) =>
    said(
      outcome.ending === "gone" ? Level.notice : Level.warning,
      outcomeText(selection, outcome, available),
    ),
  warned: (event) =>
    said(
      Level.warning,
      `warning: ${warningText(event)}, by ${victimsText(event.selection)}` +
        lossText(event.selection.loss, event.selection),
    ),
  spared: ({ byUid, comm, errno, pid }) =>
    said(
      errno > 0 ? Level.warning : Level.notice,
      errno > 0
        ? `user ${byUid} asked to spare pid ${pid}, which is refused: ${errnoSentence(errno)}`
        : `sparing ${escapeName(comm)} (pid ${pid}) for ${SPARED_MS / 60_000} minutes, as user ` +
            `${byUid} asks, unless memory falls to the hard limits`,
    ),
  held: ({ selection, verdict }) =>
    said(
      Level.notice,
      `would kill ${victimsText(selection)}, because ${becauseText(verdict)}, ` +
        "but a user asked to spare it: waiting for the hard limits",
    ),
  recovered: ({ reading, verdict }) =>
    said(
      Level.notice,
      `it got better while a victim was chosen, nobody is killed: ${becauseText(verdict)}; ` +
        nowText(reading),
    ),
  blameless: ({ selection, verdict }) =>
    said(
      Level.warning,
      `nobody is killed, although ${becauseText(verdict)}; ${blamelessText(selection)}`,
    ),
  nobody: ({ selection, verdict }) =>
    said(
      Level.error,
      `nobody can be killed among ${selection.processCount} processes, although ` +
        `${becauseText(verdict)}${lossText(selection.loss, selection)}` +
        tooSmallText(selection),
    ),
  meminfo: ({ isLost }) =>
    wrong(
      isLost ? Level.error : Level.notice,
      isLost
        ? "/proc/meminfo cannot be read: going by sysinfo(2) and /proc/vmstat, and trying again"
        : "/proc/meminfo can be read again",
    ),
  "pressure-lost": () =>
    wrong(Level.warning, "the PSI trigger is gone: looking by the clock alone"),
  reloading: () => said(Level.info, "reading the configuration again"),
  problem: ({ sentence }) => wrong(Level.error, sentence),
  stopped: ({ signal }) => said(Level.info, `stopped by ${signalName(signal)}`),
};

const SIGNAL_NAMES: Readonly<Record<number, string>> = { 2: "SIGINT", 3: "SIGQUIT", 15: "SIGTERM" };

function signalName(signal: number): string {
  return SIGNAL_NAMES[signal] ?? `signal ${signal}`;
}

/** One event in one sentence, and how much it matters. Names in it are escaped. */
export function sentenceOf(event: Event): Said {
  return (SAYINGS[event.kind] as (event: Event) => Said)(event);
}
