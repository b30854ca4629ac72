import type { Daemon } from "../daemon-state.ts";
import * as limits from "../model/limits.ts";
import type { Process } from "../model/process.ts";
import type { Selection } from "../model/selection.ts";
import { nameOf } from "../policy/kin.ts";
import { maySpare } from "../policy/matching.ts";
import { cgroupDirectory, holdsOnly } from "../readings/cgroup.ts";
import { isGroupOf } from "../readings/group.ts";
import type { Whole } from "./kill.ts";

/** What may be killed whole together with the victims, judged anew at each SIGKILL. */
export function wholeOf(daemon: Daemon, selection: Selection): Whole {
  const { sys } = daemon;
  const victims: Process[] = [];
  for (const { process } of selection.victims) {
    victims.push(process);
  }
  const first = selection.victims[0];
  const cgroup = first?.scope === "cgroup" ? first.process.cgroup : "";
  return {
    cgroupDirectory: () => (holdsOnly(sys, cgroup, victims) ? cgroupDirectory(cgroup) : ""),
    group: () => (isWholeGroup(daemon, selection) ? (victims[0]?.pgid ?? 0) : 0),
  };
}

/**
 * Whether a storm is killed by its process group, so that nobody escapes who is started meanwhile.
 * The first time it is not when one leads a session, who may be somebody's login, or was there long
 * before, as the browser whose tabs they are.
 */
function isWholeGroup({ crisis, options, sys }: Daemon, selection: Selection): boolean {
  const { group, spared, victims } = selection;
  const [first] = victims;
  if (first === undefined || group === null || !group.isStorm) {
    return false;
  }
  const { comm, pgid } = first.process;
  if (group.tie !== "process-group" || maySpare(options, comm)) {
    return false;
  }
  for (const { because, process } of spared) {
    if (
      because !== "exiting" &&
      because !== "dying" &&
      process.pgid === pgid &&
      process.comm === comm
    ) {
      return false;
    }
  }
  let youngestMs = 0;
  for (const { process } of victims) {
    youngestMs = process.startMs > youngestMs ? process.startMs : youngestMs;
  }
  const isAgain = crisis.struck.name === nameOf(group);
  const sinceMs = isAgain ? 0 : Math.max(1, youngestMs - limits.STORM_MS);
  return isGroupOf(sys, { pgid, comm, sinceMs });
}
