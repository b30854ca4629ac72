import { Errno, errnoSentence } from "../model/errno.ts";
import type { Incident } from "../model/incident.ts";
import { SPARED_MS } from "../model/limits.ts";
import { readStatus } from "../readings/process-memory.ts";
import { startOf } from "../readings/alive.ts";
import { linux } from "../sys/linux.ts";
import { sendValue } from "../sys/queued.ts";
import { Signal } from "../sys/sys.ts";
import { isBustd } from "./is-bustd.ts";

/** A process that a warning named. */
export interface Named {
  readonly pid: number;
  readonly startMs: number;
}

/** Calls this with a pidfd of a process; its answer, or the negative error number. */
function withPidfd(pid: number, use: (pidfd: number) => number): number {
  const pidfd = linux.openPidfd(pid);
  if (pidfd < 0) {
    return pidfd;
  }
  const result = use(pidfd);
  linux.close(pidfd);
  return result;
}

function isOwn(pid: number): boolean {
  return readStatus(linux, pid, 1).uid === linux.ownUid();
}

/** Whether a process that was named has ended. */
export function isGone({ pid, startMs }: Named): boolean {
  return startOf(linux, pid) !== startMs;
}

/**
 * SIGTERM to the process that was named, if it is this user's, and to no other that has its pid
 * now; 0, or the negative error number: ESRCH when it is gone, EPERM when it is somebody else's.
 */
export function endIt(named: Named): number {
  return withPidfd(named.pid, (pidfd) => {
    // Asked after the descriptor was opened: what it stands for is what is seen.
    if (isGone(named)) {
      return -Errno.ESRCH;
    }
    return isOwn(named.pid) ? linux.sendSignal(pidfd, Signal.SIGTERM) : -Errno.EPERM;
  });
}

/**
 * Asks the daemon that warned to spare a process for a while: SIGUSR2 with its pid, which only the
 * daemon's own user may send, as the kernel sees to. 0, or the negative error number: ESRCH when
 * the process is gone, and ENOENT when the daemon is.
 */
export function spareIt(named: Named, { bustd, wallMs }: Incident): number {
  if (isGone(named)) {
    return -Errno.ESRCH;
  }
  const asked = withPidfd(bustd.pid, (pidfd) => {
    const warnedMs = linux.bootMs() - (linux.wallMs() - wallMs);
    const startMs = startOf(linux, bustd.pid);
    const isDaemon = isBustd(bustd.pid) === true && isOwn(bustd.pid);
    return isDaemon && startMs >= 0 && startMs <= warnedMs
      ? sendValue(pidfd, Signal.SIGUSR2, named.pid)
      : -Errno.ENOENT;
  });
  return asked === -Errno.ESRCH ? -Errno.ENOENT : asked;
}

const MINUTES = SPARED_MS / 60_000;

/** What became of `End it`, as a sentence; null: it ends. */
export function endedText(name: string, result: number): string | null {
  if (result >= 0) {
    return null;
  }
  return result === -Errno.ESRCH
    ? `${name} was gone already`
    : `${name} could not be ended: ${errnoSentence(-result)}`;
}

/** What became of `Spare it`, as a sentence. */
export function sparedText(name: string, result: number): string {
  switch (result) {
    case 0:
      return `bustd was asked to spare ${name} for ${MINUTES} minutes; see its log`;
    case -Errno.ESRCH:
      return `${name} was gone already`;
    case -Errno.ENOENT:
      return `${name} is not spared: the bustd that warned does not run any more`;
    default:
      return `${name} is not spared: ${errnoSentence(-result)}`;
  }
}
