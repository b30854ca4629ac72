import { Errno } from "../../src/model/errno.ts";
import { emptyReading, type Reading } from "../../src/model/reading.ts";
import { lost, Signal, Source } from "../../src/sys/sys.ts";
import {
  meminfoText,
  pressureText,
  schedstatText,
  statmText,
  statText,
  statusText,
  UP_AT_START_S,
  vmstatText,
  zoneinfoText,
} from "./kernel-texts.ts";
import { type PaperProcess, scoreOf } from "./paper-process.ts";

/** Text, bytes, or a negative error number. */
export type Content = string | Uint8Array | number;
/** A signal, a PSI trigger that fires or is lost, or anything else. */
export type Happening = number | "pressure" | "pressure-gone" | (() => void);

/**
 * A machine on paper: a clock, memory, processes, files, and an agenda of what happens when.
 * It starts at 0 ms with 8 GiB, half of it available, without swap and without a process.
 */
export class PaperMachine {
  readonly pageKib = 4;
  /** Before Linux 5.9 scores are of another scale. */
  isOldScale = false;
  atMs = 0;
  /** What the machine's files and sysinfo say; what is left out is as at the start. */
  machine: Partial<Reading> | ((machine: PaperMachine) => Partial<Reading>) = {};
  /** Files by path; they come before the ones that are rendered from memory and processes. */
  readonly files = new Map<string, Content | (() => Content)>();

  /** Bits of `Source` for the next wait. */
  wake = 0;

  protected readonly processes = new Map<number, PaperProcess>();
  protected readonly signals: number[] = [];
  readonly #agenda: { readonly atMs: number; readonly what: Happening }[] = [];
  readonly #reads = new Map<number, number>();
  /** When a process got the signal that it dies of. */
  readonly #struckAtMs = new Map<number, number>();

  /** Puts processes into the table; a second one with the same pid takes the first one's place. */
  add(...processes: readonly PaperProcess[]): this {
    for (const process of processes) {
      this.processes.set(process.pid, { ...process });
      this.#reads.delete(process.pid);
      this.#struckAtMs.delete(process.pid);
    }
    return this;
  }

  /** Says what happens at a time of the paper clock. */
  at(atMs: number, what: Happening): this {
    this.#agenda.push({ atMs, what });
    this.#agenda.sort((a, b) => a.atMs - b.atMs);
    return this;
  }

  /** Changes a process that is there already. */
  change(pid: number, changes: Partial<PaperProcess>): void {
    Object.assign(this.processes.get(pid) ?? {}, changes);
  }

  isAlive(pid: number): boolean {
    return this.living(pid) !== undefined;
  }

  /** Everything the machine would say now. */
  reading(): Reading {
    const given = typeof this.machine === "function" ? this.machine(this) : this.machine;
    const totalKib = given.totalKib ?? 8 * 1024 * 1024;
    const availableKib = given.availableKib ?? totalKib / 2;
    return {
      ...emptyReading(),
      totalKib,
      availableKib,
      freeKib: availableKib / 2,
      ...given,
    };
  }

  protected living(pid: number): PaperProcess | undefined {
    const process = this.processes.get(pid);
    const born = this.atMs >= (process?.bornAtMs ?? 0);
    return born && this.atMs < (process?.endsAtMs ?? Infinity) ? process : undefined;
  }

  /** Does everything on the agenda up to now. */
  protected happen(): void {
    while (this.nextHappeningMs() <= this.atMs) {
      const what = this.#agenda.shift()?.what;
      if (typeof what === "function") {
        what();
      } else if (typeof what === "number") {
        this.signals.push(what);
      } else {
        this.wake |= what === "pressure" ? Source.pressure : lost(Source.pressure);
      }
    }
  }

  protected nextHappeningMs(): number {
    return this.#agenda[0]?.atMs ?? Infinity;
  }

  protected deliver(process: PaperProcess, signal: number): void {
    const survives = process.ignoresSigterm === true && signal !== Signal.SIGKILL;
    if (process.stuck !== true && !survives) {
      const endsAtMs = this.atMs + (process.dyingMs ?? 0);
      process.endsAtMs = Math.min(process.endsAtMs ?? Infinity, endsAtMs);
      this.#struckAtMs.set(process.pid, this.#struckAtMs.get(process.pid) ?? this.atMs);
    }
  }

  /** What writing to `cgroup.kill` does; Documentation/admin-guide/cgroup-v2.rst. */
  protected killCgroup(cgroup: string): void {
    for (const process of this.processes.values()) {
      if (`${process.cgroup ?? ""}/`.startsWith(`${cgroup}/`)) {
        this.deliver(process, Signal.SIGKILL);
      }
    }
  }

  protected contentOf(path: string): Content {
    const [, digits, name = ""] = /^\/proc\/(\d+)\/(.*)$/.exec(path) ?? [];
    const pid = Number(digits);
    if (digits !== undefined && !this.#survivesRead(pid)) {
      return -Errno.ENOENT;
    }
    const given = this.files.get(path);
    if (given !== undefined) {
      return typeof given === "function" ? given() : given;
    }
    const process = this.living(pid);
    return process === undefined ? this.#machineFile(path) : this.#processFile(process, name);
  }

  /** False when the process is gone, or vanishes just before this read. */
  #survivesRead(pid: number): boolean {
    const reads = (this.#reads.get(pid) ?? 0) + 1;
    this.#reads.set(pid, reads);
    if (reads > (this.living(pid)?.vanishesAfterReads ?? Infinity)) {
      this.processes.delete(pid);
    }
    return this.isAlive(pid);
  }

  #machineFile(path: string): Content {
    switch (path) {
      case "/proc/meminfo":
        return meminfoText(this.reading());
      case "/proc/vmstat":
        return vmstatText(this.reading(), this.pageKib);
      case "/proc/zoneinfo":
        return zoneinfoText(this.reading(), this.pageKib);
      case "/proc/pressure/memory":
        return pressureText(this.reading());
      case "/proc/uptime":
        return `${(UP_AT_START_S + this.atMs / 1000).toFixed(2)} 0.00\n`;
      default:
        return this.#cgroupFile(path);
    }
  }

  /** What a cgroup says of its own and of those below it. */
  #cgroupFile(path: string): Content {
    const [, cgroup, name] = /^\/sys\/fs\/cgroup(.*)\/cgroup\.(procs|stat)$/.exec(path) ?? [];
    const living = [...this.processes.values()].filter(({ pid }) => this.isAlive(pid));
    const below = living.filter((process) => process.cgroup?.startsWith(`${cgroup}/`));
    const own = living.filter((process) => process.cgroup === cgroup);
    if (cgroup === undefined || own.length + below.length === 0) {
      return -Errno.ENOENT;
    }
    return name === "stat"
      ? `nr_descendants ${new Set(below.map((process) => process.cgroup)).size}\n`
      : own.map(({ pid }) => `${pid}\n`).join("");
  }

  #processFile(living: PaperProcess, path: string): Content {
    const process = this.#asItIsNow(living);
    const [, tid, name = path] = /^task\/(\d+)\/(.*)$/.exec(path) ?? [];
    const { pageKib, isOldScale } = this;
    const totalKib = this.ramAndSwapKib();
    const shown = { process, pageKib, isOldScale, totalKib, tid: Number(tid ?? process.pid) };
    switch (name) {
      case "oom_score":
        return `${scoreOf(process, totalKib, isOldScale)}\n`;
      case "oom_score_adj":
        return `${process.oomScoreAdj ?? 0}\n`;
      case "stat":
        return statText(shown);
      case "statm":
        return statmText(shown);
      case "status":
        return statusText(shown);
      case "comm":
        return `${process.comm ?? "paper"}\n`;
      case "cmdline":
        return (process.cmdline ?? "").replaceAll(" ", "\0");
      case "cgroup":
        return `0::${process.cgroup ?? "/"}\n`;
      case "schedstat":
        return schedstatText(process);
      case "exe":
        return process.exe ?? -Errno.ENOENT;
      default:
        return -Errno.ENOENT;
    }
  }

  protected ramAndSwapKib(): number {
    const { swapTotalKib, totalKib } = this.reading();
    return totalKib + swapTotalKib;
  }

  /** One that dies and gives back has less and less. */
  #asItIsNow(process: PaperProcess): PaperProcess {
    const { anonKib, endsAtMs, givesBack, pid, rssKib } = process;
    const struckAtMs = this.#struckAtMs.get(pid);
    const sizeKib = anonKib ?? rssKib;
    if (!givesBack || endsAtMs === undefined || struckAtMs === undefined || sizeKib === undefined) {
      return process;
    }
    const left = (endsAtMs - this.atMs) / Math.max(1, endsAtMs - struckAtMs);
    return { ...process, anonKib: sizeKib * Math.min(1, Math.max(0, left)) };
  }
}
