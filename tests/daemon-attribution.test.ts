import { describe, expect, test } from "bun:test";
import { runDaemon } from "../src/daemon.ts";
import { PF_FORKNOEXEC } from "../src/model/process.ts";
import { sentenceOf } from "../src/report/sentences.ts";
import { Signal } from "../src/sys/sys.ts";
import type { Course } from "./helpers/courses.ts";
import type { Actor, Hardware } from "./helpers/hardware.ts";
import { anInheritance, someOptions } from "./helpers/nouns.ts";
import type { PaperProcess } from "./helpers/paper-process.ts";
import { SimulatedKernel } from "./helpers/simulated-kernel.ts";
import { signalsOf } from "./helpers/watch.ts";

const MIB = 1024;
const GIB = 1024 * MIB;

function hardware(totalKib: number, swapTotalKib = 0): Hardware {
  return { totalKib, swapTotalKib, swapKibPerS: 200 * MIB, cacheShare: 0.5, costMs: 0.01 };
}

function actor(process: PaperProcess, course: Course): Actor {
  return { process: { startMs: 1000, ...process }, course };
}

const init = actor({ pid: 1, ppid: 0, comm: "init" }, { kind: "idle", sizeKib: 9000 });

/** An old program that has what it has. */
function old(pid: number, sizeKib: number): Actor {
  return actor({ pid, comm: "old" }, { kind: "steady", sizeKib });
}

function leak(pid: number, kibPerS: number, fromMs = 1000): Actor {
  return actor({ pid, comm: "leak" }, { kind: "leak", kibPerS, fromMs });
}

interface Told {
  /** Pids that were signalled, in order, each once. */
  readonly pids: readonly number[];
  readonly kernelKills: readonly number[];
  readonly said: readonly string[];
}

/** What the daemon does on such a machine. */
function tell(machine: Hardware, actors: readonly Actor[], forMs: number): Told {
  const kernel = new SimulatedKernel(machine, [init, ...actors]);
  kernel.at(forMs, Signal.SIGTERM);
  const said: string[] = [];
  const options = someOptions({ trim: false });
  runDaemon(
    kernel,
    { options, inheritance: anInheritance() },
    (event) => void said.push(sentenceOf(event).text),
    "1",
  );
  const signalled = signalsOf(kernel).map((call) => Number(call.split(" ")[2]));
  return { pids: [...new Set(signalled)], kernelKills: kernel.simulated.kernelKills, said };
}

describe("who took what was lost is killed, and not who is larger:", () => {
  test.each([
    ["60 MiB/s on 16 GiB beside 8 GiB", 16 * GIB, 0, 8 * GIB, 60 * MIB],
    ["60 MiB/s on 16 GiB beside 8 GiB, with swap", 16 * GIB, 4 * GIB, 8 * GIB, 60 * MIB],
    ["200 MiB/s on 64 GiB beside 40 GiB", 64 * GIB, 0, 40 * GIB, 200 * MIB],
    ["2 GiB/s on 1 TiB beside 700 GiB", 1024 * GIB, 0, 700 * GIB, 2 * GIB],
    ["25 MiB/s on 6 GiB beside half of it", 6 * GIB, 0, 3 * GIB, 25 * MIB],
    ["1 MiB/s on 256 MiB beside 120 MiB", 256 * MIB, 0, 120 * MIB, 1 * MIB],
    ["1 MiB/s on 64 MiB beside 30 MiB", 64 * MIB, 0, 30 * MIB, 1 * MIB],
  ])("%s", (_what, totalKib, swapKib, oldKib, kibPerS) => {
    const forMs = 2000 + (1100 * (totalKib + swapKib - oldKib)) / kibPerS;
    const told = tell(hardware(totalKib, swapKib), [old(42, oldKib), leak(43, kibPerS)], forMs);
    expect([told.pids, told.kernelKills]).toEqual([[43], []]);
  });

  test("a slow leak of an hour counts like a fast one of a second", () => {
    const told = tell(hardware(2 * GIB), [old(42, GIB), leak(43, 0.25 * MIB)], 3_700_000);
    expect(told.pids).toEqual([43]);
  });

  test("two leaks, one after the other: what was lost is not forgotten with the first", () => {
    const both = [leak(43, 60 * MIB), leak(44, 40 * MIB)];
    const told = tell(hardware(4 * GIB), [old(42, 2 * GIB), ...both], 120_000);
    expect(told.pids.slice(0, 2).toSorted()).toEqual([43, 44]);
    expect(told.pids).not.toContain(42);
  });

  test("eight leakers of one kind, before one bystander", () => {
    const leakers = Array.from({ length: 8 }, (_item, i) => leak(100 + i, 10 * MIB));
    const told = tell(hardware(GIB), [old(42, 250 * MIB), ...leakers], 60_000);
    expect(told.pids).not.toContain(42);
    expect(told.pids.length).toBeGreaterThan(0);
  });

  test("one who was born when memory began to run out", () => {
    const bornAtMs = 5000;
    const newborn = actor(
      { pid: 43, comm: "new", bornAtMs },
      { kind: "leak", kibPerS: 100 * MIB, fromMs: bornAtMs },
    );
    const told = tell(hardware(4 * GIB), [old(42, 2.6 * GIB), newborn], 60_000);
    expect(told.pids).toEqual([43]);
  });

  test("a child that has all it has from its parent is not killed for it", () => {
    const born = { bornAtMs: 3000, flags: 0x400000 | PF_FORKNOEXEC, ppid: 43, comm: "child" };
    const parent = actor(
      { pid: 43, comm: "parent" },
      { kind: "leak", kibPerS: 60 * MIB, fromMs: 0 },
    );
    const child = actor(
      { pid: 44, ...born },
      { kind: "settle", sizeKib: 150 * MIB, kibPerS: 8 * GIB, fromMs: 3000 },
    );
    const told = tell(hardware(2 * GIB), [old(42, GIB), parent, child], 60_000);
    expect(told.pids[0]).toBe(43);
    expect(told.pids).not.toContain(42);
  });

  test("the verdict says how much was lost, since when, and what the victim took of it", () => {
    const { said } = tell(hardware(4 * GIB), [old(42, 2 * GIB), leak(43, 60 * MIB)], 60_000);
    const killing = said.find((text) => text.startsWith("killing leak"));
    expect(killing).toMatch(/; \d+ MiB were lost in \d+\.\d\d s, of which it took \d+ MiB; /);
  });
});

describe("a browser that starts and restores its tabs", () => {
  /** One process for the window, and a tab each 150 ms. */
  function browser(tabs: number, tabKib: number): Actor[] {
    const window = actor(
      { pid: 100, comm: "browser" },
      { kind: "settle", sizeKib: 120 * MIB, kibPerS: 200 * MIB, fromMs: 1000 },
    );
    const rest = Array.from({ length: tabs }, (_item, i) => {
      const bornAtMs = 2000 + 150 * i;
      return actor(
        { pid: 101 + i, comm: "tab", ppid: 100, pgid: 100, sessionId: 100, bornAtMs },
        { kind: "settle", sizeKib: tabKib, kibPerS: 100 * MIB, fromMs: bornAtMs },
      );
    });
    return [window, ...rest];
  }

  test.each([0, 500 * MIB])(
    "loses tabs one at a time, and never its window (swap %d)",
    (swapKib) => {
      const told = tell(
        hardware(GIB, swapKib),
        [old(42, 200 * MIB), ...browser(20, 40 * MIB)],
        40_000,
      );
      expect(told.pids).not.toContain(100);
      expect(told.pids).not.toContain(42);
      expect(told.pids.length).toBeLessThanOrEqual(9);
      expect(told.kernelKills).toEqual([]);
    },
  );

  test("loses none when they fit", () => {
    const told = tell(hardware(GIB), [old(42, 100 * MIB), ...browser(13, 35 * MIB)], 40_000);
    expect(told.pids).toEqual([]);
  });
});
