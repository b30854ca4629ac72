import { Errno } from "../model/errno.ts";
import type { Sys } from "../sys/sys.ts";
import { Field, MS_PER_TICK, parseStat, statFields } from "./process-stat.ts";

/**
 * When a process started, milliseconds since boot; -1 when there is no such process, or it is dead
 * and only its parent has not asked for it yet.
 */
export function startOf(sys: Sys, pid: number): number {
  return startIn(parseStat(sys.text, sys.readProcessFile(pid, "stat")));
}

/** Of the stat that was parsed last, by its state. */
function startIn(state: string): number {
  const isDead = state === "Z" && (statFields[Field.threads] ?? 0) <= 1;
  return state === "" || isDead ? -1 : (statFields[Field.startTicks] ?? 0) * MS_PER_TICK;
}

/** Whether a negative error number means that there is no such process. */
export function isNobody(answer: number): boolean {
  return answer === -Errno.ENOENT || answer === -Errno.ESRCH;
}

/** Whether the process that started then has ended for certain; one not to be read may live. */
export function hasEnded(sys: Sys, pid: number, startMs: number): boolean {
  const length = sys.readProcessFile(pid, "stat");
  const state = parseStat(sys.text, length);
  return state === "" ? isNobody(length) : startIn(state) !== startMs;
}

/** Threads of one who is dying that are asked. */
const MOST_THREADS = 16;

/**
 * Whether the lock of a process's memory can be had right now, for which a read of its command line
 * waits; asked of a thread that has not ended. Nobody who is dying takes it anew for writing.
 */
export function isUnlocked(sys: Sys, pid: number): boolean {
  let length = sys.readProcessFile(pid, "cmdline");
  const count = length === 0 ? Math.min(sys.listTasks(pid), MOST_THREADS) : 0;
  for (let i = 0; i < count && length === 0; i++) {
    length = sys.readTaskFile(pid, sys.tids[i] ?? 0, "cmdline");
  }
  return length > 0;
}
