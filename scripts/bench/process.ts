/** What the kernel says about a process from outside; nothing here wakes it or faults its pages. */
import { readdirSync, readFileSync } from "node:fs";

/** Memory of a process, KiB. */
export interface Footprint {
  readonly rssKib: number;
  readonly pssKib: number;
  readonly anonKib: number;
  readonly fileKib: number;
  /** Pages in memory that are locked. VmLck counts reserved addresses with MCL_ONFAULT. */
  readonly lockedKib: number;
  readonly threads: number;
}

/** What a process has done so far. */
export interface Activity {
  readonly atMs: number;
  /** Times its threads slept and were woken, or had to wait for a CPU. */
  readonly switches: number;
  readonly cpuUs: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
}

function numberAfter(text: string, label: string): number {
  return Number(new RegExp(`^${label}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? Number.NaN);
}

function threadsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`);
}

/** The sums of its mappings, which are exact: the counters of `status` lag behind. proc(5). */
export function footprintOf(pid: number): Footprint {
  const sums = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const rssKib = numberAfter(sums, "Rss");
  const anonKib = numberAfter(sums, "Anonymous");
  return {
    rssKib,
    pssKib: numberAfter(sums, "Pss"),
    anonKib,
    fileKib: rssKib - anonKib,
    lockedKib: numberAfter(sums, "Locked"),
    threads: threadsOf(pid).length,
  };
}

/** All threads together; faults also of those that have ended. proc(5), sched-stats.rst. */
export function activityOf(pid: number): Activity {
  let switches = 0;
  let cpuUs = 0;
  for (const tid of threadsOf(pid)) {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, "utf8");
    switches += numberAfter(status, "voluntary_ctxt_switches");
    switches += numberAfter(status, "nonvoluntary_ctxt_switches");
    cpuUs += Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, "utf8").split(" ")[0]) / 1e3;
  }
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return {
    atMs: performance.now(),
    switches,
    cpuUs,
    minorFaults: Number(fields[7]),
    majorFaults: Number(fields[9]),
  };
}

/** Available memory and all there is, KiB. */
export function machineMemory(): { readonly availableKib: number; readonly totalKib: number } {
  const meminfo = readFileSync("/proc/meminfo", "utf8");
  return {
    availableKib: numberAfter(meminfo, "MemAvailable"),
    totalKib: numberAfter(meminfo, "MemTotal"),
  };
}

interface Started {
  readonly pid: number;
  /** Milliseconds from before it was started until it had written this; null: never. */
  readonly saidAfterMs: (what: RegExp, times?: number) => Promise<number | null>;
  readonly text: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly hasEnded: () => boolean;
  readonly end: () => Promise<void>;
}

const PATIENCE_MS = 10_000;

/** Starts a daemon and notes when it writes what. */
export function startDaemon(command: readonly string[]): Started {
  const startedMs = performance.now();
  const child = Bun.spawn([...command], { stdio: ["ignore", "pipe", "pipe"] });
  const pieces: { readonly atMs: number; readonly text: string }[] = [];
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      pieces.push({ atMs: performance.now() - startedMs, text: decoder.decode(bytes) });
    }
  };
  void Promise.all([listen(child.stdout), listen(child.stderr)]);
  const text = () => pieces.map((piece) => piece.text).join("");
  const saidAfterMs = async (what: RegExp, times = 1) => {
    const pattern = new RegExp(what, `${what.flags}g`);
    for (const deadlineMs = performance.now() + PATIENCE_MS; performance.now() < deadlineMs;) {
      let soFar = "";
      for (const piece of pieces) {
        soFar += piece.text;
        if ((soFar.match(pattern)?.length ?? 0) >= times) return piece.atMs;
      }
      if (child.exitCode !== null) return null;
      await Bun.sleep(5);
    }
    return null;
  };
  return {
    pid: child.pid,
    saidAfterMs,
    text,
    signal: (signal) => child.kill(signal),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    end: async () => {
      child.kill("SIGTERM");
      const isEnded = await Promise.race([child.exited, Bun.sleep(2000).then(() => null)]);
      if (isEnded === null) child.kill("SIGKILL");
      await child.exited;
    },
  };
}
