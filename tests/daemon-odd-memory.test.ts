import { describe, expect, test } from "bun:test";
import { PF_FORKNOEXEC } from "../src/model/process.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { say } from "./helpers/say.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

const TOTAL_KIB = 1000 * 1024;
const desktop = { pid: 43, comm: "desktop", rssKib: 300_000, startMs: 1000 };

describe("page tables", () => {
  /** 42 touches a page here and there of a file mapped a thousand times; none stays. */
  function mapping(oldKib: number): FakeSys {
    const sys = new FakeSys().add(
      { pid: 42, comm: "mapper", anonKib: 100, startMs: 1000 },
      desktop,
    );
    sys.machine = ({ atMs }) => {
      const tookKib = Math.max(0, atMs - 2000) * 40;
      const tablesKib = oldKib + (sys.isAlive(42) ? tookKib : 0);
      sys.change(42, { tablesKib: oldKib + tookKib, oomScore: 667 + tookKib / 1600 });
      const takenPercent = (100 * (tablesKib - oldKib)) / TOTAL_KIB;
      return memoryAt(Math.max(0, (sys.isAlive(43) ? 50 : 80) - takenPercent), { tablesKib });
    };
    return sys;
  }

  test.each([0, 60_000])("count for who has them, and no larger one dies: %d KiB before", (kib) => {
    const { reported, signals } = watch(mapping(kib), 30_000);
    expect(signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
    const [killing] = reported.flatMap(({ event }) => (event.kind === "killing" ? [event] : []));
    expect(killing).toMatchObject({ selection: { taker: { pid: 42 }, unknownKib: 0 } });
    expect(killing && say(killing)).toMatch(/ RSS 0 MiB, swap 0 MiB, page tables \d+ MiB, /);
  });
});

describe("who dumps its core", () => {
  /** Memory is low because 42 died and still holds all of it; 44 grows a little meanwhile. */
  function dumping(heldKib: number): string[] {
    const dump = { pid: 42, comm: "crashed", rssKib: heldKib, isDumpingCore: true, startMs: 1000 };
    const editor = { pid: 44, comm: "editor", rssKib: 200_000, startMs: 1000 };
    const sys = new FakeSys().add(dump, desktop, { ...editor, oomScore: 900 });
    sys.machine = ({ atMs }) => {
      sys.change(44, { rssKib: 200_000 + atMs * 10 });
      return memoryAt([42, 43, 44].every((pid) => sys.isAlive(pid)) ? 9 : 60);
    };
    return watch(sys, 10_000).signals.map((call) => call.replace(/^\d+ms /, ""));
  }

  test("is dead, and ended first where what it holds is what is missing", () => {
    expect(dumping(250_000)).toEqual(["SIGTERM 42"]);
    expect(dumping(1000)).toEqual(["SIGTERM 44"]);
  });
});

test("who was forked from a small one did not inherit what that has taken since", () => {
  const trainer = { pid: 69, comm: "trainer", startMs: 1000 };
  const loader = { pid: 70, ppid: 69, comm: "loader", flags: PF_FORKNOEXEC, startMs: 1_003_000 };
  const sys = new FakeSys().add({ ...trainer, anonKib: 10_000 }, desktop);
  sys.add({ ...loader, bornAtMs: 3000 });
  sys.machine = ({ atMs }) => {
    const trainerKib = 10_000 + Math.max(0, Math.min(atMs, 6000) - 3000) * 50;
    const loaderKib = 10_000 + Math.max(0, atMs - 6000) * 40;
    sys.change(69, { anonKib: trainerKib });
    sys.change(70, { anonKib: loaderKib });
    const takenKib = (sys.isAlive(69) ? trainerKib : 0) + (sys.isAlive(70) ? loaderKib : 0);
    return memoryAt(39 - (100 * takenKib) / TOTAL_KIB);
  };
  expect(watch(sys, 20_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 70$/)]);
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
