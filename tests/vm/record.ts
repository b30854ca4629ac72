/** Memory and pressure at one moment; sizes in KiB, pressure totals in µs, averages in percent. */
export interface Sample {
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

/** A process that a signal ended. */
export interface Death {
  name: string;
  pid: number;
  signal: number;
  /** "kernel" for its OOM killer, "daemon" for the daemon on duty, else the sender's name. */
  by: string;
  /** When the signal was sent and when the process was gone, since the story began. */
  signalledAtMs: number;
  atMs: number;
}

/** What the daemon had used up at one moment. */
export interface Footprint {
  minorFaults: number;
  majorFaults: number;
  cpuMs: number;
  rssKib: number;
  threads: number;
}

/** What happened in one story; all moments in ms since its first actor was started. */
export interface VmResult {
  deaths: Death[];
  /** Signals that ended nobody (yet): ignored, or still under way at the end. */
  lostSignals: { name: string; pid: number; signal: number; by: string; atMs: number }[];
  kernelOomKills: number;
  /** First MemAvailable < 10 % or some avg10 >= 10. */
  crisisAtMs: number | null;
  /** PSI some during the whole story. */
  stallUs: number;
  samples: Sample[];
  /** By the name in the plan; `exit` is the wait status if it ended, stall of those who note it. */
  actors: {
    name: string;
    pid: number;
    exit: number | null;
    longestStallMs: number;
    turns: number;
  }[];
  daemon: {
    log: { atMs: number; text: string }[];
    exit: number | null;
    before: Footprint | null;
    after: Footprint | null;
  };
  kernelLog: string[];
  totals: { ramKib: number; swapKib: number };
  durationMs: number;
}

interface Sent {
  pid: number;
  name: string;
  signal: number;
  senderPid: number;
  senderName: string;
  atUs: number;
}

/** The record's lines by their first letter; see guest/record.c for who writes what. */
function sortLines(record: string): Map<string, string[]> {
  const byKind = new Map<string, string[]>();
  for (const line of record.split("\n")) {
    const kind = line[0];
    if (!kind || line[1] !== " ") continue;
    const lines = byKind.get(kind) ?? [];
    lines.push(line.slice(2));
    byKind.set(kind, lines);
  }
  return byKind;
}

const traceLine = /^\d+ \s*(.*)-(\d+)\s+\[\d+\]\s+\S+\s+(\d+)\.(\d{6}): (\w+): (.*)$/;

/** What the kernel's tracepoints say: signals sent, ends of tasks, choices of the OOM killer. */
function readTrace(lines: string[]) {
  const sent: Sent[] = [];
  const exits = new Map<number, { atUs: number; name: string }>();
  const oomVictims = new Set<number>();
  for (const line of lines) {
    const parts = traceLine.exec(line);
    if (!parts) continue;
    const [, senderName = "", sender, seconds, micros, event, rest = ""] = parts;
    const atUs = Number(seconds) * 1e6 + Number(micros);
    const comm = /comm=(.*) pid=(\d+)/.exec(rest);
    if (event === "mark_victim") oomVictims.add(Number(/pid=(\d+)/.exec(rest)?.[1]));
    if (!comm) continue;
    const [, name = "", target] = comm;
    const pid = Number(target);
    if (event === "sched_process_exit") exits.set(pid, { atUs, name });
    if (event !== "signal_generate") continue;
    const signal = Number(/sig=(\d+)/.exec(rest)?.[1]);
    sent.push({ pid, name, signal, senderPid: Number(sender), senderName, atUs });
  }
  return { sent, exits, oomVictims };
}

function footprint(lines: string[], label: string): Footprint | null {
  const words = lines.map((line) => line.split(" ")).find((line) => line[1] === label);
  if (!words) return null;
  const [minorFaults = 0, majorFaults = 0, cpuMs = 0, rssKib = 0, threads = 0] = words
    .slice(2)
    .map(Number);
  return { minorFaults, majorFaults, cpuMs, rssKib, threads };
}

function readSample(line: string, beginUs: number): Sample {
  const [atUs = 0, availableKib = 0, freeKib = 0, cachedKib = 0, swapFreeKib = 0, ...pressure] =
    line.split(" ").map(Number);
  const [someTotalUs = 0, fullTotalUs = 0, some = 0, full = 0] = pressure;
  return {
    atMs: (atUs - beginUs) / 1000,
    ...{ availableKib, freeKib, cachedKib, swapFreeKib, someTotalUs, fullTotalUs },
    someAvg10: some / 100,
    fullAvg10: full / 100,
  };
}

/** Reads the record of one story; throws if it has no beginning (the machine never got there). */
export function readRecord(record: string): VmResult {
  const lines = sortLines(record);
  const of = (kind: string) => lines.get(kind) ?? [];
  if (!lines.has("T") || !lines.has("Z")) throw new Error("the machine wrote no complete record");
  const beginUs = Number(of("T")[0]);
  const ms = (us: number) => (us - beginUs) / 1000;
  const [ramKib = 0, swapKib = 0] = (of("M")[0] ?? "").split(" ").map(Number);
  const started = of("A").map((line) => {
    const [, pid, ...name] = line.split(" ");
    return { pid: Number(pid), name: name.join(" ") };
  });
  const reaped = new Map(
    of("R").map((line) => {
      const [atUs = 0, pid = 0, status = 0] = line.split(" ").map(Number);
      return [pid, { atUs, status }];
    }),
  );
  const daemonPid = Number(of("Y")[0] ?? -1);
  const actors = started.filter(({ pid }) => pid !== daemonPid);
  const slots = of("X").map((line) => line.split(" "));
  const samples = of("S").map((line) => readSample(line, beginUs));
  const told = samples.filter(({ atMs }) => atMs >= 0);
  const { sent, exits, oomVictims } = readTrace(of("E"));
  const names = new Map(started.map(({ pid, name }) => [pid, name]));
  const deaths: Death[] = [];
  const lostSignals: VmResult["lostSignals"] = [];
  for (const signal of sent) {
    if (signal.atUs < beginUs || signal.pid === daemonPid) continue;
    const kernel = signal.signal === 9 && oomVictims.has(signal.pid);
    const sender = names.get(signal.senderPid) ?? signal.senderName;
    const daemon = signal.senderPid === daemonPid ? "daemon" : sender;
    const { pid } = signal;
    const entry = {
      ...{ name: names.get(pid) ?? signal.name, pid, signal: signal.signal },
      by: kernel && daemon !== "daemon" ? "kernel" : daemon,
    };
    const later = sent.some((other) => other.pid === pid && other.atUs > signal.atUs);
    const goneUs = reaped.get(pid)?.atUs ?? exits.get(pid)?.atUs ?? 0;
    if (later || goneUs < signal.atUs) lostSignals.push({ ...entry, atMs: ms(signal.atUs) });
    else deaths.push({ ...entry, signalledAtMs: ms(signal.atUs), atMs: ms(goneUs) });
  }
  const crisis = told.find((at) => at.availableKib < ramKib * 0.1 || at.someAvg10 >= 10);
  return {
    deaths,
    lostSignals,
    kernelOomKills: oomVictims.size,
    crisisAtMs: crisis?.atMs ?? null,
    stallUs: (told.at(-1)?.someTotalUs ?? 0) - (told[0]?.someTotalUs ?? 0),
    samples,
    actors: actors.map(({ name, pid }, index) => ({
      ...{ name, pid, exit: reaped.get(pid)?.status ?? null },
      longestStallMs: Number(slots[index]?.[1] ?? 0) / 1000,
      turns: Number(slots[index]?.[2] ?? 0),
    })),
    daemon: {
      log: of("D").map((line) => {
        const [atUs] = line.split(" ", 1);
        return { atMs: ms(Number(atUs)), text: line.slice((atUs?.length ?? 0) + 1) };
      }),
      exit: reaped.get(daemonPid)?.status ?? null,
      before: footprint(of("P"), "before"),
      after: footprint(of("P"), "after"),
    },
    kernelLog: of("K"),
    totals: { ramKib, swapKib },
    durationMs: ms(Number(of("Z")[0])),
  };
}

/** When memory was at ease again after `sinceMs`: a tenth of it available, and in the last half
 * second less than a tenth stalled; null if it never was. */
export function reliefAtMs(result: VmResult, sinceMs: number): number | null {
  const later = result.samples.filter(({ atMs }) => atMs >= sinceMs);
  for (const [index, sample] of later.entries()) {
    if (sample.availableKib < result.totals.ramKib * 0.1) continue;
    const before = later.slice(0, index).findLast(({ atMs }) => atMs <= sample.atMs - 500);
    const stalled = before && sample.someTotalUs - before.someTotalUs;
    if (before && (stalled ?? 0) < (sample.atMs - before.atMs) * 100) return before.atMs;
  }
  return null;
}
