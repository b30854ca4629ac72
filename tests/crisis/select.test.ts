import { describe, expect, test } from "bun:test";
import * as limits from "../../src/model/limits.ts";
import { faultsNow } from "../../src/crisis/faults.ts";
import { selectNow } from "../../src/crisis/select.ts";
import { identityOf } from "../../src/model/process.ts";
import { start } from "../../src/start.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { anInheritance, aProcess, someOptions } from "../helpers/nouns.ts";
import type { PaperProcess } from "../helpers/paper-process.ts";
import { eventsOf, memoryAt, watch } from "../helpers/watch.ts";

/** So many processes that are small, and one that is not. */
function crowded(count: number, hogPid: number): FakeSys {
  const crowd = Array.from({ length: count }, (_item, i) => ({ pid: 1000 + i, rssKib: 100 }));
  return new FakeSys().add(...crowd, { pid: hogPid, rssKib: 400_000 });
}

describe("among many processes", () => {
  test("a scan of 50,000 keeps looking at memory, and finds the one", () => {
    const sys = crowded(50_000, 900_000);
    sys.costMs = 0.01;
    const looks: number[] = [];
    const read = sys.readFromStart.bind(sys);
    sys.readFromStart = (fd) => {
      if (sys.open.get(fd) === "/proc/meminfo") {
        looks.push(sys.atMs);
      }
      return read(fd);
    };
    sys.machine = () => memoryAt(sys.isAlive(900_000) ? 8 : 80);
    const { signals } = watch(sys, 5000);
    expect(signals).toHaveLength(1);
    expect(signals[0]).toEndWith("ms SIGTERM 900000");
    const untilMs = parseInt(signals[0] ?? "", 10);
    expect(untilMs).toBeGreaterThan(400);
    const gaps = looks.filter((ms) => ms <= untilMs).map((ms, i) => ms - (looks[i - 1] ?? ms));
    expect(Math.max(...gaps)).toBeLessThan(limits.SCAN_SLICE_MS * 1.5);
  });

  test("a scan gets on where a look takes longer than its part of the time", () => {
    const sys = crowded(5000, 900_000);
    sys.costMs = 0.01;
    const read = sys.readFromStart.bind(sys);
    sys.readFromStart = (fd) => {
      sys.atMs += sys.open.get(fd) === "/proc/meminfo" ? limits.SCAN_SLICE_MS : 0;
      return read(fd);
    };
    sys.machine = () => memoryAt(sys.isAlive(900_000) ? 8 : 80);
    expect(parseInt(watch(sys, 5000).signals[0] ?? "", 10)).toBeLessThan(1000);
  });

  test("a scan is broken off when memory comes back meanwhile, and that is said", () => {
    const sys = crowded(50_000, 900_000);
    sys.costMs = 0.01;
    sys.machine = ({ atMs }) => memoryAt(atMs < 200 ? 8 : 50);
    const watched = watch(sys, 5000);
    expect(watched.signals).toEqual([]);
    const said = watched.reported.find(({ event }) => event.kind === "recovered");
    expect(said?.atMs).toBeWithin(200, 260);
  });

  test("the last of 70,000 is seen", () => {
    const sys = crowded(70_000, 4_000_000);
    sys.machine = () => memoryAt(sys.isAlive(4_000_000) ? 8 : 80);
    expect(watch(sys, 1000).signals).toEqual(["0ms SIGTERM 4000000"]);
  });
});

test("who starts while others are scanned took all that it has", () => {
  const sys = crowded(3000, 900_000);
  sys.machine = memoryAt(8);
  const handover = { options: someOptions({ trim: false }), inheritance: anInheritance() };
  const daemon = start(sys, handover, () => {}, "1.2.3", null);
  if (typeof daemon === "number") {
    return expect.unreachable();
  }
  sys.costMs = 0.1;
  const beganMs = sys.bootMs();
  selectNow(daemon, { rule: "thrashing" });
  expect(sys.bootMs() - beganMs).toBeGreaterThan(300);
  const born = aProcess(42, { startMs: beganMs + 200, sizeKib: 1000 });
  const later = { ...daemon.reading, atMs: daemon.reading.atMs + limits.FAULTS_MS };
  const faults = faultsNow(sys, daemon.crisis, [born], later);
  expect(faults?.tookKib.get(identityOf(born))).toBe(1000);
});

describe("decoys that come back", () => {
  const decoy = (pid: number): PaperProcess => ({
    pid,
    comm: "decoy",
    rssKib: 20_000,
    oomScore: 1990,
    oomScoreAdj: 1000,
  });

  test("are killed a few times; then the adjustment does not count, and the hog goes", () => {
    const sys = new FakeSys().add({ pid: 42, comm: "hog", rssKib: 700_000 });
    for (let pid = 100; pid < 140; pid++) {
      sys.add(decoy(pid));
    }
    sys.machine = () => memoryAt(sys.isAlive(42) ? 8 : 80);
    const pids = watch(sys, 30_000).signals.map((call) => Number(call.split(" ")[2]));
    expect(pids).toHaveLength(limits.VAIN_KILLS + 1);
    expect(pids.at(-1)).toBe(42);
  });

  test("whose kills give back what is missing count as they want to", () => {
    const sys = new FakeSys().add({ pid: 42, comm: "hog", rssKib: 700_000 });
    for (let pid = 100; pid < 110; pid++) {
      sys.add(decoy(pid));
    }
    const alive = () => [...Array(10).keys()].filter((i) => sys.isAlive(100 + i)).length;
    sys.machine = () => memoryAt(6 + 3 * (10 - alive()));
    const pids = watch(sys, 30_000).signals.map((call) => Number(call.split(" ")[2]));
    expect(pids).toEqual([109, 108]);
  });
});

describe("who shares all memory with the victim", () => {
  function twins(): FakeSys {
    const sys = new FakeSys().add(
      { pid: 42, comm: "hog", rssKib: 600_000 },
      { pid: 43, comm: "twin", rssKib: 600_000, memoryOf: 42, oomScoreAdj: -500 },
      { pid: 44, comm: "alike", rssKib: 600_000, oomScoreAdj: -900 },
    );
    sys.machine = () => memoryAt(sys.isAlive(42) || sys.isAlive(43) ? 8 : 80);
    return sys;
  }

  test("is killed with it: the memory is freed when all of them are gone", () => {
    expect(watch(twins(), 3000).signals).toEqual(["0ms SIGTERM 42", "0ms SIGTERM 43"]);
  });

  test("lives when that is not permitted to be known, unless kills give back nothing", () => {
    const sys = twins();
    sys.refused.set("compareMemory", 1);
    const { signals } = watch(sys, 3000);
    expect(signals[0]).toBe("0ms SIGTERM 42");
    expect(signals.slice(1).join()).toContain(" 43");
  });

  test("lives when it is protected", () => {
    const rules = [
      {
        origin: "-u",
        match: { comm: [{ kind: "glob", source: "twin" }] },
        effect: { kind: "protect" },
      },
    ] as const;
    const watched = watch(twins(), 3000, { rules });
    expect(watched.signals.some((call) => call.endsWith(" 43"))).toBe(false);
    expect(eventsOf(watched, "killed").length).toBeGreaterThan(0);
  });
});

describe("kernels before Linux 5.9", () => {
  function old(...processes: readonly PaperProcess[]): FakeSys {
    const sys = new FakeSys().add({ pid: 1, ppid: 0 }, ...processes);
    sys.name = { ...sys.name, release: "5.4.0-42-generic" };
    sys.isOldScale = true;
    return sys;
  }

  function firstOf(sys: FakeSys): string {
    sys.machine = () =>
      memoryAt(sys.calls.some((call) => call.includes("SIG")) ? 50 : sys.atMs < 1000 ? 38 : 4, {
        swapTotalKib: 1_000_000,
        swapFreeKib: 9000,
      });
    return watch(sys, 5000).signals[0]?.split(" ").at(-1) ?? "";
  }

  test("a hog that lies in swap goes", () => {
    const hog = { pid: 42, rssKib: 4000, swapKib: 900_000 };
    expect(firstOf(old({ pid: 41, rssKib: 500_000 }, hog))).toBe("42");
  });

  test("one who took what was lost goes before one who is larger", () => {
    const sys = old({ pid: 41, rssKib: 500_000 }, { pid: 42, rssKib: 1000 });
    sys.at(500, () => sys.change(42, { rssKib: 300_000 }));
    expect(firstOf(sys)).toBe("42");
  });

  test("of small ones whom the kernel gives 0 some are chosen, when all of them are many", () => {
    const crowd = Array.from({ length: 400 }, (_item, i) => ({
      pid: 100 + i,
      rssKib: 900,
      startMs: 1_000_500,
      bornAtMs: 500,
      ppid: 50,
    }));
    expect(firstOf(old(...crowd))).not.toBe("");
  });
});

describe("beside more large ones than a scan looks at closely", () => {
  /** Who is killed first at 4 % beside so many of such a kind. */
  function firstOf(count: number, one: Omit<PaperProcess, "pid">, options = {}) {
    const many = Array.from({ length: count }, (_item, i) => ({ ...one, pid: 100 + i }));
    const large = { pid: 50, comm: "large", rssKib: 500 * 1024, oomScore: 800 };
    const sys = new FakeSys().add(...many, large);
    sys.machine = () => memoryAt(4);
    const [killing] = eventsOf(watch(sys, 1000, options), "killing");
    return killing?.selection.victims[0]?.process.comm;
  }

  test.each([60, 80])("whom a rule wants to live lives while there are others: %d", (count) => {
    const tab = { comm: "tab", oomScoreAdj: 300, rssKib: 20 * 1024, oomScore: 876 };
    const match = { comm: [{ kind: "glob", source: "tab" } as const] };
    const avoid = { origin: "avoid", match, effect: { kind: "points", points: -300 } as const };
    expect(firstOf(count, tab, { rules: [avoid] })).toBe("large");
    expect(firstOf(count, tab)).toBe("tab");
  });

  test("of thousands not all are looked at first where there is no time", () => {
    const tab = { comm: "tab", oomScoreAdj: 300, rssKib: 20 * 1024, oomScore: 876 };
    const match = { comm: [{ kind: "glob", source: "tab" } as const] };
    const avoid = { origin: "avoid", match, effect: { kind: "points", points: -300 } as const };
    const first = (memPercent: number) => {
      const many = Array.from({ length: 2100 }, (_item, i) => ({
        ...(i < 70 ? tab : { comm: "idle", rssKib: 1000, oomScore: 667 }),
        pid: 100 + i,
      }));
      const large = { pid: 50, comm: "large", rssKib: 500 * 1024, oomScore: 800 };
      const sys = new FakeSys().add(...many, large);
      sys.machine = () => memoryAt(memPercent);
      const [killing] = eventsOf(watch(sys, 100, { rules: [avoid], dryRun: true }), "killing");
      return killing?.selection.victims[0]?.process.comm;
    };
    expect([first(4), first(8)]).toEqual(["tab", "large"]);
  });

  test.each([60, 80])("nobody who holds next to nothing is killed before them: %d", (count) => {
    const tiny = { comm: "tiny", oomScoreAdj: 1000, rssKib: 4 * 1024, oomScore: 1335 };
    expect(firstOf(count, tiny)).toBe("large");
  });
});
