import type { Incident } from "../model/incident.ts";
import * as limits from "../model/limits.ts";
import { availablePercent, type Reading, swapFreePercent, usableKib } from "../model/reading.ts";
import type { Standing } from "../model/standing.ts";
import type { RecordedHour, RingContent } from "../recorder/read-ring.ts";
import { digestOf, limitsInForce } from "../recorder/standing.ts";
import type { Status } from "../report/status-lines.ts";
import type { Running } from "./running.ts";
import { asTheDaemonSees } from "./set-aside.ts";

/** Where the settings come from. */
export interface Sources {
  readonly files: readonly string[];
  /** Whether they say what is in force; null when that cannot be told. */
  readonly isCurrent: boolean | null;
}

/** What was found out. */
export interface Gathered {
  readonly standing: Standing | null;
  readonly sources: Sources;
  readonly ring: RingContent | null;
  /** There is a flight recorder, and it could not be read. */
  readonly isRingUnreadable: boolean;
  readonly incidents: readonly Incident[];
  /** Whether a daemon that warns made the place for its last warning, and that. */
  readonly hasWarnings: boolean;
  readonly warned: Incident | null;
  readonly problems: readonly string[];
  readonly memory: Reading;
  /** Whether a bustd has this pid, and whether a signal has stopped it. */
  readonly isThere: (pid: number) => boolean;
  readonly isHalted: (pid: number) => boolean;
  /** CLOCK_MONOTONIC. */
  readonly nowAtMs: number;
  /** When today began, milliseconds since 1970. */
  readonly midnightMs: number;
}

const HOUR_MS = 3_600_000;
/** A daemon that has not looked for so long gets no processor, or the machine stands still. */
const STUCK_MS = 3 * limits.LONGEST_SLEEP_MS;

/** Where it cannot keep a flight recorder, that its process is there has to do. */
function stateOf(
  { isHalted, isThere, ring }: Gathered,
  pid: number,
  lookedMs: number,
): Status["state"] {
  if (pid <= 0 || !isThere(pid)) {
    return "stopped";
  }
  if (isHalted(pid)) {
    return "halted";
  }
  return ring !== null && (lookedMs < 0 || lookedMs > STUCK_MS) ? "stuck" : "running";
}

function lowestOf(hours: readonly RecordedHour[], midnightMs: number): Status["lowest"] {
  const known = hours.filter((hour) => hour.lowestKib >= 0 && hour.lowestWallMs >= midnightMs);
  const [lowest] = known.toSorted((a, b) => a.lowestPercent - b.lowestPercent);
  return lowest === undefined
    ? null
    : {
        percent: lowest.lowestPercent,
        kib: lowest.lowestKib,
        wallMs: lowest.lowestWallMs,
      };
}

function lastKillOf(ring: RingContent | null, incidents: readonly Incident[]): Status["lastKill"] {
  const incident = incidents.findLast(
    ({ kind, outcome }) => kind === "kill" && outcome?.ending === "gone",
  );
  const killWallMs = ring?.killWallMs ?? 0;
  // The incident is of the kill that the ring counted, unless it could not be written.
  if (incident === undefined || killWallMs - incident.wallMs > STUCK_MS) {
    return killWallMs === 0 ? null : { wallMs: killWallMs, name: "", pid: 0, rule: "" };
  }
  return killIn(incident);
}

/** What a dry run would have killed last. */
function lastDryOf(incidents: readonly Incident[]): Status["lastDry"] {
  const incident = incidents.findLast(({ kind }) => kind === "dry-run");
  return incident === undefined ? null : killIn(incident);
}

function killIn({ selection, verdict, wallMs }: Incident): NonNullable<Status["lastKill"]> {
  const victim = selection?.victims[0];
  return {
    wallMs,
    name: victim?.comm ?? "",
    pid: victim?.pid ?? 0,
    rule: verdict?.rule ?? "",
  };
}

function warningsOf({ hasWarnings, warned }: Gathered): Status["warnings"] {
  if (warned === null) {
    return hasWarnings ? { last: null } : null;
  }
  const { name, pid, wallMs } = killIn(warned);
  return { last: { wallMs, name, pid, because: warned.verdict?.because ?? "" } };
}

/** The daemon's own account, as far as there is one. */
function accountOf({ ring, standing }: Gathered, memory: Reading) {
  return standing === null
    ? {
        version: "",
        startedWallMs: 0,
        dryRun: ring?.dryRun ?? false,
        digest: "",
        argv: [],
        limits: null,
        ruleCount: 0,
      }
    : {
        version: standing.bustd.version,
        startedWallMs: standing.startedWallMs,
        dryRun: standing.dryRun,
        digest: standing.bustd.digest,
        argv: standing.argv,
        limits: limitsInForce(
          {
            ...standing.settings,
            when: standing.when.length === 0 ? null : standing.when.map((text) => ({ text })),
          },
          { usableKib: usableKib(memory), swapTotalKib: memory.swapTotalKib },
        ),
        ruleCount: standing.ruleCount,
      };
}

function todayOf(
  ring: RingContent,
  midnightMs: number,
  lastKill: Status["lastKill"],
): Pick<Status, "lowest" | "today"> {
  // They are UTC's: where the clock is half an hour off, one of them began before midnight.
  const hours = ring.hours.filter(({ wallMs }) => wallMs + HOUR_MS > midnightMs);
  const kills = hours.reduce((sum, hour) => sum + hour.kills, 0);
  return {
    lowest: lowestOf(hours, midnightMs),
    today: {
      near: hours.reduce((sum, { near }) => sum + near, 0),
      kills,
      wouldKill: hours.reduce((sum, { wouldKill }) => sum + wouldKill, 0),
      beganAfterKill: kills === 0 && (lastKill?.wallMs ?? 0) >= midnightMs,
    },
  };
}

/**
 * How things stand with a daemon that writes to none of the flight recorders that can be seen: what
 * its arguments, and the files as they are now, ask for. What another one recorded stays true.
 */
export function besideRecorders(
  status: Status,
  { args, options, ...running }: Running,
  seesAll: boolean,
): Status {
  return {
    ...status,
    state: running.isHalted ? "halted" : "running",
    hasRecorder: seesAll ? false : null,
    pid: running.pid,
    version: "",
    startedWallMs: running.sinceMs,
    lookedMs: -1,
    dryRun: running.dryRun,
    digest: options === null ? "" : digestOf(options),
    isCurrent: null,
    files: [],
    argv: args,
    limits: options === null ? null : limitsInForce(options, status.memory),
    ruleCount: options?.rules.length ?? 0,
  };
}

/** How things stand, from what was found out; pure. */
export function statusOf(gathered: Gathered): Status {
  const { incidents, midnightMs, nowAtMs, problems, ring, sources } = gathered;
  const pid = gathered.standing?.bustd.pid ?? ring?.pid ?? 0;
  const lookAtMs = ring?.lookAtMs ?? 0;
  const lookedMs = lookAtMs > 0 ? Math.max(0, nowAtMs - lookAtMs) : -1;
  const state = stateOf(gathered, pid, lookedMs);
  const looks = state === "stopped" ? [] : (ring?.looks ?? []);
  const memory = asTheDaemonSees(gathered.memory, looks);
  const lastKill = lastKillOf(ring, incidents);
  return {
    state,
    hasRecorder: gathered.isRingUnreadable ? null : ring !== null,
    pid,
    lookedMs,
    ...accountOf(gathered, memory),
    ...sources,
    memory: {
      availablePercent: availablePercent(memory),
      availableKib: memory.availableKib,
      totalKib: memory.totalKib,
      usableKib: usableKib(memory),
      swapFreePercent: swapFreePercent(memory),
      swapTotalKib: memory.swapTotalKib,
    },
    ...(ring === null ? { lowest: null, today: null } : todayOf(ring, midnightMs, lastKill)),
    lastKill,
    lastDry: lastDryOf(incidents),
    warnings: warningsOf(gathered),
    incidentsLost: ring?.incidentsLost ?? 0,
    lostErrno: ring?.lostErrno ?? 0,
    problems,
  };
}
