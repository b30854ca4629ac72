import type { Options } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import { emptyReading, type Reading } from "../../src/model/reading.ts";
import type { Candidate, Selection } from "../../src/model/selection.ts";
import type { Acting } from "../../src/model/event.ts";

/** The options of a start without flags, on no terminal and without files. */
export function someOptions(changes: Partial<Options> = {}): Options {
  return {
    daemonize: false,
    verbose: false,
    dryRun: false,
    trim: true,
    psiPercent: 25,
    mem: { softPercent: 10, hardPercent: 5 },
    swap: { softPercent: 10, hardPercent: 5 },
    killAfterMs: 500,
    when: null,
    scope: "process",
    adjPolicy: "respect",
    sortBy: "oom_score",
    ignoreRootUser: false,
    rules: [],
    sink: "plain",
    argv: [],
    notifySocket: "",
    watchdogMs: 0,
    pidFile: "",
    readyFd: -1,
    pidFileFd: -1,
    resume: "no",
    ...changes,
  };
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
    oomScore: 700,
    oomScoreAdj: 0,
    rssKib: 102_400,
    sizeKib: 102_400,
    grownKib: 0,
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
    detailed: true,
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

export function aCandidate(process: Process, changes: Partial<Candidate> = {}): Candidate {
  return { process, score: process.oomScore, points: [], scope: "process", ...changes };
}

/** A choice of these victims. */
export function aSelection(
  victims: readonly Candidate[],
  changes: Partial<Selection> = {},
): Selection {
  return {
    victims,
    family: null,
    next: null,
    grower: null,
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
    urgency: "term",
    witnesses: [{ name: "MemAvailable", value: 8.25, limit: 10, unit: "%" }],
    ...changes,
  };
}
