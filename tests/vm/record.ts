import { deathsOf, readTrace, type Death, type LostSignal } from "./trace.ts";

/** Memory and pressure at one moment; sizes in KiB, pressure totals in µs, averages in percent. */
interface Sample {
  atMs: number;
  availableKib: number;
  freeKib: number;
  cachedKib: number;
  swapFreeKib: number;
  someTotalUs: number;
  fullTotalUs: number;
  someAvg10: number;
  fullAvg10: number;
}

/** What the daemon had used up at one moment. */
interface Footprint {
  minorFaults: number;
  majorFaults: number;
  cpuMs: number;
  rssKib: number;
  threads: number;
  /** The time it had run, to the nanosecond; schedstat of proc(5). */
  runMs: number;
}

/** One of the story's processes that the plan names. */
interface ActorRecord {
  name: string;
  pid: number;
  /** Its wait status (wait(2)) if it ended. */
  exit: number | null;
  /** The longest time it stood still, and its turns, if it notes them. */
  longestStallMs: number;
  turns: number;
}

/** What happened in one story; all moments in ms since its first actor was started. */
export interface VmResult {
  deaths: Death[];
  lostSignals: LostSignal[];
  kernelOomKills: number;
  /** First MemAvailable < 10 % or some avg10 >= 10. */
  crisisAtMs: number | null;
  /** PSI some during the whole story. */
  stallUs: number;
  samples: Sample[];
  actors: ActorRecord[];
  daemon: {
    log: { atMs: number; text: string }[];
    /** 0 where none is on duty. */
    pid: number;
    /** Its wait status (wait(2)) if it ended before the story did. */
    exit: number | null;
    before: Footprint | null;
    /** When less than a tenth of memory was available for the first time. */
    crisis: Footprint | null;
    after: Footprint | null;
  };
  /** The course was longer than the recorder can hold. */
  isCourseCut: boolean;
  /** What the kernel logged about running out of memory. */
  kernelLog: string[];
  totals: { ramKib: number; swapKib: number };
  /** When its first actor was started, by the machine's clock, and since 1970. */
  beginUs: number;
  beginWallMs: number;
  /** What each command printed that was run when the story was over. */
  answers: string[];
  durationMs: number;
}

/** The record's lines by their first letter; see guest/record.c for who writes what. */
function sortLines(record: string): (kind: string) => string[] {
  const byKind: Record<string, string[]> = {};
  for (const line of record.split("\n")) {
    if (line[1] === " ") (byKind[line[0]!] ??= []).push(line.slice(2));
  }
  return (kind) => byKind[kind] ?? [];
}

function numbers(line = ""): number[] {
  return line.split(" ").map(Number);
}

function footprint(lines: string[], label: string): Footprint | null {
  const words = lines.map((line) => line.split(" ")).find((line) => line[1] === label);
  if (!words) return null;
  const [minorFaults = 0, majorFaults = 0, cpuMs = 0, rssKib = 0, threads = 0, runNs = 0] = words
    .slice(2)
    .map(Number);
  return { minorFaults, majorFaults, cpuMs, rssKib, threads, runMs: runNs / 1e6 };
}

/** "Q number name" before the lines "O µs text" of what it printed. */
function answersIn(record: string): string[] {
  const [, ...parts] = record.split(/^Q .*\n/m);
  const lines = parts.map((part) => [...part.matchAll(/^O \d+ (.*)$/gm)]);
  return lines.map((found) => found.map(([, text]) => `${text}\n`).join(""));
}

function readSample(line: string, beginUs: number): Sample {
  const [atUs = 0, availableKib = 0, freeKib = 0, cachedKib = 0, swapFreeKib = 0, ...pressure] =
    numbers(line);
  const [someTotalUs = 0, fullTotalUs = 0, some = 0, full = 0] = pressure;
  return {
    atMs: (atUs - beginUs) / 1000,
    availableKib,
    freeKib,
    cachedKib,
    swapFreeKib,
    someTotalUs,
    fullTotalUs,
    someAvg10: some / 100,
    fullAvg10: full / 100,
  };
}

/** "µs pid rest" */
function readEvent(line: string): { atUs: number; pid: number; rest: string } {
  const [, atUs, pid, rest = ""] = /^(\d+) (\d+) (.*)$/.exec(line) ?? [];
  return { atUs: Number(atUs), pid: Number(pid), rest };
}

/** Reads the record of one story; throws if it is not complete (the machine hung or crashed). */
export function readRecord(record: string): VmResult {
  const of = sortLines(record);
  const [begin] = of("T");
  const [end] = of("Z");
  if (!begin || !end || of("I").includes("cut")) throw new Error("the record is not complete");
  const beginUs = Number(begin);
  const daemonPid = Number(of("Y")[0] ?? -1);
  const [ramKib = 0, swapKib = 0] = numbers(of("M")[0]);
  const processes = of("A").map(readEvent);
  const reaped = new Map(of("R").map((line) => [readEvent(line).pid, readEvent(line)]));
  const exitOf = (pid: number) => (reaped.has(pid) ? Number(reaped.get(pid)?.rest) : null);
  const samples = of("S").map((line) => readSample(line, beginUs));
  const told = samples.filter(({ atMs }) => atMs >= 0);
  const trace = readTrace(of("E"));
  const { deaths, lost } = deathsOf(trace, {
    names: new Map(processes.map(({ pid, rest }) => [pid, rest])),
    reaped: new Map(
      [...reaped].map(([pid, { atUs, rest }]) => [pid, { atUs, status: Number(rest) }]),
    ),
    daemonPid,
    beginUs,
  });
  const crisis = told.find((at) => at.availableKib < ramKib * 0.1 || at.someAvg10 >= 10);
  const actors = processes.filter(({ pid }) => pid !== daemonPid);
  return {
    deaths,
    lostSignals: lost,
    kernelOomKills: trace.oomVictims.size,
    crisisAtMs: crisis?.atMs ?? null,
    stallUs: (told.at(-1)?.someTotalUs ?? 0) - (told[0]?.someTotalUs ?? 0),
    samples,
    actors: actors.map(({ pid, rest }, index) => {
      const [, longestStallUs = 0, turns = 0] = numbers(of("X")[index]);
      return { name: rest, pid, exit: exitOf(pid), longestStallMs: longestStallUs / 1000, turns };
    }),
    daemon: {
      log: of("D").map((line) => {
        const [, atUs, text = ""] = /^(\d+) (.*)$/.exec(line) ?? [];
        return { atMs: (Number(atUs) - beginUs) / 1000, text };
      }),
      pid: Math.max(0, daemonPid),
      exit: exitOf(daemonPid),
      before: footprint(of("P"), "before"),
      crisis: footprint(of("P"), "crisis"),
      after: footprint(of("P"), "after"),
    },
    isCourseCut: of("I").includes("course cut"),
    kernelLog: of("K"),
    totals: { ramKib, swapKib },
    beginUs,
    beginWallMs: Number(of("W")[0] ?? 0) / 1000,
    answers: answersIn(record),
    durationMs: (Number(end) - beginUs) / 1000,
  };
}

/** When memory was at ease again after `sinceMs`: a tenth of it available, and in the half second
 * after that less than a tenth stalled; null if it never was. */
export function reliefAtMs(result: VmResult, sinceMs: number): number | null {
  const enough = result.totals.ramKib * 0.1;
  const later = result.samples.filter(({ atMs }) => atMs >= sinceMs);
  for (const [index, sample] of later.entries()) {
    if (sample.availableKib < enough) continue;
    const next = later.slice(index).find(({ atMs }) => atMs >= sample.atMs + 500);
    if (!next) return null;
    const stalledUs = next.someTotalUs - sample.someTotalUs;
    if (stalledUs < (next.atMs - sample.atMs) * 100) return sample.atMs;
  }
  return null;
}
