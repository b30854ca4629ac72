import { EXEMPT_ADJ } from "../model/process.ts";
import type { Sys } from "../sys/sys.ts";
import { isNobody } from "./alive.ts";
import { cgroupOf, managedPreference } from "./cgroup.ts";
import { commOf, Field, MS_PER_TICK, parseStat, statFields } from "./process-stat.ts";
import { readAdj } from "./process-memory.ts";
import { listAll } from "./list.ts";

const INIT = 1;

/** What all members of a process group have to be like. */
interface Alike {
  readonly pgid: number;
  readonly comm: string;
  /** Started no earlier, milliseconds since boot, and leading no session, unless it is 0. */
  readonly sinceMs: number;
}

/**
 * Whether a process group is nothing but processes alike that anybody may end, so that kill(2) of
 * the group ends nobody else. Whoever cannot be seen may be somebody else.
 */
export function isGroupOf(sys: Sys, alike: Alike): boolean {
  const count = listAll(sys);
  let cgroup = "";
  let members = 0;
  // Reading a process leaves the list as it is.
  for (let i = 0; i < count; i++) {
    const pid = sys.pids[i] ?? 0;
    const length = sys.readProcessFile(pid, "stat");
    const isSeen = parseStat(sys.text, length) !== "";
    if (isSeen && statFields[Field.pgid] !== alike.pgid) {
      continue;
    }
    const own = isSeen && isAlike(sys, pid, length, alike) ? cgroupOf(sys, pid) : null;
    // Nearly always all are in one cgroup.
    if (own !== null && (own === cgroup || managedPreference(sys, own) === "none")) {
      cgroup = own;
      members++;
    } else if (!isNobody(sys.readProcessFile(pid, "stat"))) {
      return false;
    }
  }
  return members > 0 && count < sys.pids.length;
}

/** The process whose stat was parsed last. */
function isAlike(sys: Sys, pid: number, length: number, { comm, sinceMs }: Alike): boolean {
  const startMs = (statFields[Field.startTicks] ?? 0) * MS_PER_TICK;
  const isLeader = statFields[Field.sessionId] === pid;
  const isOld = startMs < sinceMs || (isLeader && sinceMs > 0);
  const isOther = commOf(sys.text, length) !== comm || pid === INIT || pid === sys.ownPid();
  return !isOld && !isOther && readAdj(sys, pid, EXEMPT_ADJ) !== EXEMPT_ADJ;
}
