import type { Line, Recording } from "./recording.ts";
import { momentsOf } from "./recording.ts";
import { type Header, NOBODY, type Pressure, type Process } from "./fields.ts";

/** Somebody large who was there and is not any more. */
export interface Death {
  readonly atMs: number;
  readonly process: Process;
  /** Whose doing it was, as far as the recording tells. */
  readonly by: string;
}

/** A recorded machine at one moment, which goes on from moment to moment. */
export class Stage {
  readonly header: Header;
  readonly meminfo: Record<string, number> = {};
  readonly vmstat: Record<string, number> = {};
  some: Pressure | null = null;
  full: Pressure | null = null;
  arcKib = 0;
  readonly processes = new Map<number, Process>();
  /** Who went, or whose pid is another one's, at the last step. */
  ended: Process[] = [];
  /** The moment that is shown, milliseconds since the recording began. */
  atMs = 0;
  /** What the dying had when they had something last. */
  readonly #were = new Map<number, Process>();
  readonly #lines: Generator<Line>;
  #next: Line | null;

  constructor(recording: Recording) {
    this.header = recording.header;
    this.#lines = momentsOf(recording);
    this.#next = this.#read();
    this.step();
  }

  #read(): Line | null {
    const next = this.#lines.next();
    return next.done === true ? null : next.value;
  }

  /** Goes on to the next moment; what it tells, null at the end. */
  step(): Line | null {
    const line = this.#next;
    if (line === null) {
      return null;
    }
    this.atMs = line.atMs;
    Object.assign(this.meminfo, line.meminfo);
    Object.assign(this.vmstat, line.vmstat);
    this.some = line.some ?? this.some;
    this.full = line.full ?? this.full;
    this.arcKib = line.arcKib ?? this.arcKib;
    this.ended = [];
    for (const pid of line.gone ?? []) {
      this.#end(pid);
    }
    for (const changed of line.processes ?? []) {
      const { pid, startMs } = changed;
      if (startMs !== undefined && startMs !== this.processes.get(pid)?.startMs) {
        this.#end(pid);
      }
      const known = this.processes.get(pid);
      const now = { ...NOBODY, ...known, ...changed };
      if (known !== undefined && sizeOf(now) === 0 && sizeOf(known) > 0) {
        this.#were.set(pid, known);
      }
      this.processes.set(pid, now);
    }
    this.#next = this.#read();
    return line;
  }

  #end(pid: number): void {
    const process = this.processes.get(pid);
    if (process !== undefined) {
      const was = this.#were.get(pid);
      this.ended.push(sizeOf(process) === 0 && was !== undefined ? was : process);
      this.processes.delete(pid);
      this.#were.delete(pid);
    }
  }
}

/** Who held less than this share of RAM is not told of when it goes. */
const LARGE_SHARE = 0.01;
/** So long after a death an incident may tell of it, or the kernel's count of its kills grow. */
const TOLD_WITHIN_MS = 30_000;

/** Who large went, and by whose hand; in the order in which they went. */
export function deathsOf(recording: Recording): readonly Death[] {
  const stage = new Stage(recording);
  const deaths: Death[] = [];
  const told: { readonly atMs: number; readonly pid: number; readonly by: string }[] = [];
  const leastKib = (stage.meminfo["MemTotal"] ?? 0) * LARGE_SHARE;
  let kernelKills = stage.vmstat["oom_kill"] ?? 0;
  let unexplained = 0;
  for (;;) {
    const line = stage.step();
    if (line === null) {
      break;
    }
    for (const killed of line.killed ?? []) {
      told.push({ atMs: line.atMs, ...killed });
    }
    unexplained += Math.max(0, (stage.vmstat["oom_kill"] ?? 0) - kernelKills);
    kernelKills = stage.vmstat["oom_kill"] ?? 0;
    for (const process of stage.ended) {
      if (sizeOf(process) >= leastKib) {
        deaths.push({ atMs: line.atMs, process, by: "" });
      }
    }
    // The kernel kills the largest; its count may grow a moment before the process is gone.
    const last = deaths.at(-1);
    if (unexplained > 0 && last?.by === "" && line.atMs - last.atMs < TOLD_WITHIN_MS) {
      deaths[deaths.length - 1] = { ...last, by: "kernel" };
      unexplained--;
    }
  }
  return deaths.map(({ atMs, by, process }) => {
    const killed = told.find(
      (one) => one.pid === process.pid && Math.abs(one.atMs - atMs) < TOLD_WITHIN_MS,
    );
    return { atMs, process, by: killed?.by ?? by };
  });
}

/** What a process has in memory and in swap, KiB. */
export function sizeOf({ anonKib, fileKib, shmemKib, swapKib }: Process): number {
  return anonKib + fileKib + shmemKib + swapKib;
}
