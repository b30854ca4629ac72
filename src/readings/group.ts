import type { Sys } from "../sys/sys.ts";
import { cgroupOf, managedPreference } from "./cgroup.ts";
import { commOf, Field, parseStat, statFields } from "./process-stat.ts";
import { readAdj } from "./sizes.ts";

/**
 * Whether a process group is nothing but processes of this name, so that kill(2) of the group ends
 * nobody else; `leader` tells whether one that leads a session may be among them.
 */
export function isGroupOf(sys: Sys, pgid: number, comm: string, leader: boolean): boolean {
  const count = sys.listProcesses();
  let cgroup: string | null = null;
  // Reading a process leaves the list as it is.
  for (let i = 0; i < count; i++) {
    const pid = sys.pids[i] ?? 0;
    const length = sys.readProcessFile(pid, "stat");
    if (parseStat(sys.text, length) === "" || statFields[Field.pgid] !== pgid) {
      continue;
    }
    const isLeader = statFields[Field.sessionId] === pid;
    const isOther = commOf(sys.text, length) !== comm;
    if (isOther || (isLeader && !leader) || readAdj(sys, pid) === -1000) {
      return false;
    }
    // Nearly always all are in one cgroup.
    const own = cgroupOf(sys, pid);
    if (own === null || (own !== cgroup && managedPreference(sys, own) === "omit")) {
      return false;
    }
    cgroup = own;
  }
  return count > 0;
}
