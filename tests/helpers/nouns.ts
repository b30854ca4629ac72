import { emptyHolders } from "../../src/model/holders.ts";
import { type Inheritance, NO_INHERITANCE } from "../../src/model/inheritance.ts";
import { TERM_TO_KILL_MS } from "../../src/model/limits.ts";
import type { Options } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import { Depth, emptyReading, type Reading } from "../../src/model/reading.ts";
import { type Candidate, type Loss, NO_LOSS, type Selection } from "../../src/model/selection.ts";
import { type Context, NOT_STRUCK } from "../../src/policy/ranking.ts";
import { NO_GROWTH } from "../../src/readings/locked.ts";
import type { Plan } from "../../src/readings/processes.ts";
import type { Acting } from "../../src/model/verdict.ts";

export const OWN_PID = 999;

/** The options of a start without flags, on no terminal and without files. */
export function someOptions(changes: Partial<Options> = {}): Options {
  return {
    daemonize: false,
    verbose: false,
    hourly: false,
    keepCmdline: false,
    dryRun: false,
    trim: true,
    warn: false,
    psiPercent: 25,
    mem: { softPercent: 10, hardPercent: 5 },
    swap: { softPercent: 10, hardPercent: 5 },
    killAfterMs: TERM_TO_KILL_MS,
    when: null,
    scope: "process",
    adjPolicy: "respect",
    sortBy: "oom_score",
    ignoreRootUser: false,
    rules: [],
    sink: "plain",
    announce: null,
    argv: [],
    ...changes,
  };
}

/** What a daemon has that nobody waits for and that holds no pid file. */
export function anInheritance(changes: Partial<Inheritance> = {}): Inheritance {
  return { ...NO_INHERITANCE, ...changes };
}

/** An ordinary process of 100 MiB that nobody has asked anything of. */
export function aProcess(pid: number, changes: Partial<Process> = {}): Process {
  return {
    pid,
    comm: "paper",
    state: "S",
    ppid: 1,
    pgid: pid,
    sessionId: pid,
    flags: 0x400000,
    threads: 1,
    startMs: 1000 * pid,
    majorFaults: 0,
    childMajorFaults: 0,
    cpuMs: 0,
    oomScore: 700,
    oomScoreAdj: 0,
    rssKib: 102_400,
    swapKib: 0,
    tablesKib: 0,
    isDumpingCore: false,
    sizeKib: 102_400,
    grownKib: 0,
    latelyKib: 0,
    carriedMs: 0,
    shmemGrownKib: 0,
    shmemLatelyKib: 0,
    shmemHeldKib: 0,
    heirKib: 0,
    uid: 1000,
    exe: "",
    cmdline: "",
    cgroup: "/",
    managedPreference: "none",
    ...changes,
  };
}

/** A close look at 8 GiB of which half is available, without swap and without stalls. */
export function aReading(changes: Partial<Reading> = {}): Reading {
  const totalKib = changes.totalKib ?? 8 * 1024 * 1024;
  const availableKib = changes.availableKib ?? totalKib / 2;
  return {
    ...emptyReading(),
    totalKib,
    availableKib,
    freeKib: availableKib / 2,
    machineKib: totalKib + (changes.swapTotalKib ?? 0),
    depth: Depth.stalls,
    hasPressure: true,
    ...changes,
  };
}

/** A close look with these shares available and of swap free, in percent. */
export function readingAt(memPercent: number, swapPercent: number | null = null): Reading {
  return aReading({
    totalKib: 1_000_000,
    availableKib: memPercent * 10_000,
    swapTotalKib: swapPercent === null ? 0 : 1_000_000,
    swapFreeKib: (swapPercent ?? 0) * 10_000,
  });
}

/** A scan of all processes for rules that ask for nothing. */
export function aPlan(changes: Partial<Plan> = {}): Plan {
  return {
    needs: { exe: false, exeProtects: false, cmdline: false, cmdlineRules: false },
    extent: "all",
    base: null,
    recent: null,
    last: null,
    holders: emptyHolders(),
    lostKib: 0,
    latelyLostKib: 0,
    newLocked: NO_GROWTH,
    newTables: NO_GROWTH,
    newShmem: NO_GROWTH,
    isOldScale: false,
    goOn: () => true,
    ...changes,
  };
}

/** So much was lost in ten seconds, half of it to those who are there. */
export function aLoss(lostKib: number, changes: Partial<Loss> = {}): Loss {
  const [sinceMs, latelyMs, latelyKib] = [10_000, 10_000, lostKib / 2];
  const baseMs = changes.sinceMs ?? sinceMs;
  const loss = { ...NO_LOSS, sinceMs, baseMs, lostKib, latelyMs, latelyKib, ...changes };
  return { ...loss, sharedOfKib: Math.max(loss.lostKib, loss.needKib), ...changes };
}

/** A choice by the usual options on 8 GiB where nothing was lost. */
export function aContext(changes: Partial<Context> = {}, options: Partial<Options> = {}): Context {
  return {
    options: someOptions(options),
    ownPid: OWN_PID,
    ownExe: "",
    takenMs: 10_000_000,
    parents: new Map(),
    totalKib: 8 * 1024 * 1024,
    loss: NO_LOSS,
    isHard: false,
    processCount: 100,
    refused: new Set(),
    dying: new Set(),
    struck: NOT_STRUCK,
    isOldScale: false,
    mayBlame: true,
    faults: null,
    isInVain: false,
    ...changes,
  };
}

export function aCandidate(process: Process, changes: Partial<Candidate> = {}): Candidate {
  const took = { tookKib: 0, share: 0, latelyShare: 0 };
  return { process, score: process.oomScore, points: [], scope: "process", ...took, ...changes };
}

/** A choice of these victims. */
export function aSelection(
  victims: readonly Candidate[],
  changes: Partial<Selection> = {},
): Selection {
  return {
    victims,
    group: null,
    next: null,
    candidates: victims,
    taker: null,
    loss: NO_LOSS,
    blamedKib: 0,
    unknownKib: 0,
    spared: [],
    processCount: 100,
    ...changes,
  };
}

/** A verdict of the exhaustion rule. */
export function anExhaustion(changes: Partial<Acting> = {}): Acting {
  return {
    kind: "act",
    rule: "exhaustion",
    because: "memory is used up",
    urgency: "term",
    witnesses: [{ name: "MemAvailable", value: 8.25, limit: 10, unit: "%" }],
    ...changes,
  };
}
