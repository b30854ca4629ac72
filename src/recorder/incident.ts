import type { Outcome } from "../model/event.ts";
import {
  type CandidateRecord,
  type Incident,
  INCIDENT_VERSION,
  type IncidentParts,
  type LookColumns,
  type ProcessRecord,
  type SparedRecord,
  type VictimDetails,
  type VictimRecord,
} from "../model/incident.ts";
import type { Process } from "../model/process.ts";
import { Mark, type RecordedLook } from "../model/recorded.ts";
import type { Candidate, Selection, Spared } from "../model/selection.ts";
import type { Acting, Witness } from "../model/verdict.ts";
import { preciseUtcTime, stampOf } from "../report/time.ts";

/** What is kept of what is many: a document is never larger than `MAX_INCIDENT_BYTES`. */
const KEPT = {
  victims: 20,
  candidates: 10,
  spared: 10,
  takers: 10,
  witnesses: 8,
  points: 16,
  conditions: 16,
  kernelVictims: 10,
  looks: 300,
} as const;
/** Characters that are kept of a text: of a name, of a path or a rule, of a command line. */
const NAME = 64;
const PATH = 256;
const LINE = 512;
/** So long before and after the kill all looks are kept, of the rest every so many-th. */
const DENSE_BEFORE_MS = 15_000;
const DENSE_AFTER_MS = 5_000;

/** How ids of what a dry run would have killed end: these are the first to make room. */
export const DRY = "-dry";

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** Numbers are kept to three decimals: what is beyond is noise, and JSON has no infinity. */
function round(value: number): number {
  const rounded = Math.round(value * 1000) / 1000;
  return Number.isFinite(rounded) ? rounded : -1;
}

function processRecord(process: Process, atMs: number): ProcessRecord {
  const ageMs = Math.round(atMs - process.startMs);
  return {
    pid: process.pid,
    comm: cut(process.comm, NAME),
    uid: process.uid,
    cgroup: cut(process.cgroup, PATH),
    rssKib: Math.round(process.rssKib),
    swapKib: Math.round(process.swapKib),
    sizeKib: Math.round(process.sizeKib),
    grownKib: Math.round(process.grownKib),
    ageMs: ageMs >= 0 ? ageMs : -1,
    startMs: Math.round(process.startMs),
    oomScore: process.oomScore,
    oomScoreAdj: process.oomScoreAdj,
  };
}

function candidateRecord(candidate: Candidate, atMs: number): CandidateRecord {
  return {
    ...processRecord(candidate.process, atMs),
    tookKib: Math.round(candidate.tookKib),
    share: round(candidate.share),
    score: round(candidate.score),
    points: candidate.points.slice(0, KEPT.points).map(({ origin, points }) => ({
      origin: cut(origin, PATH),
      points: round(points),
    })),
    scope: candidate.scope,
  };
}

function victimRecord(
  victim: Candidate,
  atMs: number,
  details: readonly VictimDetails[],
): VictimRecord {
  const record = candidateRecord(victim, atMs);
  const { process } = victim;
  const known = details.find(({ pid }) => pid === process.pid);
  return {
    ...record,
    uid: known?.uid ?? record.uid,
    cgroup: cut(known?.cgroup ?? record.cgroup, PATH),
    exe: cut(known?.exe ?? process.exe, PATH),
    cmdline: cut(known?.cmdline ?? "", LINE),
    majorFaults: known?.majorFaults ?? process.majorFaults,
  };
}

function sparedRecord({ because, origin, process }: Spared, atMs: number): SparedRecord {
  return Object.assign(processRecord(process, atMs), { because, origin: cut(origin, PATH) });
}

function selectionRecord(selection: Selection, parts: IncidentParts): Incident["selection"] {
  const { atMs, candidates, details } = parts;
  const { group, next, processCount, spared, victims } = selection;
  const largest = spared.toSorted((a, b) => b.process.sizeKib - a.process.sizeKib);
  return {
    victims: victims.slice(0, KEPT.victims).map((victim) => victimRecord(victim, atMs, details)),
    victimCount: victims.length,
    group: group === null ? null : { ...group, id: cut(group.id, PATH) },
    next: next === null ? null : candidateRecord(next, atMs),
    candidates: candidates.slice(0, KEPT.candidates).map((item) => candidateRecord(item, atMs)),
    candidateCount: candidates.length,
    spared: largest.slice(0, KEPT.spared).map((item) => sparedRecord(item, atMs)),
    sparedCount: spared.length,
    processCount,
  };
}

function witnessRecord({ limit, name, unit, value }: Witness): Witness {
  return { name: cut(name, NAME), value: round(value), limit: round(limit), unit };
}

function verdictRecord({ because, rule, urgency, witnesses }: Acting): Incident["verdict"] {
  return {
    rule,
    because: cut(because, PATH),
    urgency,
    witnesses: witnesses.slice(0, KEPT.witnesses).map(witnessRecord),
  };
}

function outcomeRecord(outcome: Outcome, parts: IncidentParts): Incident["outcome"] {
  const { ending, errno, group, sigkill, signalled, tookMs } = outcome;
  return {
    ending,
    signal: sigkill ? "SIGKILL" : "SIGTERM",
    errno,
    signalled,
    group,
    goneMs: round(tookMs),
    reliefMs: round(parts.reliefMs),
    freedKib: parts.freedKib,
    availablePercent: round(parts.availablePercent),
  };
}

function isNear(look: RecordedLook, atMs: number): boolean {
  const sinceMs = look.atMs - atMs;
  return (
    (sinceMs >= -DENSE_BEFORE_MS && sinceMs <= DENSE_AFTER_MS) ||
    (look.marks & ~(Mark.NEAR | Mark.FREE_ONLY)) !== 0
  );
}

/** Every so many-th of these, the last included, so that no more than `most` are left. */
function thinned(looks: readonly RecordedLook[], most: number): readonly RecordedLook[] {
  const step = Math.ceil(looks.length / Math.max(1, most));
  return step <= 1 ? looks : looks.filter((_, index) => (looks.length - 1 - index) % step === 0);
}

/** Looks before, through and after, the dense ones near the kill; in ascending order. */
function keptLooks(looks: readonly RecordedLook[], atMs: number): RecordedLook[] {
  const near = thinned(
    looks.filter((look) => isNear(look, atMs)),
    (2 * KEPT.looks) / 3,
  );
  const far = thinned(
    looks.filter((look) => !isNear(look, atMs)),
    KEPT.looks / 3,
  );
  return [...near, ...far].toSorted((a, b) => a.atMs - b.atMs);
}

/** Looks by columns, their times counted from the incident. */
export function lookColumns(looks: readonly RecordedLook[], atMs: number): LookColumns {
  const column = (name: keyof LookColumns) => looks.map((look) => look[name]);
  return {
    atMs: looks.map((look) => Math.round(look.atMs - atMs)),
    marks: column("marks"),
    totalKib: column("totalKib"),
    availableKib: column("availableKib"),
    setAsideKib: column("setAsideKib"),
    swapTotalKib: column("swapTotalKib"),
    swapFreeKib: column("swapFreeKib"),
    someMs: column("someMs"),
    fullMs: column("fullMs"),
    refaults: column("refaults"),
    swapIns: column("swapIns"),
    oomKills: column("oomKills"),
  };
}

/** The document of one incident, from what the daemon knows of it; pure, and never fails. */
export function incidentOf(parts: IncidentParts): Incident {
  const { atMs, attribution, kernel, kind, outcome, selection, verdict, wallMs } = parts;
  const pid = selection?.victims[0]?.process.pid ?? kernel?.victims[0]?.pid ?? 0;
  return {
    version: INCIDENT_VERSION,
    id: `${stampOf(wallMs)}-${pid}${kind === "dry-run" ? DRY : ""}`,
    kind,
    time: preciseUtcTime(wallMs),
    wallMs: Math.round(wallMs),
    atMs: Math.round(atMs),
    bustd: parts.bustd,
    machine: parts.machine,
    limits: {
      ...parts.limits,
      when: parts.limits.when.slice(0, KEPT.conditions).map((text) => cut(text, PATH)),
    },
    settings: parts.settings,
    verdict: verdict === null ? null : verdictRecord(verdict),
    selection: selection === null ? null : selectionRecord(selection, parts),
    outcome: outcome === null ? null : outcomeRecord(outcome, parts),
    attribution:
      attribution === null
        ? null
        : { ...attribution, takers: attribution.takers.slice(0, KEPT.takers) },
    kernel:
      kernel === null
        ? null
        : { kills: kernel.kills, victims: kernel.victims.slice(0, KEPT.kernelVictims) },
    looks: lookColumns(keptLooks(parts.looks, atMs), atMs),
  };
}
