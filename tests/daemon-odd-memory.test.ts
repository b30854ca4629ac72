import { describe, expect, test } from "bun:test";
import { FakeSys } from "./helpers/fake-sys.ts";
import { say } from "./helpers/say.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

const TOTAL_KIB = 1000 * 1024;
const desktop = { pid: 43, comm: "desktop", rssKib: 300_000, startMs: 1000 };

/** 42 touches a page here and there of a file mapped a thousand times; none stays. */
function mapping(oldKib: number): FakeSys {
  const sys = new FakeSys().add({ pid: 42, comm: "mapper", anonKib: 100, startMs: 1000 }, desktop);
  sys.machine = ({ atMs }) => {
    const tookKib = Math.max(0, atMs - 2000) * 40;
    const tablesKib = oldKib + (sys.isAlive(42) ? tookKib : 0);
    sys.change(42, { tablesKib: oldKib + tookKib, oomScore: 667 + tookKib / 1600 });
    const takenPercent = (100 * (tablesKib - oldKib)) / TOTAL_KIB;
    return memoryAt(Math.max(0, (sys.isAlive(43) ? 50 : 80) - takenPercent), { tablesKib });
  };
  return sys;
}

describe("page tables", () => {
  test.each([0, 60_000])("count for who has them, and no larger one dies: %d KiB before", (kib) => {
    const { reported, signals } = watch(mapping(kib), 30_000);
    expect(signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
    const [killing] = reported.flatMap(({ event }) => (event.kind === "killing" ? [event] : []));
    expect(killing).toMatchObject({ selection: { taker: { pid: 42 }, unknownKib: 0 } });
    expect(killing && say(killing)).toMatch(/ RSS 0 MiB, swap 0 MiB, page tables \d+ MiB, /);
  });
});

describe("page tables that were there before", () => {
  test("count for nobody who has no more of them, be they one or many", () => {
    for (const old of [[400_000], Array.from({ length: 10 }, () => 50_000)]) {
      const sys = mapping(0);
      sys.add(...old.map((tablesKib, i) => ({ ...desktop, pid: 50 + i, rssKib: 10, tablesKib })));
      const oldKib = old.reduce((sum, kib) => sum + kib);
      const { machine } = sys;
      sys.machine = (now) => {
        const reading = typeof machine === "function" ? machine(now) : machine;
        return { ...reading, tablesKib: (reading.tablesKib ?? 0) + oldKib };
      };
      expect(watch(sys, 30_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
    }
  });

  test("are worth a kill all the same", () => {
    const mapper = { pid: 42, anonKib: 100, tablesKib: 500_000, oomScore: 990, startMs: 1000 };
    const sys = new FakeSys().add(mapper, desktop);
    sys.machine = () => memoryAt(sys.isAlive(42) ? 8 : 58, { tablesKib: 500_000 });
    expect(watch(sys, 5000).signals).toEqual(["0ms SIGTERM 42"]);
  });
});

describe("who dumps its core", () => {
  /** Memory is low because 42 died and still holds all of it; 44 grows a little meanwhile. */
  function dumping(heldKib: number): string[] {
    const crashed = { pid: 42, comm: "crashed", isDumpingCore: true, startMs: 1000 };
    const dump = { ...crashed, rssKib: heldKib, ignoresSigterm: true };
    const editor = { pid: 44, comm: "editor", rssKib: 200_000, startMs: 1000 };
    const sys = new FakeSys().add(dump, desktop, { ...editor, oomScore: 900 });
    sys.machine = ({ atMs }) => {
      sys.change(44, { rssKib: 200_000 + atMs * 10 });
      return memoryAt([42, 43, 44].every((pid) => sys.isAlive(pid)) ? 9 : 60);
    };
    return watch(sys, 10_000).signals.map((call) => call.replace(/^\d+ms /, ""));
  }

  test("is dead, and ended first where what it holds is what is missing", () => {
    expect(dumping(250_000)).toEqual(["SIGKILL 42"]);
    expect(dumping(1000)).toEqual(["SIGTERM 44"]);
  });
});

test("what was locked of one's own memory is no reader's of files who locked other memory", () => {
  const vm = { pid: 50, comm: "vm", anonKib: 350_000, lockedKib: 350_000, startMs: 1000 };
  const leak = { pid: 60, comm: "leak", anonKib: 1000, lockedKib: 1000, startMs: 1500 };
  const sys = new FakeSys().add(vm, leak);
  sys.machine = ({ atMs }) => {
    const tookKib = Math.max(0, atMs - 3000) * 40;
    const anonKib = 1000 + tookKib;
    sys.change(60, { anonKib, lockedKib: anonKib });
    sys.change(50, { fileKib: tookKib });
    const takenKib = sys.isAlive(60) ? tookKib : 0;
    return memoryAt(39 - (100 * takenKib) / TOTAL_KIB, { lockedKib: 350_000 + takenKib });
  };
  expect(watch(sys, 20_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 60$/)]);
});

test("nor is the lock of old memory one of what is new, and not locked", () => {
  const jvm = { pid: 60, comm: "jvm", anonKib: 150_000, lockedKib: 150_000, startMs: 1500 };
  const sys = new FakeSys().add({ pid: 50, comm: "model", anonKib: 1000, startMs: 1000 }, jvm);
  sys.machine = ({ atMs }) => {
    const fileKib = Math.min(180_000, Math.max(0, atMs - 3000) * 24);
    const heapKib = Math.min(120_000, Math.max(0, atMs - 3000) * 16);
    sys.change(50, { fileKib, lockedKib: fileKib });
    sys.change(60, { anonKib: 150_000 + heapKib });
    const modelKib = sys.isAlive(50) ? fileKib : 0;
    const takenKib = modelKib + (sys.isAlive(60) ? heapKib : -150_000);
    return memoryAt(39 - (100 * takenKib) / TOTAL_KIB, { lockedKib: 150_000 + modelKib });
  };
  expect(watch(sys, 30_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 50$/)]);
});

test("one of several terabytes that did not grow lives", () => {
  const TIB_KIB = 1024 ** 3;
  const hana = { pid: 50, comm: "hana", anonKib: 2.2 * TIB_KIB, startMs: 1000 };
  const sys = new FakeSys().add(hana, { pid: 60, comm: "leak", anonKib: 1000, startMs: 1500 });
  sys.machine = ({ atMs }) => {
    const tookKib = Math.max(0, atMs - 3000) * 100_000;
    sys.change(60, { anonKib: 1000 + tookKib });
    const takenKib = sys.isAlive(60) ? tookKib : 0;
    return { totalKib: 4 * TIB_KIB, availableKib: Math.max(0, 1.5 * TIB_KIB - takenKib) };
  };
  expect(watch(sys, 30_000).signals).toEqual([expect.stringMatching(/ms SIG(TERM|KILL) 60$/)]);
});
