import type { Line, Recording } from "./recording.ts";
import { momentsOf } from "./recording.ts";
import { PF_EXITING } from "../model/process.ts";
import { type Header, NOBODY, type Pressure, type Process } from "./fields.ts";

/** Somebody large who was there and is not any more. */
export interface Death {
  readonly atMs: number;
  readonly process: Process;
  /** Whose doing it was, as far as the recording tells. */
  readonly by: string;
  /** When a look first found it dying; `atMs` where none did. */
  readonly dyingAtMs: number;
}

/** A process that is dying; what it was, and what was left, when a look found it alive last. */
interface Dying {
  readonly whole: Process;
  readonly atMs: number;
  readonly availableKib: number;
  readonly swapFreeKib: number;
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
  ended: Pick<Death, "process" | "dyingAtMs">[] = [];
  /** The moment that is shown, milliseconds since the recording began. */
  atMs = 0;
  /** What the dying had when they had something last. */
  readonly #were = new Map<number, Process>();
  /** Those of the dying who were found alive before. */
  readonly #dying = new Map<number, Dying>();
  readonly #killed: Recording["killed"];
  readonly #lines: Generator<Line>;
  #next: Line | null;

  constructor(recording: Recording) {
    this.header = recording.header;
    this.#killed = recording.killed;
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
    const { MemAvailable: availableKib = 0, SwapFree: swapFreeKib = 0 } = this.meminfo;
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
      this.#see(changed, { availableKib, swapFreeKib });
    }
    this.#next = this.#read();
    return line;
  }

  /** What is new of a process, or of a new one; and what was left at the look before. */
  #see(
    changed: NonNullable<Line["processes"]>[number],
    left: Pick<Dying, "availableKib" | "swapFreeKib">,
  ): void {
    const { pid, startMs } = changed;
    if (startMs !== undefined && startMs !== this.processes.get(pid)?.startMs) {
      this.#end(pid);
    }
    const known = this.processes.get(pid);
    const now = { ...NOBODY, ...known, ...changed };
    if (known !== undefined && sizeOf(now) === 0 && sizeOf(known) > 0) {
      this.#were.set(pid, known);
    }
    if (known !== undefined && isExiting(now) && !isExiting(known)) {
      // What it has at this look counts, unless it has begun to give that back.
      const whole = sizeOf(now) < sizeOf(known) ? known : { ...now, flags: known.flags };
      this.#dying.set(pid, { whole, atMs: this.atMs, ...left });
    }
    this.processes.set(pid, now);
  }

  #end(pid: number): void {
    const process = this.processes.get(pid);
    if (process !== undefined) {
      const was = this.#were.get(pid);
      this.ended.push({
        process: sizeOf(process) === 0 && was !== undefined ? was : process,
        dyingAtMs: this.#dying.get(pid)?.atMs ?? this.atMs,
      });
      this.processes.delete(pid);
      this.#were.delete(pid);
      this.#dying.delete(pid);
    }
  }

  /**
   * What a process still has to give back, KiB: of one that is dying what it had, less what came
   * back since, for its own numbers are gone before its memory is.
   */
  heldBy(process: Process): Pick<Process, "anonKib" | "swapKib"> {
    const dying = this.#dying.get(process.pid);
    if (dying === undefined) {
      return process;
    }
    const { availableKib, swapFreeKib, whole } = dying;
    const { MemAvailable = 0, SwapFree = 0 } = this.meminfo;
    return {
      anonKib: Math.max(0, whole.anonKib - Math.max(0, MemAvailable - availableKib)),
      swapKib: Math.max(0, whole.swapKib - Math.max(0, SwapFree - swapFreeKib)),
    };
  }

  /** Whom a daemon killed in the recording and who is dying there, as it was before; or null. */
  beforeItsKill(pid: number): Process | null {
    const dying = this.#dying.get(pid);
    const isKilled = ({ atMs, by, pid: killed }: Recording["killed"][number]) =>
      killed === pid && by !== "kernel" && isNear(atMs, this.atMs);
    return dying !== undefined && this.#killed.some(isKilled) ? dying.whole : null;
  }
}

function isNear(atMs: number, otherMs: number): boolean {
  return Math.abs(atMs - otherMs) < TOLD_WITHIN_MS;
}

function isExiting({ flags }: Process): boolean {
  return (flags & PF_EXITING) !== 0;
}

/** Who held less than this share of RAM is not told of when it goes. */
const LARGE_SHARE = 0.01;
/** So long after a death an incident may tell of it, or the kernel's count of its kills grow. */
const TOLD_WITHIN_MS = 30_000;

/** Who large went, and by whose hand; in the order in which they went. */
export function deathsOf(recording: Recording): readonly Death[] {
  const stage = new Stage(recording);
  const deaths: Death[] = [];
  const leastKib = (stage.meminfo["MemTotal"] ?? 0) * LARGE_SHARE;
  let kernelKills = stage.vmstat["oom_kill"] ?? 0;
  let unexplained = 0;
  for (;;) {
    const line = stage.step();
    if (line === null) {
      break;
    }
    unexplained += Math.max(0, (stage.vmstat["oom_kill"] ?? 0) - kernelKills);
    kernelKills = stage.vmstat["oom_kill"] ?? 0;
    for (const ended of stage.ended) {
      if (sizeOf(ended.process) >= leastKib) {
        deaths.push({ atMs: line.atMs, ...ended, by: "" });
      }
    }
    // The kernel kills the largest; its count may grow a moment before the process is gone.
    const last = deaths.at(-1);
    if (unexplained > 0 && last?.by === "" && line.atMs - last.atMs < TOLD_WITHIN_MS) {
      deaths[deaths.length - 1] = { ...last, by: "kernel" };
      unexplained--;
    }
  }
  return deaths.map(({ atMs, by, dyingAtMs, process }) => {
    const { pid } = process;
    const killed = recording.killed.find((one) => one.pid === pid && isNear(one.atMs, atMs));
    return { atMs, process, by: killed?.by ?? by, dyingAtMs };
  });
}

/** What a process has in memory and in swap, KiB. */
export function sizeOf({ anonKib, fileKib, shmemKib, swapKib }: Process): number {
  return anonKib + fileKib + shmemKib + swapKib;
}
