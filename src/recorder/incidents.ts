/**
 * Incidents on disk: one JSON document for each, in the state directory. To make room, the oldest
 * of those of dry runs are removed, and real ones only for real ones where there are no others.
 *
 * The daemon writes one when its victims are gone, so that it survives the daemon, and may write
 * the same one again when it knows more, such as the looks of the seconds after: the same id takes
 * the place of the file before (without the ring then, which would count it twice). It is not
 * forced to the disk by fsync(2): on a busy one that would keep the only thread from looking for
 * seconds. What a power cut leaves half, the readers say so.
 */
import type { Incident } from "../model/incident.ts";
import type { Sys } from "../sys/sys.ts";
import { noteIncident } from "./counts.ts";
import { DRY } from "./incident.ts";
import type { Ring } from "./ring.ts";

/** So many are kept, and the last one of a dry run beside so many real ones … */
export const MAX_INCIDENTS = 100;
/** … and none is larger than this, which what `incidentOf` keeps of each part sees to. */
export const MAX_INCIDENT_BYTES = 256 * 1024;

/** Names of other people's programs are not for everybody. */
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

const ENDING = ".json";
const TEMPORARY = ".tmp";

/** Whether a name can be one of ours: `20261128T145511.123Z-4242.json`. */
export function isIncidentName(name: string): boolean {
  return name.endsWith(ENDING) && name[8] === "T" && name.includes("Z-");
}

/** Makes room for one more, and removes what a daemon that was killed left half. */
function prune(sys: Sys, directory: string, name: string): void {
  const real: string[] = [];
  const dry: string[] = [];
  for (const other of sys.listNames(directory)) {
    if (other.endsWith(`${ENDING}${TEMPORARY}`)) {
      sys.removeFile(`${directory}/${other}`);
    } else if (isIncidentName(other) && other !== name) {
      (other.endsWith(`${DRY}${ENDING}`) ? dry : real).push(other);
    }
  }
  // One of a dry run makes room by its like alone, and there is room for the last one.
  const isDry = name.endsWith(`${DRY}${ENDING}`);
  const most = isDry ? Math.max(1, MAX_INCIDENTS - real.length) : MAX_INCIDENTS;
  // Their names begin with the time.
  const first = isDry ? dry.toSorted() : [...dry.toSorted(), ...real.toSorted()];
  for (const removed of first.slice(0, Math.max(0, first.length - most + 1))) {
    sys.removeFile(`${directory}/${removed}`);
  }
}

/**
 * Writes an incident to the directory, which is made if need be; never half a file, never throws.
 * 0, or the negative error number of what failed; the ring, if it is given, counts both.
 */
export function writeIncident(
  sys: Sys,
  directory: string,
  incident: Incident,
  ring: Ring | null,
): number {
  const name = `${incident.id}${ENDING}`;
  sys.makeDirectory(directory, DIRECTORY_MODE);
  prune(sys, directory, name);
  const text = `${JSON.stringify(incident)}\n`;
  const result = sys.replaceFile(`${directory}/${name}`, text, FILE_MODE);
  if (ring !== null) {
    noteIncident(ring, result < 0 ? -result : 0);
  }
  return result < 0 ? result : 0;
}
