import {
  type Header,
  MEMINFO_FIELDS,
  type Moment,
  NOBODY,
  type Process,
  VMSTAT_FIELDS,
} from "../../src/replay/fields.ts";
import { headerLine, RecordingWriter } from "../../src/replay/recording.ts";
import type { CourseProcess, CourseSample } from "./course.ts";
import type { Played } from "./play.ts";
import type { VmResult } from "./record.ts";

/** Which story it was, and where it was played. */
export interface Occasion {
  story: string;
  swap: string;
  lru: string;
  daemon: string;
  run: number;
}

/** Of 100 ticks a second. */
const MS_PER_TICK = 10;

function processOf(course: CourseProcess): Process {
  const of = (name: string) => Number(course[name] ?? 0);
  return {
    ...NOBODY,
    pid: of("pid"),
    ppid: of("ppid"),
    pgid: of("pgid"),
    sid: of("sid"),
    flags: of("flags"),
    threads: of("threads"),
    startMs: of("starttime") * MS_PER_TICK,
    majorFaults: of("majflt"),
    cpuMs: of("cpuTicks") * MS_PER_TICK,
    uid: of("uid"),
    oomScore: of("oomScore"),
    oomScoreAdj: of("oomScoreAdj"),
    anonKib: of("rssAnonKib"),
    fileKib: of("rssFileKib"),
    shmemKib: of("rssShmemKib"),
    swapKib: of("vmSwapKib"),
    comm: String(course["comm"]),
    state: String(course["state"]),
  };
}

function chosen(fields: Record<string, number>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

function momentOf({ atMs, full, meminfo, processes, some, vmstat }: CourseSample): Moment {
  const known = processes.map(processOf).toSorted((a, b) => a.pid - b.pid);
  return {
    atMs,
    meminfo: chosen(meminfo, MEMINFO_FIELDS),
    vmstat: chosen(vmstat, VMSTAT_FIELDS),
    some: { avg10: some.avg10, totalUs: some.totalUs },
    full: { avg10: full.avg10, totalUs: full.totalUs },
    arcKib: 0,
    processes: new Map(known.map((process) => [process.pid, process])),
  };
}

function headerOf(occasion: Occasion, { result }: Played): Header {
  const { story, swap, lru, daemon, run } = occasion;
  const duty = result.actors.length === 0 ? daemon : `${daemon} on duty`;
  return {
    kernel: "6.1.0",
    pageKib: 4,
    atMs: result.beginUs / 1000,
    bootMs: result.beginUs / 1000,
    wallMs: result.beginUs / 1000,
    ramKib: result.totals.ramKib,
    ownPid: result.daemon.pid,
    about: `story ${story}, swap ${swap}, ${lru}, ${duty}, run ${run}`,
  };
}

/** Who died by whose hand between two moments. */
function killedBetween({ deaths }: VmResult, fromMs: number, toMs: number, daemon: string) {
  return deaths
    .filter(({ atMs }) => atMs > fromMs && atMs <= toMs)
    .map(({ by, pid }) => ({ pid, by: by === "daemon" ? daemon : by }));
}

/** A whole story as a recording of bustd's: the same format as of `bustd record`. */
export function recordingOf(occasion: Occasion, played: Played): string {
  const writer = new RecordingWriter();
  let beforeMs = -Infinity;
  // What was before the story, whose clock begins at 0.
  const samples = played.course.filter(({ atMs }) => atMs >= 0);
  const lines = samples.map((sample) => {
    const killed = killedBetween(played.result, beforeMs, sample.atMs, occasion.daemon);
    beforeMs = sample.atMs;
    return writer.line(momentOf(sample), killed);
  });
  return [headerLine(headerOf(occasion, played)), ...lines].join("");
}
