import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { runDaemon } from "../../src/daemon.ts";
import { emptyReading, type Reading } from "../../src/model/reading.ts";
import { scan } from "../../src/readings/processes.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { type Moment, NOBODY } from "../../src/replay/fields.ts";
import { Observer } from "../../src/replay/observe.ts";
import { recordingOf } from "../../src/replay/of-incident.ts";
import { RecordedSys } from "../../src/replay/recorded-sys.ts";
import {
  headerLine,
  readRecording,
  type Recording,
  RecordingWriter,
} from "../../src/replay/recording.ts";
import { replay } from "../../src/replay/replay.ts";
import { deathsOf, Stage } from "../../src/replay/stage.ts";
import { lookClosely, openMachine } from "../../src/watch/look.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aPlan, someOptions } from "../helpers/nouns.ts";
import type { PaperProcess } from "../helpers/paper-process.ts";
import { someParts } from "../helpers/recorded.ts";

const ARCSTATS = "/proc/spl/kstat/zfs/arcstats";

function recordingIn(text: string): Recording {
  const recording = readRecording(text);
  if (typeof recording === "string") {
    throw new Error(recording);
  }
  return recording;
}

/** A machine on paper as one recorded moment. */
function recorded(sys: FakeSys): RecordedSys {
  const observer = new Observer(sys, false);
  const header = headerLine(observer.header(sys.ownPid(), "paper"));
  observer.count();
  const text = header + new RecordingWriter().line(observer.look());
  return new RecordedSys(recordingIn(text));
}

function closely(sys: FakeSys | RecordedSys): Reading {
  const reading = emptyReading();
  lookClosely(sys, openMachine(sys), reading);
  return { ...reading, atMs: 0, someAvg10: Math.round(reading.someAvg10) };
}

const CAST: readonly PaperProcess[] = [
  { pid: 1, ppid: 0, comm: "init", rssKib: 9000 },
  { pid: 7, flags: 0x200000, comm: "kworker" },
  {
    pid: 42,
    comm: "a (b) c",
    ppid: 41,
    pgid: 40,
    sessionId: 39,
    flags: 0x40,
    threads: 5,
    startMs: 12_340,
    uid: 1000,
    oomScoreAdj: -50,
    anonKib: 80_000,
    fileKib: 4000,
    shmemKib: 2000,
    swapKib: 700,
    majorFaults: 12,
    exe: "/usr/bin/abc",
    cgroup: "/user.slice/x.scope",
  },
  { pid: 43, comm: "zombie", state: "Z", rssKib: 0 },
];

describe("a recorded machine", () => {
  test("is read as the machine itself was", () => {
    const kib = fc.integer({ min: 0, max: 500_000 });
    const count = fc.integer({ min: 0, max: 2 ** 40 });
    const machine = fc.record({
      availableKib: kib,
      swapTotalKib: fc.constantFrom(0, 800_000),
      shmemKib: kib,
      slabKib: kib,
      hugetlbKib: kib,
      compressedKib: fc.integer({ min: 0, max: 9999 }).map((pages) => pages * 4),
      someAvg10: fc.integer({ min: 0, max: 100 }),
      someTotalUs: count,
      fullTotalUs: count,
      refaults: count,
      swapIns: count,
      allocStalls: count,
      oomKills: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(machine, kib, (reading, arcKib) => {
        const sys = new FakeSys();
        sys.machine = { totalKib: 1_000_000, swapFreeKib: reading.swapTotalKib / 2, ...reading };
        sys.files.set(ARCSTATS, `size 4 ${(arcKib + 10) * 1024}\nc_min 4 10240\n`);
        expect(closely(recorded(sys))).toEqual(closely(sys));
      }),
      { numRuns: 200 },
    );
  });

  test("has the processes that may be chosen, with all that is asked of them", () => {
    const sys = new FakeSys().add(...CAST);
    const needs = {
      exe: true,
      exeProtects: false,
      cmdline: false,
      cmdlineRules: false,
      cgroup: true,
    };
    const plan = aPlan({ needs, extent: "all" });
    const [there, here] = [scan(sys, plan), scan(recorded(sys), plan)];
    expect(here.processes).toEqual(there.processes);
    expect(here.processes.map(({ pid }) => pid)).toContain(42);
    expect(here.processCount).toBeLessThan(there.processCount);
  });

  test("tells shared memory apart from files", () => {
    const sys = new FakeSys().add(...CAST);
    const observer = new Observer(sys, false);
    observer.count();
    expect(observer.look().processes.get(42)).toMatchObject({
      anonKib: 80_000,
      fileKib: 4000,
      shmemKib: 2000,
      swapKib: 700,
    });
  });

  test("without PSI has none", () => {
    const sys = new FakeSys();
    sys.files.set("/proc/pressure/memory", -2);
    expect(closely(recorded(sys)).hasPressure).toBe(false);
  });
});

test("a pid's second owner is another process", () => {
  const at = (atMs: number, startMs: number, comm: string): Moment => ({
    atMs,
    meminfo: { MemTotal: 1000 },
    vmstat: {},
    some: null,
    full: null,
    arcKib: 0,
    processes: new Map([[7, { ...NOBODY, pid: 7, startMs, comm, anonKib: 500, uid: startMs }]]),
  });
  const header = { kernel: "", pageKib: 4, atMs: 0, bootMs: 0, wallMs: 0, ramKib: 0, ownPid: 0 };
  const writer = new RecordingWriter();
  const lines = [at(0, 5, "old"), at(100, 0, "new")].map((moment) => writer.line(moment));
  const recording = recordingIn(headerLine(header) + lines.join(""));
  expect(deathsOf(recording)).toMatchObject([{ process: { comm: "old", startMs: 5 } }]);
  const stage = new Stage(recording);
  stage.step();
  expect(stage.processes.get(7)).toMatchObject({ comm: "new", startMs: 0, uid: 0 });
});

describe("an incident", () => {
  test("is replayed by what it tells: the same victim by the same rule", () => {
    const incident = incidentOf(someParts());
    const recording = recordingOf(incident);
    if (typeof recording === "string") {
      throw new Error(recording);
    }
    const options = someOptions({ swap: { softPercent: 100, hardPercent: 5 } });
    const [first] = replay(runDaemon, recording, options);
    expect(first?.verdict.rule).toBe("exhaustion");
    expect(first?.selection.victims[0]?.process).toMatchObject({ pid: 4242, comm: "leak" });
    const atMs = (first?.atMs ?? 0) + (incident.looks.atMs[0] ?? 0);
    expect(Math.abs(atMs)).toBeLessThan(500);
    expect(deathsOf(recording)).toMatchObject([{ process: { pid: 4242 } }]);
  });

  test("without readings cannot be", () => {
    const incident = incidentOf(someParts({ looks: [] }));
    expect(recordingOf(incident)).toBe("the incident has no readings");
  });
});
