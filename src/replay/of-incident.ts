import type { CandidateRecord, Incident } from "../model/incident.ts";
import { PF_EXITING } from "../model/process.ts";
import { Mark } from "../model/recorded.ts";
import { type Header, type Moment, NOBODY, type Process } from "./fields.ts";
import {
  headerLine,
  type Killed,
  readRecording,
  type Recording,
  RecordingWriter,
} from "./recording.ts";

/** What an incident does not tell: so much more is taken to be evicted than was read back. */
const EVICTED_TIMES = 100;

/** Somebody may have asked for it long after: whoever ended before is nowhere. */
const ONLY_THEN = ", of which only those are known who lived when it was asked for";

/**
 * An incident as a recording. It tells less: neither what was evicted nor who had major faults, so
 * that `thrashing` and `frozen` cannot be judged; and of processes the first candidates, who are
 * taken to have grown as memory was lost.
 */
export function recordingOf(incident: Incident): Recording | string {
  const { looks, machine, wallMs } = incident;
  const firstMs = looks.atMs[0];
  if (firstMs === undefined) {
    return "the incident has no readings";
  }
  const header: Header = {
    kernel: machine.kernel,
    pageKib: 4,
    atMs: Math.max(0, incident.atMs + firstMs),
    // How old processes are counts, and not since when the machine is up.
    bootMs: Math.max(0, incident.atMs + firstMs),
    wallMs: wallMs + firstMs,
    ramKib: looks.totalKib[0] ?? 0,
    ownPid: incident.bustd.pid,
    about: `incident ${incident.id}${incident.kind === "asked" ? ONLY_THEN : ""}`,
  };
  const writer = new RecordingWriter();
  const goneMs = incident.outcome?.goneMs ?? Infinity;
  const goneAt = looks.atMs.findIndex((ms) => ms >= goneMs);
  const whole = { ...incident, looks: { ...looks, availableKib: availableAt(looks) } };
  const lines = looks.atMs.map((_, i) =>
    writer.line(momentAt(whole, i, firstMs), i === goneAt ? killedOf(incident) : []),
  );
  return readRecording(headerLine(header) + lines.join(""));
}

/**
 * What was available at each look. Where only MemFree was read, of which there was plenty, no less
 * was available than at the next look that tells, or at the last one.
 */
function availableAt({ availableKib, marks }: Incident["looks"]): number[] {
  const isKnown = (i: number) => ((marks[i] ?? 0) & Mark.FREE_ONLY) === 0;
  let knownKib = availableKib.findLast((_, i) => isKnown(i)) ?? 0;
  const fromLast = availableKib.toReversed().map((kib, fromEnd) => {
    const isRead = isKnown(availableKib.length - 1 - fromEnd);
    knownKib = isRead ? kib : knownKib;
    return isRead ? kib : Math.max(kib, knownKib);
  });
  return fromLast.toReversed();
}

function momentAt(incident: Incident, i: number, firstMs: number): Moment {
  const { looks } = incident;
  const atMs = looks.atMs[i] ?? 0;
  const [someMs = 0, fullMs = 0] = [looks.someMs[i], looks.fullMs[i]];
  const [refaults = 0, swapIns = 0, totalKib = 0] = [
    looks.refaults[i],
    looks.swapIns[i],
    looks.totalKib[i],
  ];
  const availableKib = Math.min(totalKib, looks.availableKib[i] ?? 0);
  return {
    atMs: atMs - firstMs,
    meminfo: {
      MemTotal: totalKib,
      MemFree: 0,
      MemAvailable: availableKib,
      SwapTotal: looks.swapTotalKib[i] ?? 0,
      SwapFree: looks.swapFreeKib[i] ?? 0,
      Shmem: 0,
      SUnreclaim: 0,
      Hugetlb: Math.min(totalKib - availableKib, looks.setAsideKib[i] ?? 0),
    },
    vmstat: {
      workingset_refault: refaults,
      pswpin: swapIns,
      pgsteal_kswapd: refaults * EVICTED_TIMES + Math.round(someMs),
      pgsteal_direct: 0,
      oom_kill: looks.oomKills[i] ?? 0,
    },
    some: { avg10: 0, totalUs: someMs * 1000 },
    full: { avg10: 0, totalUs: fullMs * 1000 },
    arcKib: 0,
    processes: processesAt(incident, i),
  };
}

/** The candidates, by how much of what was lost until the verdict is lost by then. */
function processesAt(incident: Incident, i: number): ReadonlyMap<number, Process> {
  const { attribution, looks, outcome, selection } = incident;
  const atMs = looks.atMs[i] ?? 0;
  const sinceMs = attribution?.sinceMs ?? 0;
  const share = sinceMs <= 0 ? 1 : Math.max(0, Math.min(1, 1 + atMs / sinceMs));
  const known = new Map<number, CandidateRecord>();
  for (const record of [...(selection?.candidates ?? []), ...(selection?.victims ?? [])]) {
    known.set(record.pid, record);
  }
  const goneAtMs = outcome?.ending === "gone" ? outcome.goneMs : Infinity;
  const dead = new Set(selection?.victims.map(({ pid }) => pid));
  const dying = new Set(atMs >= 0 ? killedOf(incident).map(({ pid }) => pid) : []);
  const living = [...known.values()].filter(
    ({ ageMs, pid }) => atMs >= -Math.max(0, ageMs) && (atMs < goneAtMs || !dead.has(pid)),
  );
  return new Map(
    living
      .toSorted((a, b) => a.pid - b.pid)
      .map((record) => {
        const process = processOf(record, incident.atMs, share);
        const flags = dying.has(record.pid) ? PF_EXITING : 0;
        return [record.pid, { ...process, flags }];
      }),
  );
}

function processOf(record: CandidateRecord, atMs: number, share: number): Process {
  const { ageMs, cgroup, comm, grownKib, oomScore, oomScoreAdj, pid, rssKib, sizeKib, uid } =
    record;
  const swapKib = record.swapKib >= 0 ? record.swapKib : Math.max(0, sizeKib - rssKib);
  const anonKib = Math.min(rssKib, Math.max(0, sizeKib - swapKib));
  return {
    ...NOBODY,
    pid,
    ppid: 1,
    pgid: pid,
    sid: pid,
    // Ages are told by the clock that starts of processes count by.
    startMs: Math.max(0, Math.round((atMs - Math.max(0, ageMs)) / 10) * 10),
    uid: Math.max(0, uid),
    oomScore,
    oomScoreAdj,
    anonKib: Math.max(0, Math.round(anonKib - grownKib * (1 - share))),
    fileKib: Math.max(0, rssKib - anonKib),
    swapKib,
    comm,
    cgroup,
  };
}

/** Whom bustd killed: neither whom it would have killed, nor who lives on. */
export function killedOf({ kind, outcome, selection }: Incident): Killed[] {
  const isKill = kind === "kill" && outcome?.ending === "gone";
  return isKill ? (selection?.victims ?? []).map(({ pid }) => ({ pid, by: "bustd" })) : [];
}
