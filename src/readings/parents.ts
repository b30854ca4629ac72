import type { Process } from "../model/process.ts";
import type { Sys } from "../sys/sys.ts";
import { Field, parseStat, statFields } from "./process-stat.ts";

/**
 * Who started those who took some of what was lost, and who started these, up to init: the parent
 * of each pid, proc_pid_stat(5). A browser's tabs are children of a helper that took nothing, and
 * which no scan may have looked at.
 */
export function parentsOf(sys: Sys, processes: readonly Process[]): ReadonlyMap<number, number> {
  const parents = new Map<number, number>();
  for (const { grownKib, heirKib, pid, ppid, shmemGrownKib, shmemHeldKib } of processes) {
    if (grownKib + heirKib + shmemGrownKib + shmemHeldKib > 0) {
      parents.set(pid, ppid);
    }
  }
  for (const firstPid of parents.values()) {
    for (let pid = firstPid; pid > 1 && !parents.has(pid); pid = parents.get(pid) ?? 0) {
      const state = parseStat(sys.text, sys.readProcessFile(pid, "stat"));
      parents.set(pid, state === "" ? 0 : (statFields[Field.ppid] ?? 0));
    }
  }
  return parents;
}
