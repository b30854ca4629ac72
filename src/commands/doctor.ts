import { existsSync, readFileSync } from "node:fs";
import { ExitCode } from "../model/exit-codes.ts";
import * as limits from "../model/limits.ts";
import { emptyReading } from "../model/reading.ts";
import { isAtLeast } from "../readings/kernel-version.ts";
import { escapedJson } from "../report/escape.ts";
import { linux } from "../sys/linux.ts";
import { Signal, Wake } from "../sys/sys.ts";
import { diagnose, type Facts, type Finding } from "./diagnose.ts";

/** Bits of `CapEff`; include/uapi/linux/capability.h. */
const CAPABILITIES = [
  ["CAP_KILL", 5n],
  ["CAP_IPC_LOCK", 14n],
  ["CAP_SYS_PTRACE", 19n],
  ["CAP_SYS_RESOURCE", 24n],
] as const;

const RIVALS = ["earlyoom", "nohang", "systemd-oomd", "oomd", "low-memory-monitor"];
const ENOSYS = 38;
const MARKS = { good: "ok", limited: "limited", broken: "broken" } as const;

/** `doctor`: what this machine lets the daemon do; 0 all, 1 with limits, 2 it does not work. */
export async function runDoctor({ json }: { readonly json: boolean }): Promise<number> {
  const findings = diagnose(gather());
  const answer = json ? escapedJson(findings) : findings.flatMap(linesOf).join("\n");
  process.stdout.write(`${answer}\n`);
  if (findings.some(({ state }) => state === "broken")) {
    return ExitCode.usage;
  }
  return findings.every(({ state }) => state === "good") ? ExitCode.ok : ExitCode.problems;
}

function linesOf({ found, remedy, state, subject }: Finding): string[] {
  const line = `${MARKS[state].padEnd(8)} ${subject.padEnd(19)} ${found}`;
  return remedy === "" ? [line] : [line, `${" ".repeat(28)} ${remedy}`];
}

function gather(): Facts {
  const reading = emptyReading();
  linux.readMemoryTotals(reading);
  const { release } = linux.systemName();
  const child = endChild();
  return {
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
    hasZram: text("/proc/swaps").includes("/dev/zram"),
    seesOthers: linux.readProcessFile(1, "stat") > 0,
    cgroupVersion: cgroupVersion(),
    rivals: rivals(),
    ending: child.result,
  };
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function effectiveCapabilities(): ReadonlySet<string> {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(text("/proc/self/status"))?.[1] ?? "0";
  const bits = BigInt(`0x${hex}`);
  const held = CAPABILITIES.filter(([, bit]) => ((bits >> bit) & 1n) === 1n);
  return new Set(held.map(([name]) => name));
}

function memlockLimit(): number {
  const soft = /^Max locked memory\s+(\S+)/m.exec(text("/proc/self/limits"))?.[1] ?? "0";
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

function cgroupVersion(): 0 | 1 | 2 {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) {
    return 2;
  }
  return existsSync("/sys/fs/cgroup/memory") ? 1 : 0;
}

/** One bustd beside this command is the daemon itself; a second one is a rival as any other. */
function rivals(): string[] {
  const count = Math.max(0, linux.listProcesses());
  const others = [...linux.pids.subarray(0, count)].filter((pid) => pid !== process.pid);
  const names = others.map(nameOf);
  const found = RIVALS.filter((name) => names.includes(name));
  const own = names.filter((name) => name === "bustd").length;
  return own > 1 ? [...found, "a second bustd"] : found;
}

/** The program's name, for a script that Python runs the script's; "" for a zombie or nobody. */
function nameOf(pid: number): string {
  const [program = "", script = ""] = text(`/proc/${pid}/cmdline`).split("\0").map(baseName);
  return program.startsWith("python") ? script : program;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

interface EndedChild {
  /** 0, or a negative error number. */
  readonly result: number;
  readonly hasPidfd: boolean;
  readonly hasMrelease: boolean;
}

/** Ends a child of our own, the way the daemon ends a victim. */
function endChild(): EndedChild {
  const child = Bun.spawn(["/proc/self/exe", "--version"], {
    env: {},
    stdio: ["ignore", "ignore", "ignore"],
  });
  const pidfd = linux.openPidfd(child.pid);
  if (pidfd < 0) {
    return {
      result: linux.signalProcess(child.pid, Signal.SIGKILL),
      hasPidfd: false,
      hasMrelease: false,
    };
  }
  const result = linux.sendSignal(pidfd, Signal.SIGKILL);
  const released = linux.releaseMemory(pidfd);
  linux.watchVictim(pidfd);
  const isGone = result === 0 && (linux.wait(limits.STUCK_MS) & Wake.VICTIM) !== 0;
  return {
    result: isGone ? 0 : Math.min(-1, result),
    hasPidfd: true,
    hasMrelease: released !== -ENOSYS,
  };
}
