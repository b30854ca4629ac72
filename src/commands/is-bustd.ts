import { decode } from "../readings/text.ts";
import { linux } from "../sys/linux.ts";

/**
 * Whether a process is the daemon's own stage, which calls itself so, and no zombie, which has
 * ended and is not waited for; proc_pid_stat(5). Null where it cannot be asked: with hidepid.
 */
export function isBustd(pid: number): boolean | null {
  const length = linux.readProcessFile(pid, "stat");
  return length < 0 ? null : /^\d+ \(bustd\) [^ZX]/.test(decode(linux.text, length));
}

/** Whether a signal, SIGSTOP or a terminal's, has stopped a process. */
export function isHalted(pid: number): boolean {
  const length = linux.readProcessFile(pid, "stat");
  return length >= 0 && /\) T [^)]*$/.test(decode(linux.text, length));
}
