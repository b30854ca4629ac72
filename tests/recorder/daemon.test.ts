import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import type { Options } from "../../src/model/options.ts";
import { SYSTEM_PLACES } from "../../src/model/places.ts";
import { Mark } from "../../src/model/recorded.ts";
import { readRing, type RingContent } from "../../src/recorder/read-ring.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { incidentsIn } from "../helpers/incidents-of.ts";
import type { PaperProcess } from "../helpers/paper-process.ts";
import { eventsOf, memoryAt, watch, type Watched } from "../helpers/watch.ts";

const HOG: PaperProcess = {
  pid: 42,
  comm: "hog",
  oomScore: 900,
  rssKib: 800_000,
  dyingMs: 40,
};
const EDITOR: PaperProcess = { pid: 43, comm: "editor", oomScore: 700, rssKib: 80_000 };
const INIT: PaperProcess = { pid: 1, comm: "init", ppid: 0, oomScore: 0, rssKib: 9000 };

/** Memory is used up from this time on while one of these lives, and stays so for a while. */
function machineWith(fromMs: number, lastsMs: number, ...guilty: PaperProcess[]): FakeSys {
  const sys = new FakeSys().add(INIT, ...guilty);
  // No look is at 0 ms, which stands for none.
  sys.atMs = 1;
  let livedMs = 0;
  sys.machine = (machine) => {
    const lives = guilty.some(({ pid }) => machine.isAlive(pid));
    livedMs = lives ? machine.atMs : livedMs;
    const isUsedUp = machine.atMs >= fromMs && (lives || machine.atMs < livedMs + lastsMs);
    return memoryAt(isUsedUp ? 8 : 80);
  };
  return sys;
}

function keep(sys: FakeSys, forMs: number, options: Partial<Options> = {}): Watched {
  return watch(sys, forMs, options, { places: SYSTEM_PLACES });
}

/** What was written below the directory of incidents, with its time: `3060ms`. */
function writesOf({ calls }: FakeSys): string[] {
  return calls.filter((call) => call.includes(`replace ${SYSTEM_PLACES.incidents}/`));
}

function ringOf(sys: FakeSys): RingContent {
  const read = readRing(new Uint8Array(sys.maps.get(SYSTEM_PLACES.ring) ?? new ArrayBuffer(0)));
  if ("problem" in read) {
    throw new Error(read.problem);
  }
  return read.ring;
}

const msOf = (call: string | undefined) => Number.parseFloat(call ?? "NaN");

describe("a kill", () => {
  test("leads to one incident, after relief, and once more with the looks after it", () => {
    const sys = machineWith(3000, 0, HOG).add(EDITOR);
    const watched = keep(sys, 30_000);
    expect(watched.signals).toHaveLength(1);
    const killed = watched.reported.find(({ event }) => event.kind === "killed");
    const writes = writesOf(sys);
    expect(writes).toHaveLength(2);
    expect(msOf(writes[0])).toBeGreaterThan(killed?.atMs ?? Infinity);
    expect(msOf(writes[0])).toBeLessThan((killed?.atMs ?? 0) + 1000);
    expect(msOf(writes[1])).toBeWithin((killed?.atMs ?? 0) + 6000, (killed?.atMs ?? 0) + 8000);
    const [incident, ...others] = incidentsIn(sys);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      kind: "kill",
      bustd: { version: "1.2.3", pid: 999 },
      verdict: { rule: "exhaustion", because: "memory is used up" },
      selection: { victims: [{ pid: 42, comm: "hog" }], next: { pid: 43 }, candidateCount: 2 },
      outcome: { ending: "gone", signal: "SIGTERM", goneMs: 40, availablePercent: 80 },
    });
    expect(incident?.outcome?.freedKib).toBeGreaterThan(0);
    expect(incident?.outcome?.reliefMs).toBeWithin(40, 200);
    const marks = incident?.looks.marks ?? [];
    expect(marks.some((bits) => (bits & Mark.ACTED) !== 0)).toBe(true);
    expect(marks.some((bits) => (bits & Mark.GONE) !== 0)).toBe(true);
    expect(incident?.looks.atMs.at(-1)).toBeGreaterThan(5000);
    expect(ringOf(sys)).toMatchObject({ pid: 999, incidentsWritten: 1, incidentsLost: 0 });
    expect(ringOf(sys).rules).toEqual([{ rule: "exhaustion", kills: 1, wouldKill: 0 }]);
  });

  test("is announced when it is written, where systemd does not do so", () => {
    const announce = { args: ["announce", "--config=/a"], env: ["B=c"] };
    const startsOf = ({ calls }: FakeSys) => calls.filter((call) => call.includes("startBeside"));
    const sys = machineWith(3000, 0, HOG).add(EDITOR);
    keep(sys, 30_000, { announce });
    const starts = startsOf(sys);
    expect(starts.map((call) => call.replace(/^\S+ /, ""))).toEqual([
      "startBeside B=c announce --config=/a",
      "startBeside B=c announce --config=/a",
    ]);
    expect(starts.map(msOf)).toEqual(writesOf(sys).map(msOf));
    const alone = machineWith(3000, 0, HOG).add(EDITOR);
    keep(alone, 30_000);
    expect([startsOf(alone), writesOf(alone).length]).toEqual([[], 2]);
  });

  test("is announced once memory had time to come back, where it does not", () => {
    const sys = machineWith(3000, 60_000, HOG);
    const watched = keep(sys, 30_000, { announce: { args: [], env: [] } });
    const killed = watched.reported.find(({ event }) => event.kind === "killed");
    const first = sys.calls.find((call) => call.includes("startBeside"));
    expect(msOf(first)).toBeGreaterThan((killed?.atMs ?? 0) + 5000);
  });

  test("is written down 5 s later where memory does not come back", () => {
    const sys = machineWith(3000, 60_000, { ...HOG, dyingMs: 40 });
    const watched = keep(sys, 30_000);
    const killed = watched.reported.find(({ event }) => event.kind === "killed");
    const first = writesOf(sys).find((call) => call.includes("-42.json"));
    expect(msOf(first)).toBeWithin((killed?.atMs ?? 0) + 5000, (killed?.atMs ?? 0) + 6500);
  });

  test("that takes SIGKILL as well is not written down before that was sent", () => {
    const stubborn = { ...HOG, ignoresSigterm: true };
    const sys = machineWith(0, 0, stubborn);
    keep(sys, 20_000);
    const at = (what: string) => sys.calls.findIndex((call) => call.includes(what));
    expect(at("SIGKILL 42")).toBeGreaterThan(0);
    expect(at(`replace ${SYSTEM_PLACES.incidents}`)).toBeGreaterThan(at("SIGKILL 42"));
  });

  test("finds its directory made at the start, for root's other daemon might make it", () => {
    const sys = machineWith(Infinity, 0);
    keep(sys, 1000);
    expect(sys.calls.some((call) => call.endsWith(`make ${SYSTEM_PLACES.incidents}`))).toBe(true);
  });

  test("that goes on when the daemon is told to stop is written at once", () => {
    const sys = machineWith(0, 0, { ...HOG, ignoresSigterm: true });
    keep(sys, 100);
    expect(incidentsIn(sys)).toMatchObject([{ outcome: { ending: "interrupted" } }]);
  });

  test("is no more than counted where the disk is full", () => {
    const sys = machineWith(3000, 0, HOG);
    sys.refused.set("replaceFile", Errno.ENOSPC);
    const watched = keep(sys, 30_000);
    expect(watched.signals).toHaveLength(1);
    expect(eventsOf(watched, "problem")).toEqual([]);
    expect(ringOf(sys)).toMatchObject({
      incidentsWritten: 0,
      incidentsLost: 1,
      lostErrno: Errno.ENOSPC,
    });
  });
});

describe("a dry run, and nobody to kill", () => {
  test("what would have been killed is an incident", () => {
    const sys = machineWith(3000, 0, HOG);
    keep(sys, 12_000, { dryRun: true });
    expect(incidentsIn(sys)[0]).toMatchObject({
      kind: "dry-run",
      selection: { victims: [{ pid: 42 }] },
      outcome: null,
    });
    expect(ringOf(sys).wouldKill).toBeGreaterThan(0);
  });

  test("its limits are shares of what is not huge pages, also where they were set as sizes", () => {
    const sys = machineWith(3000, 0, HOG);
    sys.machine = ({ atMs }) => memoryAt(atMs < 3000 ? 50 : 4, { hugetlbKib: 500 * 1024 });
    const half = { softPercent: 100, hardPercent: 100, softKib: 100 * 1024, hardKib: 50 * 1024 };
    keep(sys, 12_000, { dryRun: true, mem: half });
    expect(incidentsIn(sys)[0]?.limits).toMatchObject({ memSoftPercent: 20, memHardPercent: 10 });
  });

  test("that nobody could be killed is one", () => {
    const sys = machineWith(3000, 0, { ...HOG, oomScoreAdj: -1000 });
    keep(sys, 12_000);
    expect(incidentsIn(sys)[0]).toMatchObject({ kind: "nobody", selection: { victims: [] } });
    expect(ringOf(sys).nobody).toBeGreaterThan(0);
  });
});

describe("kills by the kernel itself", () => {
  /** So many more at each of these times; one is from before the daemon's time. */
  function machineOf(...atMs: readonly number[]): FakeSys {
    const sys = machineWith(Infinity, 0);
    const available = sys.machine;
    sys.machine = (machine) => ({
      ...(typeof available === "function" ? available(machine) : available),
      ...memoryAt(15),
      oomKills: 1 + atMs.filter((ms) => machine.atMs >= ms).length,
    });
    return sys;
  }

  test("are incidents, and those before the daemon's time are none", () => {
    const sys = machineOf(3000, 3000);
    keep(sys, 30_000);
    const [incident, ...others] = incidentsIn(sys);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      kind: "kernel",
      verdict: null,
      selection: null,
      outcome: null,
      kernel: { kills: 2, victims: [] },
    });
    expect(incident?.looks.marks.some((bits) => (bits & Mark.KERNEL) !== 0)).toBe(true);
    expect(ringOf(sys)).toMatchObject({ oomKills: 3, oomKillsSeen: 2, incidentsWritten: 1 });
  });

  test("that go on and on are told of once a minute", () => {
    const sys = machineOf(3000, 9000, 20_000, 62_000, 80_000);
    keep(sys, 90_000);
    expect(incidentsIn(sys).map(({ kernel }) => kernel?.kills)).toEqual([1, 1]);
    expect(ringOf(sys)).toMatchObject({ oomKillsSeen: 5 });
  });
});

describe("an hour that is over", () => {
  const HOUR_MS = 3_600_000;
  const shares = [50, 60, 90];

  /** Started a minute before the hour; much is free in the last one. */
  function hoursOf(options: Partial<Options>) {
    const sys = machineWith(Infinity, 0);
    sys.bootedWallMs = HOUR_MS * 500_000 - 60_000;
    // So large that ten seconds are between two looks.
    const totalKib = 400_000_000;
    sys.machine = ({ atMs }) => {
      const share = shares[Math.floor((atMs + HOUR_MS - 60_000) / HOUR_MS)] ?? 90;
      return { totalKib, availableKib: (totalKib * share) / 100 };
    };
    return eventsOf(keep(sys, 2.5 * HOUR_MS, options), "hour");
  }

  test("is told of where somebody wants that", () => {
    const told = { kind: "hour", near: 0, kills: 0 } as const;
    expect(hoursOf({ hourly: true })).toEqual([
      { ...told, lowestKib: 200_000_000, lowestPercent: 50 },
      { ...told, lowestKib: 240_000_000, lowestPercent: 60 },
      { ...told, lowestKib: -1, lowestPercent: -1 },
    ]);
  });

  test("is nobody's business else", () => {
    expect(hoursOf({})).toEqual([]);
  });
});

describe("the ring", () => {
  test("that cannot be opened is said once, and the daemon goes on without", () => {
    const sys = machineWith(3000, 0, HOG);
    sys.refused.set("mapFile", Errno.EACCES);
    const watched = keep(sys, 30_000);
    expect(eventsOf(watched, "no-recorder")).toEqual([
      { kind: "no-recorder", errno: Errno.EACCES },
    ]);
    expect(watched.signals).toHaveLength(1);
    expect(incidentsIn(sys)).toMatchObject([{ kind: "kill", looks: { atMs: [] } }]);
  });

  test("that another daemon keeps is left to it", () => {
    const sys = machineWith(3000, 0);
    keep(sys, 4000);
    sys.add({ pid: 999, comm: "bustd" });
    sys.ownPid = () => 1234;
    const watched = keep(sys, 1000);
    expect(eventsOf(watched, "no-recorder")).toMatchObject([{ errno: Errno.EBUSY }]);
    expect(ringOf(sys).pid).toBe(999);
  });

  test("goes on over a start in place, which is no news", () => {
    const sys = machineWith(Infinity, 0);
    keep(sys, 4000);
    watch(sys, 4000, {}, { places: SYSTEM_PLACES, isRenewed: true });
    expect(ringOf(sys)).toMatchObject({ starts: 1, pid: 999 });
  });

  test("has a daemon's looks, of which no one is a system call", () => {
    const sys = machineWith(3000, 0);
    keep(sys, 30_000);
    expect(ringOf(sys).looks.length).toBeGreaterThan(3);
    expect(ringOf(sys).looks[0]?.marks).toBe(Mark.START | Mark.FREE_ONLY);
    expect(sys.calls.some((call) => call.includes("replace /var"))).toBe(false);
  });
});

test("a daemon without places leaves nothing behind", () => {
  const sys = machineWith(3000, 0, HOG);
  watch(sys, 30_000);
  expect([...sys.maps.keys()]).toEqual([]);
  expect([...sys.files.keys()].filter((path) => path.includes("bustd"))).toEqual([]);
});
