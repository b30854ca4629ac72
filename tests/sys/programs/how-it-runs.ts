import { readFileSync } from "node:fs";

/** Nice value, and scheduling policy by number: 0 SCHED_OTHER, 1 SCHED_FIFO; proc_pid_stat(5). */
export function howItRuns(): string {
  const afterComm = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1) ?? "";
  const fields = afterComm.split(" ");
  return `${fields[16]} ${fields[38]}`;
}
