import { Errno } from "../../src/model/errno.ts";
import type { MemoryTotals } from "../../src/model/reading.ts";
import {
  Source,
  type HandoverName,
  type PageRange,
  type Sender,
  type Sys,
  type SystemName,
} from "../../src/sys/sys.ts";
import { UP_AT_START_S } from "./kernel-texts.ts";
import { PaperFiles } from "./paper-files.ts";

/** More waits than any test needs: the loop under test does not end. */
const MAX_WAITS = 100_000;

/** Thrown where the real `restart` would not return. */
export class Restarted extends Error {
  readonly as: HandoverName;
  readonly content: string;
  readonly argv: readonly string[];

  constructor(as: HandoverName, content: string, argv: readonly string[]) {
    super(`restarted with ${as}`);
    this.as = as;
    this.content = content;
    this.argv = argv;
  }
}

/**
 * A kernel on paper around a machine on paper. The clock moves only when the code waits, and by
 * `costMs` at each other call. What the code did stands in `calls`: `"0ms SIGTERM 42"`,
 * `"500ms SIGKILL 42"`, `"500ms SIGKILL 43 EPERM"`.
 */
export class FakeSys extends PaperFiles implements Sys {
  /** What an earlier stage left behind a descriptor. */
  readonly handovers = new Map<number, string>();
  name: SystemName = { system: "Linux", host: "paper", release: "6.1.0", architecture: "x86_64" };
  uid = 0;
  /** Who sent the signals that come, and what with them. */
  sender: Sender | null = null;
  /** How long the machine slept since boot; no clock but that of start times counts it. */
  suspendedMs = 0;
  /** Descriptors nobody reads from: whoever writes to one waits for ever. */
  readonly full = new Set<number>();
  /** What the wall clock showed at 0 ms: people set it. */
  bootedWallMs = Date.UTC(2026, 10, 28, 12);

  /** Timeouts of all waits so far, in milliseconds. */
  readonly waits: number[] = [];
  /** Texts that were written, in order, whatever the descriptor. */
  readonly written: string[] = [];
  /** Datagrams as `SOCKET TEXT`. */
  readonly datagrams: string[] = [];
  #victimPid = -1;

  nowMs(): number {
    return this.atMs;
  }

  bootMs(): number {
    return 1000 * UP_AT_START_S + this.atMs + this.suspendedMs;
  }

  wallMs(): number {
    return this.bootedWallMs + this.atMs;
  }

  readMemoryTotals(into: MemoryTotals): void {
    this.spend();
    const { totalKib, freeKib, swapTotalKib, swapFreeKib } = this.reading();
    Object.assign(into, { totalKib, freeKib, swapTotalKib, swapFreeKib });
  }

  holdHangup(_hold: boolean): void {
    this.spend();
  }

  watchSignals(): number {
    return this.unlessRefused("watchSignals", () => 0);
  }

  nextSignal(): number {
    this.spend();
    return this.signals.shift() ?? 0;
  }

  signalSender(): Sender | null {
    return this.sender;
  }

  watchPressure(stallUs: number, windowUs: number): number {
    return this.did("watchPressure", `watch ${stallUs}/${windowUs}`);
  }

  watch(source: Source, fd: number): void {
    if (source === Source.victim) {
      this.#victimPid = fd < 0 ? -1 : this.pidOf(fd);
    }
  }

  hasEnded(pidfd: number): boolean {
    this.spend();
    const what = this.open.get(pidfd) ?? "";
    // Any other descriptor that can be read, as the null device, looks like one that has ended.
    return !what.startsWith("pidfd ") || !this.isAlive(this.pidOf(pidfd));
  }

  wait(timeoutMs: number): number {
    this.waits.push(timeoutMs);
    if (this.waits.length > MAX_WAITS) {
      throw new Error(`more than ${MAX_WAITS} waits`);
    }
    const deadlineMs = timeoutMs < 0 ? Infinity : this.atMs + Math.ceil(timeoutMs);
    for (;;) {
      this.happen();
      const gone = this.#victimPid >= 0 && !this.isAlive(this.#victimPid);
      const signal = this.signals.length > 0;
      const wake = this.wake | (signal ? Source.signals : 0) | (gone ? Source.victim : 0);
      if (wake !== 0 || this.atMs >= deadlineMs) {
        this.wake = 0;
        return wake;
      }
      const victimEndsMs = this.processes.get(this.#victimPid)?.endsAtMs ?? Infinity;
      const next = Math.min(deadlineMs, victimEndsMs, this.nextHappeningMs());
      if (next === Infinity) {
        throw new Error("this wait would never end");
      }
      this.atMs = next;
    }
  }

  openPidfd(pid: number): number {
    return this.unlessRefused("openPidfd", () =>
      this.isAlive(pid) ? this.opened(`pidfd ${pid}`) : -Errno.ESRCH,
    );
  }

  sendSignal(pidfd: number, signal: number): number {
    const pid = this.pidOf(pidfd);
    return this.signalled("sendSignal", String(pid), [pid], signal);
  }

  signalProcess(pid: number, signal: number): number {
    return this.signalled("signalProcess", `pid ${pid}`, [pid], signal);
  }

  hurry(pid: number): number {
    const natural = this.isAlive(pid) ? 0 : -Errno.ESRCH;
    return this.did("hurry", `hurry ${pid}`, natural);
  }

  signalGroup(pgid: number, signal: number): number {
    const all = [...this.processes.values()];
    const members = all.filter((process) => (process.pgid ?? process.pid) === pgid);
    const pids = members.map((process) => process.pid);
    return this.signalled("signalGroup", `group ${pgid}`, pids, signal);
  }

  compareMemory(pid: number, other: number): number {
    const [one, two] = [this.living(pid), this.living(other)];
    const isSame = (one?.memoryOf ?? pid) === (two?.memoryOf ?? other);
    const natural = one === undefined || two === undefined ? -Errno.ESRCH : isSame ? 0 : 1;
    return this.unlessRefused("compareMemory", () => natural);
  }

  releaseMemory(pidfd: number): number {
    const process = this.living(this.pidOf(pidfd));
    const dying = process?.endsAtMs !== undefined;
    const natural = process === undefined ? -Errno.ESRCH : dying ? 0 : -Errno.EINVAL;
    return this.did("releaseMemory", `release ${this.pidOf(pidfd)}`, natural);
  }

  writeFile(path: string, text: string): number {
    const result = this.did("writeFile", `write ${path} ${text}`, text.length);
    if (result >= 0 && path.endsWith("/cgroup.kill")) {
      this.killCgroup(path.slice("/sys/fs/cgroup".length, -"/cgroup.kill".length));
    }
    return result;
  }

  restoreOutput(): void {}

  canWrite(fd: number): boolean {
    this.spend();
    return !this.full.has(fd);
  }

  write(fd: number, text: string): number {
    if (this.full.has(fd)) {
      throw new Error(`a write to descriptor ${fd} would wait for ever`);
    }
    return this.unlessRefused("write", () => {
      this.written.push(text);
      return Buffer.byteLength(text);
    });
  }

  sendDatagram(socketPath: string, text: string): number {
    return this.unlessRefused("sendDatagram", () => {
      this.datagrams.push(`${socketPath} ${text}`);
      return Buffer.byteLength(text);
    });
  }

  raisePriority(): number {
    return this.did("raisePriority", "priority");
  }

  lockMemory(): number {
    return this.did("lockMemory", "lock");
  }

  unlockMemory(): number {
    return this.did("unlockMemory", "unlock");
  }

  lockRange(range: PageRange): number {
    return this.did("lockRange", `lock ${range.address}+${range.bytes}`);
  }

  advise(range: PageRange, advice: number): number {
    return this.did("advise", `advise ${advice} ${range.address}+${range.bytes}`);
  }

  isTextUniform(length: number): boolean {
    return this.text.subarray(8, length).every((byte, i) => byte === this.text[i]);
  }

  isBlank(_range: PageRange): boolean {
    return false;
  }

  collectGarbage(): void {}

  pageFaults(): number {
    return this.unlessRefused("pageFaults", () => 0);
  }

  systemName(): SystemName {
    return this.name;
  }

  ownPid(): number {
    return 999;
  }

  ownUid(): number {
    return this.uid;
  }

  holdPidFile(path: string): number {
    return this.did("holdPidFile", `hold ${path}`);
  }

  readHandover(fd: number): string | null {
    return this.handovers.get(fd) ?? null;
  }

  startBeside(args: readonly string[], env: readonly string[]): number {
    return this.did("startBeside", `startBeside ${[...env, ...args].join(" ")}`);
  }

  restart(as: HandoverName, content: string, argv: readonly string[]): number {
    const refusal = this.did("restart", `restart ${as}`);
    if (refusal < 0) {
      return refusal;
    }
    throw new Restarted(as, content, argv);
  }
}
