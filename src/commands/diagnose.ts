import { Errno } from "../model/errno.ts";
import { escapeName } from "../report/escape.ts";
import type { Running } from "./running.ts";

/** What was found out about the machine and about our rights on it. */
export interface Facts {
  /** Daemons of ours that run. */
  readonly running: readonly Running[];
  /** What is wrong with the configuration files, and what will surprise in them. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly kernelRelease: string;
  readonly isKernelNewEnough: boolean;
  readonly hasPidfd: boolean;
  readonly hasMrelease: boolean;
  /** 0, or the negative error number of reading `/proc/pressure/memory`. */
  readonly pressure: number;
  /** 0, or the negative error number of registering a trigger. */
  readonly shortTrigger: number;
  readonly plainTrigger: number;
  readonly isRoot: boolean;
  /** Names of the effective capabilities that matter; capabilities(7). */
  readonly capabilities: ReadonlySet<string>;
  /** Bytes; Infinity when unlimited. */
  readonly memlockLimit: number;
  readonly swapKib: number;
  readonly hasZram: boolean;
  readonly seesOthers: boolean;
  readonly cgroupVersion: 0 | 1 | 2;
  /** Other daemons of this kind that run. */
  readonly rivals: readonly string[];
  /** 0, or the negative error number of starting and killing a child of our own. */
  readonly killing: number;
}

/**
 * `hint`: all works, and there is something to know; `limited`: the daemon works, but not as well
 * as it could; `broken`: it does not work.
 */
export type State = "good" | "hint" | "limited" | "broken";

export interface Finding {
  readonly subject: string;
  readonly state: State;
  readonly found: string;
  /** What to do about it, or "". */
  readonly remedy: string;
}

function finding(subject: string, state: State, found: string, remedy = ""): Finding {
  return { subject, state, found, remedy: state === "good" ? "" : remedy };
}

/** Each thing that matters to the daemon: how it stands, and what to do about it. Pure. */
export function diagnose(facts: Facts): Finding[] {
  return [
    daemon(facts),
    configuration(facts),
    kernel(facts),
    finding(
      "pressure",
      facts.pressure === 0 ? "good" : "limited",
      facts.pressure === 0 ? "/proc/pressure/memory can be read" : "there is no PSI",
      "boot with psi=1, or build the kernel with CONFIG_PSI=y; until then only exhaustion is seen",
    ),
    trigger(facts),
    ...rights(facts),
    swap(facts),
    finding(
      "hidepid",
      facts.seesOthers ? "good" : "limited",
      facts.seesOthers ? "all processes can be seen" : "only our own processes can be seen",
      "run as root, or in the group that /proc's gid= option names",
    ),
    finding(
      "cgroups",
      facts.cgroupVersion === 2 ? "good" : "limited",
      facts.cgroupVersion === 0 ? "none are mounted" : `version ${facts.cgroupVersion}`,
      "rules on cgroups and units need version 2",
    ),
    finding(
      "other daemons",
      facts.rivals.length === 0 ? "good" : "limited",
      facts.rivals.length === 0 ? "none run" : `${facts.rivals.join(", ")} runs as well`,
      "stop it: two of them may each kill a process for the same reason",
    ),
    killing(facts),
  ];
}

function killing({ killing: result }: Facts): Finding {
  if (result === -Errno.EAGAIN || result === -Errno.ENOMEM) {
    const remedy = "allow this user more processes, for its commands; ulimit -u shows how many";
    return finding("killing", "limited", "no child can be started to try it", remedy);
  }
  return finding(
    "killing",
    result === 0 ? "good" : "broken",
    result === 0 ? "a child of our own was killed and seen gone" : "a child cannot be killed",
    "see whether a system call filter or a security module forbids kill(2)",
  );
}

/** Since when which daemon runs, and whether it means it. */
function daemon({ running }: Facts): Finding {
  const [first] = running;
  if (first === undefined) {
    const remedy = "systemctl enable --now bustd starts it, as a service; bustd -n by hand";
    return finding("bustd", "hint", "does not run", remedy);
  }
  const { args, dryRun, isBroken, isHalted, pid, sinceMs } = first;
  const command = ["bustd", ...args].map(shellWord).join(" ");
  const since = sinceMs > 0 ? ` since ${localTime(sinceMs)}` : "";
  const found = `runs${since}, pid ${pid}: ${command}`;
  if (isHalted) {
    const remedy = `kill -CONT ${pid} lets it go on`;
    return finding("bustd", "broken", `is stopped by a signal, pid ${pid}: ${command}`, remedy);
  }
  if (isBroken) {
    const remedy = "bustd check-config says where; until then it keeps what it read before";
    return finding("bustd", "limited", `${found}; its files are broken by now`, remedy);
  }
  return dryRun
    ? finding("bustd", "limited", `${found}; a dry run: it kills nobody`, DRY_REMEDY)
    : finding("bustd", "good", found);
}

const DRY_REMEDY = "start it without --dry-run, and without dry-run = true in its configuration";

/** A word as a shell would take it, with nothing in it that does not show. */
function shellWord(word: string): string {
  const safe = escapeName(word);
  return /^[\w./:=,@%+-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}

/** Date and time where we are, with the zone; RFC 3339. */
function localTime(ms: number): string {
  const date = new Date(ms);
  const behindMinutes = date.getTimezoneOffset();
  const local = new Date(ms - behindMinutes * 60_000).toISOString().slice(0, 19);
  const away = Math.abs(behindMinutes);
  return `${local}${behindMinutes > 0 ? "-" : "+"}${two(away / 60)}:${two(away % 60)}`;
}

function configuration({ problems, warnings }: Facts): Finding {
  const more = "bustd check-config says all of it";
  const [problem, ...others] = problems;
  if (problem !== undefined) {
    const count = others.length > 0 ? `, and ${others.length} more` : "";
    return finding("configuration", "broken", `${problem}${count}`, more);
  }
  const [warning] = warnings;
  return warning === undefined
    ? finding("configuration", "good", "nothing is wrong with it")
    : finding("configuration", "hint", warning, more);
}

function kernel(facts: Facts): Finding {
  const found = `Linux ${facts.kernelRelease}`;
  if (!facts.isKernelNewEnough) {
    return finding("kernel", "broken", found, "4.20 or newer is needed");
  }
  if (!facts.hasPidfd) {
    return finding("kernel", "limited", `${found}, without pidfds`, "5.3 or newer has them");
  }
  if (!facts.hasMrelease) {
    const remedy = "5.15 or newer has it; or the system call filter forbids it";
    return finding("kernel", "limited", `${found}, without process_mrelease`, remedy);
  }
  return finding("kernel", "good", found);
}

function trigger({ plainTrigger, pressure, shortTrigger }: Facts): Finding {
  if (pressure === 0 && shortTrigger === 0) {
    return finding("PSI trigger", "good", "a window of 1 s is allowed");
  }
  if (pressure === 0 && plainTrigger === 0) {
    const remedy = "CAP_SYS_RESOURCE allows shorter ones";
    return finding("PSI trigger", "limited", "only windows of 2 s are allowed", remedy);
  }
  return finding("PSI trigger", "limited", "none can be registered", "bustd looks by the clock");
}

function rights({ capabilities, isRoot, memlockLimit }: Facts): Finding[] {
  const has = (name: string) => capabilities.has(name);
  const canLock = has("CAP_IPC_LOCK") || memlockLimit === Number.POSITIVE_INFINITY;
  return [
    finding(
      "killing others",
      has("CAP_KILL") ? "good" : "limited",
      has("CAP_KILL") ? "CAP_KILL" : "only our own user's processes can be killed",
      isRoot ? "give bustd CAP_KILL" : "run as root, or give bustd CAP_KILL",
    ),
    finding(
      "locking memory",
      canLock ? "good" : "limited",
      canLock ? "all of it can be locked" : lockedInPart(memlockLimit),
      "give bustd CAP_IPC_LOCK or LimitMEMLOCK=infinity",
    ),
    finding(
      "seeing executables",
      has("CAP_SYS_PTRACE") ? "good" : "hint",
      has("CAP_SYS_PTRACE")
        ? "CAP_SYS_PTRACE"
        : "of other users' processes, rules that protect by exe spare all, other rules match none",
      "give bustd CAP_SYS_PTRACE if a rule asks for exe",
    ),
  ];
}

function lockedInPart(memlockLimit: number): string {
  return `up to ${Math.round(memlockLimit / 1024)} KiB of what is in memory at the start`;
}

function swap({ hasZram, swapKib }: Facts): Finding {
  if (swapKib === 0) {
    const remedy = "with some, on zram or disk, bustd sees a leak earlier";
    return finding("swap", "hint", "none", remedy);
  }
  return finding("swap", "good", `${Math.round(swapKib / 1024)} MiB${hasZram ? ", zram" : ""}`);
}
