import { Errno } from "../model/errno.ts";
import type { MemoryTotals } from "../model/reading.ts";
import {
  type ProcessFile,
  Signal,
  Source,
  type Sys,
  type SystemName,
  type TaskFile,
} from "../sys/sys.ts";
import { type Process, NOBODY } from "./fields.ts";
import { NoMachine } from "./no-machine.ts";
import type { Recording } from "./recording.ts";
import { Stage } from "./stage.ts";
import { Trigger } from "./trigger.ts";
import { arcstatsText, meminfoText, pressureText, processText, vmstatText } from "./texts.ts";

const ENODATA = 61;
/** A victim is gone so long after its signal, as most were that were measured. */
const DYING_MS = 100;
const CGROUPS = "/sys/fs/cgroup";

/** Somebody whom the replayed daemon killed: in the recording it may live on. */
interface Killed {
  readonly process: Process;
  readonly atMs: number;
  /** It was dying in the recording as well, and is gone when it was there. */
  readonly isDying: boolean;
}

function identityOf({ pid, startMs }: Process): string {
  return `${pid}:${startMs}`;
}

/**
 * The kernel of a recorded machine, for the daemon to run on. Its clock moves only when the daemon
 * waits, and stops at recorded moments alone, so that each look sees what was seen just then.
 *
 * Whom the replayed daemon kills is gone; what it has in the recording is free from then on, for as
 * long as the recording has it. What else would have become of the machine nobody knows: stalls,
 * and who else came, stay as they were recorded. Whom a daemon killed in the recording is shown as
 * it was before, until it is gone there: the replayed daemon has to choose it by itself, and then
 * waits for it as that one did, where it would kill somebody beside a stranger that is dying.
 */
export class RecordedSys extends NoMachine implements Sys {
  readonly pageKib: number;
  readonly #stage: Stage;
  readonly #open = new Map<number, string>();
  readonly #killed = new Map<string, Killed>();
  #lastFd = 2;
  #victimFd = -1;
  #trigger: Trigger | null = null;
  #isOver = false;

  constructor(recording: Recording) {
    super();
    this.#stage = new Stage(recording);
    this.pageKib = recording.header.pageKib;
  }

  /** The moment that is shown, milliseconds since the recording began. */
  get atMs(): number {
    return this.#stage.atMs;
  }

  nowMs(): number {
    return this.#stage.header.atMs + this.atMs;
  }

  bootMs(): number {
    return this.#stage.header.bootMs + this.atMs;
  }

  wallMs(): number {
    return this.#stage.header.wallMs + this.atMs;
  }

  systemName(): SystemName {
    const { kernel } = this.#stage.header;
    return { system: "Linux", host: "recording", release: kernel, architecture: "" };
  }

  ownPid(): number {
    return this.#stage.header.ownPid;
  }

  readMemoryTotals(into: MemoryTotals): void {
    const { MemFree = 0, MemTotal = 0, SwapFree = 0, SwapTotal = 0 } = this.#meminfo();
    into.totalKib = this.#stage.header.ramKib || MemTotal;
    into.freeKib = MemFree;
    into.swapTotalKib = SwapTotal;
    into.swapFreeKib = SwapFree;
  }

  /** As recorded, and what the killed still have there is free. */
  #meminfo(): Record<string, number> {
    const fields = { ...this.#stage.meminfo };
    for (const [identity, { process }] of this.#killed) {
      const recorded = this.#stage.processes.get(process.pid);
      if (recorded !== undefined && identityOf(recorded) === identity && this.#isGone(recorded)) {
        const { anonKib, swapKib } = this.#stage.heldBy(recorded);
        credit(fields, "MemFree", anonKib, "MemTotal");
        credit(fields, "MemAvailable", anonKib, "MemTotal");
        credit(fields, "SwapFree", swapKib, "SwapTotal");
      }
    }
    return fields;
  }

  /** Whether the replayed daemon killed it, and it has had the time to end. */
  #isGone(process: Process): boolean {
    const killed = this.#killed.get(identityOf(process));
    return killed !== undefined && !killed.isDying && this.atMs - killed.atMs >= DYING_MS;
  }

  #living(pid: number): Process | undefined {
    const process = this.#stage.beforeItsKill(pid) ?? this.#stage.processes.get(pid);
    return process === undefined || this.#isGone(process) ? undefined : process;
  }

  openToRead(path: string): number {
    const content = this.#contentOf(path);
    return typeof content === "number" ? content : this.#opened(path);
  }

  #opened(what: string): number {
    this.#lastFd++;
    this.#open.set(this.#lastFd, what);
    return this.#lastFd;
  }

  close(fd: number): void {
    this.#open.delete(fd);
  }

  #contentOf(path: string): string | number {
    const { arcKib, full, some, vmstat } = this.#stage;
    switch (path) {
      case "/dev/null":
        return "";
      case "/proc/meminfo":
        return meminfoText(this.#meminfo());
      case "/proc/vmstat":
        return vmstatText(vmstat);
      case "/proc/pressure/memory":
        return some === null
          ? -Errno.ENOENT
          : pressureText(some.avg10, some.totalUs, full?.totalUs ?? 0);
      case "/proc/spl/kstat/zfs/arcstats":
        return arcKib > 0 ? arcstatsText(arcKib) : -Errno.ENOENT;
      default:
        return -Errno.ENOENT;
    }
  }

  readFromStart(fd: number): number {
    return this.fill(this.#contentOf(this.#open.get(fd) ?? ""));
  }

  readFile(path: string): number {
    return this.fill(this.#contentOf(path));
  }

  readProcessFile(pid: number, name: ProcessFile): number {
    const process = this.#living(pid);
    return process === undefined
      ? -Errno.ENOENT
      : this.fill(processText(process, name, this.pageKib));
  }

  readTaskFile(pid: number, _tid: number, name: TaskFile): number {
    return this.readProcessFile(pid, name);
  }

  listProcesses(): number {
    const { processes } = this.#stage;
    if (processes.size >= this.pids.length) {
      this.pids = new Int32Array(processes.size * 2);
    }
    let count = 0;
    for (const pid of [...processes.keys()].toSorted((a, b) => a - b)) {
      if (this.#living(pid) !== undefined) {
        this.pids[count++] = pid;
      }
    }
    return count;
  }

  listTasks(pid: number): number {
    this.tids[0] = pid;
    return this.#living(pid) === undefined ? -Errno.ENOENT : 1;
  }

  openShmemKib(_pid: number, _sinceWallMs: number): number {
    return 0;
  }

  readAttribute(path: string, name: string): number {
    for (const { cgroup, preference } of this.#stage.processes.values()) {
      if (`${CGROUPS}${cgroup}` === path && name === `user.oomd_${preference}`) {
        return this.fill("1");
      }
    }
    return -ENODATA;
  }

  watchPressure(stallUs: number, windowUs: number): number {
    this.#trigger = this.#stage.some === null ? null : new Trigger(stallUs, windowUs);
    return this.#trigger === null ? -Errno.ENOENT : 0;
  }

  watch(source: Source, fd: number): void {
    this.#victimFd = source === Source.victim ? fd : this.#victimFd;
  }

  nextSignal(): number {
    const isNow = this.#isOver;
    this.#isOver = false;
    return isNow ? Signal.SIGTERM : 0;
  }

  /** Goes on to the first moment at which the time is up, or something happens. */
  wait(timeoutMs: number): number {
    const untilMs = this.atMs + timeoutMs;
    for (;;) {
      if (this.#stage.step() === null) {
        this.#isOver = true;
        return Source.signals;
      }
      const isEnded = this.#victimFd >= 0 && this.hasEnded(this.#victimFd);
      const isStalled = this.#trigger?.fires(this.atMs, this.#stage.some?.totalUs ?? 0) === true;
      const wake = (isStalled ? Source.pressure : 0) | (isEnded ? Source.victim : 0);
      if (wake !== 0 || this.atMs >= untilMs) {
        return wake;
      }
    }
  }

  openPidfd(pid: number): number {
    return this.#living(pid) === undefined ? -Errno.ESRCH : this.#opened(`pidfd ${pid}`);
  }

  #victimOf(pidfd: number): Process {
    const [, pid = "0"] = (this.#open.get(pidfd) ?? "").split(" ");
    const killed = [...this.#killed.values()].findLast(
      ({ process }) => process.pid === Number(pid),
    );
    return killed?.process ?? this.#stage.processes.get(Number(pid)) ?? NOBODY;
  }

  hasEnded(pidfd: number): boolean {
    const victim = this.#victimOf(pidfd);
    const recorded = this.#stage.processes.get(victim.pid);
    return recorded?.startMs !== victim.startMs || this.#isGone(victim);
  }

  sendSignal(pidfd: number, signal: number): number {
    return this.#signal(this.#victimOf(pidfd).pid, signal);
  }

  signalProcess(pid: number, signal: number): number {
    return this.#signal(pid, signal);
  }

  signalGroup(pgid: number, signal: number): number {
    const members = [...this.#stage.processes.values()].filter((item) => item.pgid === pgid);
    for (const { pid } of members) {
      this.#signal(pid, signal);
    }
    return members.length > 0 ? 0 : -Errno.ESRCH;
  }

  #signal(pid: number, signal: number): number {
    const process = this.#living(pid);
    if (process === undefined) {
      return -Errno.ESRCH;
    }
    if (signal !== 0 && !this.#killed.has(identityOf(process))) {
      const isDying = this.#stage.beforeItsKill(pid) !== null;
      this.#killed.set(identityOf(process), { process, atMs: this.atMs, isDying });
    }
    return 0;
  }
}

function credit(
  fields: Record<string, number>,
  name: string,
  kib: number,
  totalName: string,
): void {
  fields[name] = Math.min(fields[totalName] ?? 0, (fields[name] ?? 0) + kib);
}
