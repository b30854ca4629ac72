import { existsSync } from "node:fs";
import { ExitCode } from "../model/exit-codes.ts";
import * as limits from "../model/limits.ts";
import { emptyReading } from "../model/reading.ts";
import { isAtLeast } from "../readings/kernel-version.ts";
import { escapedJson } from "../report/escape.ts";
import { linux } from "../sys/linux.ts";
import { Signal, Source } from "../sys/sys.ts";
import { diagnose, type Facts, type Finding } from "./diagnose.ts";
import { print } from "./output.ts";
import { beginningOf, others, runningDaemons, wordsOf } from "./running.ts";

/** Bits of `CapEff`; include/uapi/linux/capability.h. */
const CAPABILITIES = [
  ["CAP_KILL", 5n],
  ["CAP_IPC_LOCK", 14n],
  ["CAP_SYS_PTRACE", 19n],
  ["CAP_SYS_RESOURCE", 24n],
] as const;

const RIVALS = ["earlyoom", "nohang", "systemd-oomd", "oomd", "low-memory-monitor"];
/** What the kernel leaves of a name. */
const COMM_BYTES = 15;
const ENOSYS = 38;
const MARKS = { good: "ok", hint: "hint", limited: "limited", broken: "broken" } as const;

/** What `doctor` is asked to take into account. */
interface Asked {
  readonly json: boolean;
  /** What is wrong with the configuration files, and what will surprise in them. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** `doctor`: what this machine lets the daemon do; 0 all, 1 with limits, 2 it does not work. */
export async function runDoctor({ json, problems, warnings }: Asked): Promise<number> {
  const findings = diagnose({ ...(await gather()), problems, warnings });
  const answer = json ? escapedJson(findings) : findings.flatMap(linesOf).join("\n");
  print(`${answer}\n`);
  if (findings.some(({ state }) => state === "broken")) {
    return ExitCode.usage;
  }
  return findings.some(({ state }) => state === "limited") ? ExitCode.problems : ExitCode.ok;
}

function linesOf({ found, remedy, state, subject }: Finding): string[] {
  const line = `${MARKS[state].padEnd(8)} ${subject.padEnd(19)} ${found}`;
  return remedy === "" ? [line] : [line, `${" ".repeat(28)} ${remedy}`];
}

async function gather(): Promise<Omit<Facts, "problems" | "warnings">> {
  const reading = emptyReading();
  linux.readMemoryTotals(reading);
  const { release } = linux.systemName();
  const processes = others();
  const running = await runningDaemons(processes);
  const child = killChild();
  return {
    running,
    kernelRelease: release,
    isKernelNewEnough: isAtLeast(release, 4, 20),
    hasPidfd: child.hasPidfd,
    hasMrelease: child.hasMrelease,
    pressure: Math.min(0, linux.readFile("/proc/pressure/memory")),
    shortTrigger: linux.watchPressure(limits.TRIGGER_STALL_US, limits.TRIGGER_WINDOW_US),
    plainTrigger: linux.watchPressure(
      limits.PLAIN_TRIGGER_STALL_US,
      limits.PLAIN_TRIGGER_WINDOW_US,
    ),
    isRoot: linux.ownUid() === 0,
    capabilities: effectiveCapabilities(),
    memlockLimit: memlockLimit(),
    swapKib: reading.swapTotalKib,
    hasZram: beginningOf("/proc/swaps").includes("/dev/zram"),
    seesOthers: linux.readProcessFile(1, "stat") > 0,
    cgroupVersion: cgroupVersion(),
    rivals: rivals(processes, running.length),
    killing: child.result,
  };
}

function effectiveCapabilities(): ReadonlySet<string> {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(beginningOf("/proc/self/status"))?.[1] ?? "0";
  const bits = BigInt(`0x${hex}`);
  const held = CAPABILITIES.filter(([, bit]) => ((bits >> bit) & 1n) === 1n);
  return new Set(held.map(([name]) => name));
}

function memlockLimit(): number {
  const soft = /^Max locked memory\s+(\S+)/m.exec(beginningOf("/proc/self/limits"))?.[1] ?? "0";
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

function cgroupVersion(): 0 | 1 | 2 {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) {
    return 2;
  }
  return existsSync("/sys/fs/cgroup/memory") ? 1 : 0;
}

/** Other daemons of this kind, by name; a second one of ours is a rival as any other. */
function rivals(processes: ReturnType<typeof others>, ours: number): string[] {
  const names = new Set(processes.map(nameOf));
  const found = RIVALS.filter((name) => names.has(name.slice(0, COMM_BYTES)));
  return ours > 1 ? [...found, "a second bustd"] : found;
}

/** The program's name; for one that Python runs as a script, the script's. */
function nameOf({ comm, pid }: ReturnType<typeof others>[number]): string {
  const script = comm.startsWith("python") ? (wordsOf(pid)[1] ?? "") : "";
  return script === "" ? comm : script.slice(script.lastIndexOf("/") + 1);
}

interface KilledChild {
  /** 0, or a negative error number. */
  readonly result: number;
  readonly hasPidfd: boolean;
  readonly hasMrelease: boolean;
}

/** A child of our own that need not come to anything; a negative error number: there is none. */
function startChild(): number {
  try {
    const stdio = ["ignore", "ignore", "ignore"] as const;
    return Bun.spawn(["/proc/self/exe", "--version"], { env: {}, stdio: [...stdio] }).pid;
  } catch (error) {
    return -Math.abs((error as NodeJS.ErrnoException).errno ?? 1);
  }
}

/** Kills a child of our own, the way the daemon kills a victim. */
function killChild(): KilledChild {
  const pid = startChild();
  if (pid < 0) {
    // Nothing is known of calls that were not made.
    return { result: pid, hasPidfd: true, hasMrelease: true };
  }
  const pidfd = linux.openPidfd(pid);
  if (pidfd < 0) {
    return {
      result: linux.signalProcess(pid, Signal.SIGKILL),
      hasPidfd: false,
      hasMrelease: false,
    };
  }
  const result = linux.sendSignal(pidfd, Signal.SIGKILL);
  const released = linux.releaseMemory(pidfd);
  linux.watch(Source.victim, pidfd);
  const isGone = result === 0 && (linux.wait(limits.STUCK_MS) & Source.victim) !== 0;
  return {
    result: isGone ? 0 : Math.min(-1, result),
    hasPidfd: true,
    hasMrelease: released !== -ENOSYS,
  };
}
