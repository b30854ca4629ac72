/** What was found out about the machine and about our rights on it. */
export interface Facts {
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
  /** 0, or the negative error number of ending a child of our own. */
  readonly ending: number;
}

/** `limited`: the daemon works, but not as well as it could; `broken`: it does not work. */
export type State = "good" | "limited" | "broken";

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
      "stop it: two of them may each end somebody for the same reason",
    ),
    finding(
      "ending",
      facts.ending === 0 ? "good" : "broken",
      facts.ending === 0 ? "a child of our own was ended and seen gone" : "a child cannot be ended",
      "see whether a system call filter or a security module forbids kill(2)",
    ),
  ];
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
      "ending others",
      has("CAP_KILL") ? "good" : "limited",
      has("CAP_KILL") ? "CAP_KILL" : "only our own user's processes can be ended",
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
      has("CAP_SYS_PTRACE") ? "good" : "limited",
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
    return finding("swap", "limited", "none", remedy);
  }
  return finding("swap", "good", `${Math.round(swapKib / 1024)} MiB${hasZram ? ", zram" : ""}`);
}
