import { Errno } from "../model/errno.ts";
import type { Options } from "../model/options.ts";
import type { Places } from "../model/places.ts";
import { Mark } from "../model/recorded.ts";
import type { Sys } from "../sys/sys.ts";
import { At } from "./layout.ts";
import type { Recorder } from "./recorder.ts";
import { noteStart, openRing, type Ring, smallRing } from "./ring.ts";
import { writeStanding } from "./standing.ts";

/** Names of other people's programs are not for everybody. */
const DIRECTORY_MODE = 0o750;
/** A daemon looks every ten seconds at the latest. */
const LIVES_MS = 15_000;

interface About {
  readonly options: Options;
  readonly version: string;
  readonly standing: string;
  /** It started itself again in place: its start is no news. */
  readonly isRenewed: boolean;
}

/** A recorder, and the positive error number for which it has no ring, or 0. */
export interface Opened {
  readonly recorder: Recorder;
  readonly errno: number;
}

/** Opens the ring, and writes what the daemon says of itself; before memory is locked. */
export function openRecorder(sys: Sys, places: Places, about: About): Opened {
  const { isRenewed, options, standing, version } = about;
  makeDirectories(sys, places.incidents);
  const opened = openRing(sys, places.ring);
  const result = typeof opened === "number" || !isOthers(sys, opened) ? opened : -Errno.EBUSY;
  const ring = typeof result === "number" ? null : result;
  if (ring !== null && !isRenewed) {
    noteStart(ring, sys.ownPid(), options.dryRun);
    // After a reload that failed there is nothing new to say.
    if (standing !== "") {
      writeStanding(sys, places.standing, standing);
    }
  }
  const recorder: Recorder = {
    sys,
    ring,
    directory: places.incidents,
    options,
    version,
    usableKib: 0,
    machine: null,
    kernelAtMs: -Infinity,
    marks: isRenewed ? 0 : Mark.START,
    pending: [],
  };
  return { recorder, errno: typeof result === "number" ? -result : 0 };
}

/**
 * Makes the directories of a path that are missing: a user may have none for states yet. The last
 * one as well: made by root's daemon, who runs beside it once, it would be closed to the service's.
 */
function makeDirectories(sys: Sys, path: string): void {
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) {
    sys.makeDirectory(path.slice(0, at), DIRECTORY_MODE);
  }
  sys.makeDirectory(path, DIRECTORY_MODE);
}

/** Whether another daemon, which lives, looks into the same ring. */
function isOthers(sys: Sys, { doubles, words }: Ring): boolean {
  const pid = words[At.pid] ?? 0;
  const isFresh = sys.nowMs() - (doubles[At.lookAt] ?? 0) < LIVES_MS;
  if (pid === 0 || pid === sys.ownPid() || !isFresh) {
    return false;
  }
  const asked = sys.signalProcess(pid, 0);
  return asked === 0 || asked === -Errno.EPERM;
}

/** A recorder for rehearsals: what it keeps is nowhere, and it never writes. */
export function pretendedRecorder(recorder: Recorder, sys: Sys): Recorder {
  const { ring } = recorder;
  return { ...recorder, sys, ring: ring === null ? null : smallRing(ring.sys), pending: [] };
}
