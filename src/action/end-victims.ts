import type { Ending, Outcome } from "../model/event.ts";
import { DYING_LOOK_MS, TERM_TO_KILL_MS } from "../model/limits.ts";
import type { Process } from "../model/process.ts";
import { Signal, type Sys, Wake } from "../sys/sys.ts";

/** What the daemon knows and this room must not look up itself. */
export interface Circumstances {
  /** `kill` skips SIGTERM. */
  readonly urgency: "term" | "kill";
  /** Who still exists this long after SIGKILL is given up. */
  readonly stuckMs: number;
  /** The directory of a cgroup that may be ended whole by now, or "". */
  readonly cgroupDirectory: () => string;
  /** A process group that is to be ended whole, with whom it starts meanwhile, or 0. */
  readonly group: () => number;
  /** Whether the pid still is the process that was chosen. */
  readonly isSame: (process: Process) => boolean;
  /** Whether the hard limits are passed by now, so that SIGKILL cannot wait. */
  readonly isHard: () => boolean;
  /** Whether a signal that came means the end of the daemon. */
  readonly isStopping: () => boolean;
}

interface Target {
  readonly process: Process;
  /** -1 before Linux 5.3. */
  readonly pidfd: number;
}

const ESRCH = 3;
const ENOSYS = 38;

/**
 * Ends processes and sees them gone: SIGTERM, SIGKILL after half a second or as soon as memory is
 * past the hard limits, process_mrelease(2) after either, and a wait on each pidfd. Returns how it
 * went; a signal to the daemon itself cuts the wait short. Nothing throws.
 */
export function endVictims(
  sys: Sys,
  victims: readonly Process[],
  circumstances: Circumstances,
): Outcome {
  const startMs = sys.nowMs();
  const targets = openTargets(sys, victims, circumstances);
  let group = 0;
  const outcome = (ending: Ending, sigkill: boolean, signalled: number, errno = 0): Outcome => {
    closeTargets(sys, targets);
    return { ending, sigkill, tookMs: sys.nowMs() - startMs, errno, signalled, group };
  };
  if (targets.length === 0) {
    return outcome("gone-before", false, 0);
  }
  let sigkill = circumstances.urgency === "kill";
  if (sigkill) {
    group = endWhole(sys, circumstances);
  }
  const { errno, reached } = signalAll(sys, targets, sigkill);
  if (errno !== 0) {
    return outcome("refused", sigkill, 0, errno);
  }
  if (!sigkill) {
    const waited = waitForAll(sys, reached, startMs + TERM_TO_KILL_MS, circumstances);
    if (waited !== "time-up") {
      return outcome(waited, false, reached.length);
    }
    sigkill = true;
    group = endWhole(sys, circumstances);
    signalAll(sys, reached, true);
  }
  const waited = waitForAll(sys, reached, sys.nowMs() + circumstances.stuckMs, {
    ...circumstances,
    isHard: () => false,
  });
  return outcome(waited === "time-up" ? "stuck" : waited, true, reached.length);
}

/** Opens a pidfd of each victim, then makes sure that it is the one that was chosen. */
function openTargets(
  sys: Sys,
  victims: readonly Process[],
  circumstances: Circumstances,
): Target[] {
  const targets: Target[] = [];
  for (const process of victims) {
    const pidfd = sys.openPidfd(process.pid);
    if (pidfd < 0 && pidfd !== -ENOSYS) {
      continue;
    }
    if (circumstances.isSame(process)) {
      targets.push({ process, pidfd: Math.max(-1, pidfd) });
    } else if (pidfd >= 0) {
      sys.close(pidfd);
    }
  }
  return targets;
}

function closeTargets(sys: Sys, targets: readonly Target[]): void {
  sys.watchVictim(-1);
  for (const { pidfd } of targets) {
    if (pidfd >= 0) {
      sys.close(pidfd);
    }
  }
}

function signalOne(sys: Sys, target: Target, signal: number): number {
  return target.pidfd >= 0
    ? sys.sendSignal(target.pidfd, signal)
    : sys.signalProcess(target.process.pid, signal);
}

/** Ends the cgroup and the process group that may be ended whole by now; the latter, or 0. */
function endWhole(sys: Sys, circumstances: Circumstances): number {
  const cgroupDirectory = circumstances.cgroupDirectory();
  if (cgroupDirectory !== "") {
    sys.writeFile(`${cgroupDirectory}/cgroup.kill`, "1");
  }
  const group = circumstances.group();
  return group > 1 && sys.signalGroup(group, Signal.SIGKILL) >= 0 ? group : 0;
}

/**
 * Signals all. `reached` are those who are dying or dead by now; `errno` is 0 when one of them took
 * the signal or none was there to refuse it, else the positive error number of the first refusal.
 */
function signalAll(
  sys: Sys,
  targets: readonly Target[],
  sigkill: boolean,
): { readonly reached: readonly Target[]; readonly errno: number } {
  const reached: Target[] = [];
  let refusal = 0;
  let taken = 0;
  for (const target of targets) {
    const result = signalOne(sys, target, sigkill ? Signal.SIGKILL : Signal.SIGTERM);
    if (result >= 0 || result === -ESRCH) {
      reached.push(target);
    } else if (refusal === 0) {
      refusal = -result;
    }
    taken += result >= 0 ? 1 : 0;
  }
  // Who does not handle SIGTERM is dying by now; of others the kernel releases nothing. Many are
  // quick enough by themselves, and the call waits for one that is in the middle of fork(2).
  const [only] = reached;
  if (only !== undefined && only.pidfd >= 0 && reached.length === 1) {
    sys.releaseMemory(only.pidfd);
  }
  return { reached, errno: taken > 0 ? 0 : refusal };
}

/** Waits until all are gone, the time is up, the limits are passed, or we are told to stop. */
function waitForAll(
  sys: Sys,
  targets: readonly Target[],
  untilMs: number,
  { isHard, isSame, isStopping }: Circumstances,
): "gone" | "time-up" | "interrupted" {
  for (const target of targets) {
    sys.watchVictim(target.pidfd);
    for (;;) {
      if (target.pidfd < 0 && !isSame(target.process)) {
        break;
      }
      const leftMs = untilMs - sys.nowMs();
      const wake = sys.wait(Math.max(0, Math.min(DYING_LOOK_MS, leftMs)));
      if ((wake & Wake.VICTIM) !== 0) {
        break;
      }
      if ((wake & Wake.SIGNAL) !== 0 && isStopping()) {
        return "interrupted";
      }
      if (leftMs <= 0 || isHard()) {
        return "time-up";
      }
    }
  }
  return "gone";
}
