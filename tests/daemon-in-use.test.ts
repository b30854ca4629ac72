import { describe, expect, test } from "bun:test";
import { FAULTS_MS, FROZEN_WINDOW_MS, THRASH_LASTING_MS } from "../src/model/limits.ts";
import { sentenceOf } from "../src/report/sentences.ts";
import type { Options } from "../src/model/options.ts";
import type { Reading } from "../src/model/reading.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import type { PaperProcess } from "./helpers/paper-process.ts";
import { eventsOf, memoryAt, watch } from "./helpers/watch.ts";

const FAULTS_PER_S = 20_000;
/** Memory is short from then on, and 42 is the largest, which took nothing. */
const LOW_MS = 5000;
const LARGE = { pid: 42, comm: "large", rssKib: 400_000, startMs: 1000 };

interface Circumstances {
  /** Evicted in each second, pages; as many come back as are faulted in. */
  readonly evictedPerS: number;
  /** Who has how many of the faults; the rest are nobody's who can be seen. */
  readonly shares: Readonly<Record<number, number>>;
}

/** A machine at 8 % where all wait, and nothing changes until somebody dies. */
function stalled(others: readonly PaperProcess[], { evictedPerS, shares }: Circumstances) {
  const sys = new FakeSys().add(LARGE, ...others);
  sys.machine = ({ atMs }) => {
    const isOver = [LARGE, ...others].some(({ pid }) => !sys.isAlive(pid));
    const forS = Math.max(0, atMs - LOW_MS) / 1000;
    for (const [pid, share] of Object.entries(shares)) {
      sys.change(Number(pid), { majorFaults: Math.round(forS * FAULTS_PER_S * share) });
    }
    const pages = { refaults: forS * FAULTS_PER_S, majorFaults: forS * FAULTS_PER_S };
    const swap = { swapTotalKib: 2_000_000, swapFreeKib: 1_000_000, freeKib: 50_000 };
    return memoryAt(isOver ? 45 : atMs < LOW_MS ? 45 : 8, {
      ...swap,
      ...pages,
      someTotalUs: forS * 0.9e6,
      evicted: forS * evictedPerS,
    });
  };
  return sys;
}

const many = (count: number, rssKib: number): PaperProcess[] =>
  Array.from({ length: count }, (_item, i) => ({
    pid: 60 + i,
    comm: "worker",
    rssKib: rssKib + i,
    startMs: 1000,
  }));
const equal = (count: number, share: number) =>
  Object.fromEntries(Array.from({ length: count }, (_item, i) => [60 + i, share]));

/** Whom it kills first, by which rule, and when. */
function first(sys: FakeSys, forMs = 40_000, options: Partial<Options> = {}) {
  const watched = watch(sys, forMs, options);
  const [killing] = eventsOf(watched, "killing");
  const atMs = watched.reported.find(({ event }) => event.kind === "killing")?.atMs ?? -1;
  return { pid: killing?.selection.victims[0]?.process.pid, rule: killing?.verdict.rule, atMs };
}

const waiter = { pid: 43, comm: "waiter", rssKib: 300_000, startMs: 1000 };

describe("memory in use that does not fit", () => {
  test("costs who waits for it, and not who is larger", () => {
    const thrashes = { evictedPerS: FAULTS_PER_S, shares: { 43: 0.95 } };
    const { atMs, pid, rule } = first(stalled([waiter], thrashes));
    expect([rule, pid]).toEqual(["thrashing", 43]);
    const leastMs = LOW_MS + THRASH_LASTING_MS;
    // Of its first third tasks need not have stalled all the time.
    expect(atMs).toBeWithin(leastMs - 3000, leastMs + FAULTS_MS);
  });

  test.each([
    ["a small one that waits more than any of them", 12, 0.08, 0.12],
    ["a tiny one that waits most", 4, 0.05, 0.6],
  ])("costs one of several who wait alike, and not %s", (_what, count, share, small) => {
    const shell = { pid: 44, comm: "shell", rssKib: 9000, startMs: 1000 };
    const shares = { ...equal(count, share), 44: small };
    for (const evictedPerS of [FAULTS_PER_S, 10]) {
      const { pid = 0 } = first(stalled([shell, ...many(count, 80_000)], { evictedPerS, shares }));
      expect(pid).toBeGreaterThanOrEqual(60);
    }
  });

  test("costs nobody whom a rule wants to live while there are others", () => {
    for (const points of [-300, -2000]) {
      const match = { comm: [{ kind: "glob", source: "waiter" } as const] };
      const avoid = { origin: "avoid", match, effect: { kind: "points", points } as const };
      const thrashes = { evictedPerS: FAULTS_PER_S, shares: { 43: 0.95 } };
      expect(first(stalled([waiter], thrashes), 40_000, { rules: [avoid] }).pid).toBe(42);
    }
  });

  test("costs the largest where it is read by read(2), which is no fault", () => {
    const thrashes = { evictedPerS: FAULTS_PER_S, shares: { 43: 0.0004 } };
    const sys = stalled([waiter], thrashes);
    const { machine } = sys;
    sys.machine = (kernel) => {
      const reading = typeof machine === "function" ? machine(kernel) : machine;
      return { ...reading, majorFaults: (reading.majorFaults ?? 0) / 2000 };
    };
    expect(first(sys)).toMatchObject({ rule: "thrashing", pid: 42 });
  });

  test("costs who drives the others out, and not those who wait for it", () => {
    // It took 43 % of what was lost, as measured (kill-storm, disk).
    const hog = { pid: 43, comm: "hog", rssKib: 40_000, startMs: 1000 };
    const workers = many(4, 168_000);
    const thrashes = { evictedPerS: FAULTS_PER_S, shares: equal(4, 0.24) };
    const sys = stalled([hog, ...workers], thrashes);
    sys.at(LOW_MS - 500, () => sys.change(43, { rssKib: 200_000 }));
    expect(first(sys)).toMatchObject({ rule: "thrashing", pid: 43 });
  });

  test.each([
    [6000, []],
    [12_000, ["SIGTERM 43"]],
  ])("lets who took it and has settled live, unless it lasts: %i ms", (lastsMs, killed) => {
    const newcomer = { pid: 43, comm: "newcomer", rssKib: 40_000, startMs: 1000 };
    const thrashes = { evictedPerS: FAULTS_PER_S, shares: equal(4, 0.24) };
    const sys = stalled([newcomer, ...many(4, 168_000)], thrashes);
    for (let step = 1; step <= 20; step++) {
      sys.at(LOW_MS - 2200 + 100 * step, () => sys.change(43, { rssKib: 40_000 + 16_000 * step }));
    }
    const { machine } = sys;
    const kept: { last: Partial<Reading> } = { last: {} };
    sys.machine = (kernel) => {
      const isOver = kernel.atMs > LOW_MS + lastsMs && sys.isAlive(43);
      kept.last = isOver || typeof machine !== "function" ? kept.last : machine(kernel);
      return kept.last;
    };
    const signals = watch(sys, 40_000).signals.map((call) => call.replace(/^\d+ms /, ""));
    expect(signals.slice(0, 1)).toEqual([...killed]);
  });

  test("costs the largest where nobody waits more than others", () => {
    const thrashes = { evictedPerS: FAULTS_PER_S, shares: {} };
    expect(first(stalled([waiter], thrashes))).toMatchObject({ rule: "thrashing", pid: 42 });
  });
});

describe("a machine that stands still", () => {
  test("costs who waits, once that is known, and not who is larger", () => {
    const { atMs, pid, rule } = first(stalled([waiter], { evictedPerS: 10, shares: { 43: 0.6 } }));
    expect([rule, pid]).toEqual(["frozen", 43]);
    const knownMs = LOW_MS + FROZEN_WINDOW_MS + FAULTS_MS / 2;
    expect(atMs).toBeWithin(knownMs, knownMs + FAULTS_MS);
  });

  test.each([
    ["", 0],
    [", and `leak` has doubts as well", 1 / 100],
  ])("costs who waits also where a scan of many takes seconds%s", (_what, lostKibPerMs) => {
    const sys = losing(stalled([waiter], { evictedPerS: 10, shares: { 43: 0.6 } }), lostKibPerMs);
    sys.add(...Array.from({ length: 60 }, (_item, i) => ({ pid: 100 + i, rssKib: 1000 })));
    sys.costMs = 10;
    const { pid, rule, atMs } = first(sys, 60_000);
    expect([rule, pid]).toEqual(["frozen", 43]);
    expect(atMs).toBeWithin(LOW_MS + FROZEN_WINDOW_MS, LOW_MS + FROZEN_WINDOW_MS + 15_000);
  });

  test("costs nobody where nobody has to do with it, and says so once a minute", () => {
    const watched = watch(stalled([waiter], { evictedPerS: 10, shares: {} }), 90_000);
    expect(watched.signals).toEqual([]);
    const said = eventsOf(watched, "blameless").map((event) => sentenceOf(event).text);
    expect(said).toHaveLength(2);
    expect(said[0]).toStartWith(
      "nobody is killed, although tasks have stalled nearly all the time",
    );
    expect(said[0]).toEndWith(
      "first would be large (pid 42): took 0.0 % of what was lost and takes no more, " +
        "and had 0.0 % of the major faults",
    );
  });

  test.each([1, 80])("costs nobody where a container waits at its own limit: %i", (count) => {
    const inBox = many(count, 300_000 / count).map((one) => ({ ...one, cgroup: "/box" }));
    const shares = { 42: 0.2, ...equal(count, 0.8 / count) };
    const sys = stalled(inBox, { evictedPerS: 10, shares });
    sys.files.set("/sys/fs/cgroup/box/memory.max", "300000000\n");
    sys.files.set("/sys/fs/cgroup/box/memory.current", "299000000\n");
    const watched = watch(sys, 25_000);
    expect(watched.signals).toEqual([]);
    const [said] = eventsOf(watched, "blameless");
    expect(said === undefined ? "" : sentenceOf(said).text).toEndWith(
      "80.0 % of them are of processes at the limits of their cgroups",
    );
  });
});

test("a build in a container whose compilers live for less than a scan costs nobody else", () => {
  const make = { pid: 70, comm: "make", rssKib: 2000, startMs: 1000, cgroup: "/box" };
  const sys = stalled([make], { evictedPerS: FAULTS_PER_S, shares: {} });
  sys.files.set("/sys/fs/cgroup/box/memory.max", "300000000\n");
  sys.files.set("/sys/fs/cgroup/box/memory.current", "299000000\n");
  const { machine } = sys;
  sys.machine = (kernel) => {
    const forS = Math.max(0, kernel.atMs - LOW_MS) / 1000;
    sys.change(70, { childMajorFaults: Math.round(forS * FAULTS_PER_S * 0.8) });
    return typeof machine === "function" ? machine(kernel) : machine;
  };
  expect(watch(sys, 40_000).signals).toEqual([]);
  sys.files.set("/sys/fs/cgroup/box/memory.max", "max\n");
  expect(first(sys, 80_000).pid).toBe(42);
});

test("children of long ago that end in a container do not hide who waits now", () => {
  const make = { pid: 70, comm: "make", rssKib: 2000, startMs: 1000, cgroup: "/box" };
  const shares = { 42: 0.5, 43: 0.45 };
  const sys = stalled([make, waiter], { evictedPerS: FAULTS_PER_S, shares });
  sys.files.set("/sys/fs/cgroup/box/memory.max", "300000000\n");
  sys.files.set("/sys/fs/cgroup/box/memory.current", "299000000\n");
  const { machine } = sys;
  sys.machine = (kernel) => {
    sys.change(70, { childMajorFaults: Math.round(kernel.atMs * FAULTS_PER_S) });
    return typeof machine === "function" ? machine(kernel) : machine;
  };
  expect(first(sys, 40_000).pid).toBe(42);
});

test("a service that sleeps at its own limit costs nobody who took memory long ago", () => {
  const sys = new FakeSys().add({ ...LARGE, rssKib: 200_000 });
  sys.machine = ({ atMs }) => {
    const grown = Math.min(1, atMs / 20_000);
    sys.change(42, { rssKib: 200_000 + 370_000 * grown });
    const forS = Math.max(0, atMs - 60_000) / 1000;
    return memoryAt(sys.isAlive(42) ? 45 - 36 * grown : 50, {
      someTotalUs: forS * 0.95e6,
      // No more than goes on anywhere.
      evicted: (atMs / 1000) * 10,
      refaults: forS * 3,
      majorFaults: forS * 3,
    });
  };
  expect(first(sys, 120_000, { swap: { softPercent: -1, hardPercent: -1 } }).pid).toBe(undefined);
});

/** The same machine, of which somebody takes a little all the time. */
function losing(sys: FakeSys, lostKibPerMs: number): FakeSys {
  const { machine } = sys;
  sys.machine = (kernel) => {
    const reading = typeof machine === "function" ? machine(kernel) : machine;
    return { ...reading, availableKib: (reading.availableKib ?? 0) - kernel.atMs * lostKibPerMs };
  };
  return sys;
}

/** Counts scans and notes. */
function counting(sys: FakeSys): { scans: number } {
  const count = { scans: 0 };
  const { listProcesses } = sys;
  sys.listProcesses = (isMore) => {
    count.scans += isMore ? 0 : 1;
    return listProcesses.call(sys, isMore);
  };
  return count;
}

test("several rules that all have doubts do not scan at each look", () => {
  const inBox = { ...waiter, cgroup: "/box" };
  const sys = stalled([inBox], { evictedPerS: FAULTS_PER_S, shares: { 43: 1 } });
  sys.files.set("/sys/fs/cgroup/box/memory.max", "300000000\n");
  sys.files.set("/sys/fs/cgroup/box/memory.current", "299000000\n");
  const count = counting(losing(sys, 1 / 100));
  expect(watch(sys, LOW_MS + 15_000).signals).toEqual([]);
  expect(count.scans).toBeWithin(20, 120);
});

test("memory that is used up during a scan costs one at once, without another scan", () => {
  const others = [waiter, ...many(200, 100)];
  const sys = stalled(others, { evictedPerS: FAULTS_PER_S, shares: { 43: 0.9 } });
  sys.costMs = 0.1;
  const { machine } = sys;
  let usedUpMs = Infinity;
  sys.machine = (kernel) => {
    const reading = typeof machine === "function" ? machine(kernel) : machine;
    return usedUpMs < Infinity ? memoryAt(sys.isAlive(42) ? 2 : 60) : reading;
  };
  const { readProcessFile } = sys;
  sys.readProcessFile = (pid, name) => {
    // Only a scan for a victim reads that.
    const isScan = name === "stat" && pid === 42 && sys.atMs > LOW_MS + 1200;
    usedUpMs = isScan ? Math.min(usedUpMs, sys.atMs) : usedUpMs;
    return readProcessFile.call(sys, pid, name);
  };
  const killedMs = Number(/^(\d+)ms SIGKILL/.exec(watch(sys, 30_000).signals[0] ?? "")?.[1]);
  expect(killedMs - usedUpMs).toBeWithin(0, 40);
});
