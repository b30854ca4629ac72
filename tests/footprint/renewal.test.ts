import { describe, expect, test } from "bun:test";
import { Errno } from "../src/model/errno.ts";
import type { Options } from "../src/model/options.ts";
import { FakeSys, Restarted } from "./helpers/fake-sys.ts";
import { Advice } from "../src/sys/sys.ts";
import { memoryAt as availableAt, watch } from "./helpers/watch.ts";

const MINUTE_MS = 60_000;
/** The longest sleep, and a little more. */
const SLACK_MS = 11_000;

/** What is available is free as well. */
function memoryAt(percent: number, changes: Parameters<typeof availableAt>[1] = {}) {
  const memory = availableAt(percent, changes);
  return { ...memory, freeKib: memory.availableKib ?? 0 };
}

/** Runs it until it starts itself again, or for so long. */
function restartOf(sys: FakeSys, forMs: number, options: Partial<Options> = {}): Restarted | null {
  try {
    watch(sys, forMs, { trim: true, ...options });
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(Restarted);
    return error as Restarted;
  }
}

function signalsOf(sys: FakeSys): readonly string[] {
  return sys.calls.filter((call) => call.includes("SIG"));
}

describe("it starts its own stage again", () => {
  test("also where memory is scarce at once, when it has stood still for a while", () => {
    const sys = new FakeSys().add({ pid: 42, oomScore: 700 });
    sys.machine = (machine) => memoryAt(machine.atMs < 5000 ? 80 : 18);
    const restarted = restartOf(sys, MINUTE_MS);
    expect(JSON.parse(restarted?.content ?? "{}")).toMatchObject({ resume: "armed" });
    expect(sys.atMs).toBeWithin(10_000, 30_000);
  });

  test("when all that a start reads is in the page cache, and it looked meanwhile", () => {
    const sys = new FakeSys();
    sys.machine = (machine) => memoryAt(machine.atMs < 5000 ? 80 : 30);
    // One file of 10 MiB, of which a start reads all but what lies in between.
    sys.files.set("/proc/self/maps", "100000-b00000 r-xp 0 0 1 a\n");
    const pagemap = new Uint8Array(8 * (256 + 2560));
    for (let page = 0; page < 2560; page++) {
      pagemap[8 * (256 + page) + 7] = page < 1200 || page > 1300 ? 0xa0 : 0;
    }
    sys.files.set("/proc/self/pagemap", pagemap);
    expect(restartOf(sys, MINUTE_MS)).not.toBeNull();
    const fetched = sys.calls.filter((call) => call.includes(`advise ${Advice.WILLNEED} `));
    expect(fetched.map((call) => call.split(" ").at(-1))).toEqual([
      `${0x100000}+${1200 * 4096}`,
      `${0x100000 + 1301 * 4096}+${1259 * 4096}`,
    ]);
    expect(new Set(fetched.map((call) => parseInt(call, 10))).size).toBe(2);
  });

  test("with the options it has, and without a word", () => {
    const sys = new FakeSys();
    sys.machine = (machine) => memoryAt(machine.atMs < 5000 ? 80 : 30);
    const restarted = restartOf(sys, 100_000, { argv: ["-n"], psiPercent: 33 });
    expect(restarted).toMatchObject({ as: "BUSTD_OPTIONS_FD", argv: ["-n"] });
    const options = JSON.parse(restarted?.content ?? "") as Options;
    expect(options).toMatchObject({ psiPercent: 33, readyFd: -1, resume: "armed" });
    expect(watch(new FakeSys(), 1000, options).log).toEqual(["1000ms stopped"]);
  });

  test("as soon as memory is not ample any more, to rehearse kills", () => {
    const sys = new FakeSys();
    sys.machine = (machine) => memoryAt(machine.atMs < 5000 ? 80 : 30);
    expect(restartOf(sys, MINUTE_MS)).not.toBeNull();
    expect(sys.atMs).toBeGreaterThanOrEqual(5000);
    expect(sys.atMs).toBeLessThan(5300);
  });

  test("when memory has been ample for a minute, to be small", () => {
    const sys = new FakeSys();
    sys.machine = (machine) => memoryAt(machine.atMs < 9000 ? 30 : 80);
    expect(restartOf(sys, 3 * MINUTE_MS)).not.toBeNull();
    expect(sys.atMs).toBeGreaterThan(8000 + MINUTE_MS);
    expect(sys.atMs).toBeLessThan(9000 + MINUTE_MS + SLACK_MS);
  });

  test.each([80, 30])("when a crisis is over for a minute and %i %% are available", (percent) => {
    const sys = new FakeSys().add({ pid: 42, oomScore: 900 });
    sys.machine = (machine) =>
      memoryAt(machine.isAlive(42) ? 8 : machine.atMs < 5000 ? 15 : percent);
    expect(restartOf(sys, 3 * MINUTE_MS)).not.toBeNull();
    expect(signalsOf(sys)).toHaveLength(1);
    expect(sys.atMs).toBeGreaterThan(MINUTE_MS);
    expect(sys.atMs).toBeLessThan(MINUTE_MS + SLACK_MS);
  });

  test("but not in the middle of a crisis that came out of the blue", () => {
    const sys = new FakeSys().add({ pid: 42, oomScore: 900 });
    sys.machine = (machine) => memoryAt(machine.isAlive(42) && machine.atMs >= 5000 ? 8 : 80);
    expect(restartOf(sys, 3 * MINUTE_MS)).not.toBeNull();
    expect(signalsOf(sys)).toHaveLength(1);
    expect(sys.atMs).toBeGreaterThan(5000 + MINUTE_MS);
  });

  test("no earlier than who could not be ended is forgotten", () => {
    const sys = new FakeSys().add({ pid: 42, oomScore: 900 });
    sys.sendSignal = () => 0;
    sys.machine = ({ atMs }) => memoryAt(atMs < 8000 ? 8 : 30);
    expect(restartOf(sys, 3 * MINUTE_MS)).not.toBeNull();
    expect(sys.atMs).toBeGreaterThan(10_000 + MINUTE_MS);
  });

  test("also when it was started in the middle of one that ended by itself", () => {
    const sys = new FakeSys();
    sys.machine = (machine) => memoryAt(machine.atMs < 1 ? 8 : 30);
    expect(restartOf(sys, 3 * MINUTE_MS)).not.toBeNull();
    expect(sys.atMs).toBeGreaterThan(MINUTE_MS);
  });
});

describe("it goes on as it is", () => {
  test.each([
    ["ample from the start", 80, 80, {}],
    ["short from the start", 30, 30, {}],
    ["not ample for a whole minute", 30, 80, {}],
    ["never ample, by the user's limit", 80, 80, { mem: { softPercent: 60, hardPercent: 5 } }],
    ["not trimmed", 30, 80, { trim: false }],
    ["nearly used up after a crisis", 8, 15, { dryRun: true }],
    ["between ample and not", 42, 44, { resume: "armed" }],
  ] as const)("where memory is %s", (_what, before, after, options) => {
    const sys = new FakeSys().add({ pid: 42, oomScore: 900 });
    sys.machine = (machine) =>
      memoryAt(machine.atMs < 5000 || machine.atMs % 50_000 > 49_000 ? before : after);
    expect(restartOf(sys, 5 * MINUTE_MS, options)).toBeNull();
  });

  test("where tasks stall", () => {
    const sys = new FakeSys();
    sys.machine = ({ atMs }) => memoryAt(atMs < 5000 ? 80 : 30, { someAvg10: 5 });
    expect(restartOf(sys, MINUTE_MS)).toBeNull();
  });

  test("where memory became short for a moment: it stays ready for a minute", () => {
    const sys = new FakeSys();
    sys.machine = memoryAt(46);
    const options = { resume: "armed" } as const;
    expect(restartOf(sys, MINUTE_MS - 5000, options)).toBeNull();
    expect(restartOf(sys, 2 * MINUTE_MS, options)).not.toBeNull();
  });

  test("where it cannot start again, and tries it every ten minutes", () => {
    const sys = new FakeSys();
    sys.refused.set("restart", Errno.ENOMEM);
    sys.machine = (machine) => memoryAt(machine.atMs < 5000 ? 80 : 30);
    expect(restartOf(sys, 15 * MINUTE_MS)).toBeNull();
    expect(sys.calls.filter((call) => call.includes("restart"))).toHaveLength(2);
  });

  test("where memory is scarce and moves", () => {
    const sys = new FakeSys().add({ pid: 42, oomScore: 700 });
    sys.machine = ({ atMs }) => memoryAt(atMs < 5000 ? 80 : atMs % 4000 < 2000 ? 16 : 18);
    expect(restartOf(sys, 5 * MINUTE_MS)).toBeNull();
  });
});
