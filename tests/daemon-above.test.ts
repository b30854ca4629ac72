import { describe, expect, test } from "bun:test";
import { FakeSys } from "./helpers/fake-sys.ts";
import type { PaperProcess } from "./helpers/paper-process.ts";
import { FAULTS_MS, NEAR_LOOK_MS, THRASH_MS } from "../src/model/limits.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

const PAGES_PER_S = 10_000;
/** 42 grows all the time; from then on what is evicted for it is read back. */
const [FROM_MS, FULL_MS] = [3000, 8000];
const KIB_PER_S = 60_000;

/** A machine with 30 % available in the end, all of it files in use, and a tenth read from swap. */
function thrashing(faulting: number, changes: Partial<PaperProcess> = {}, pageKib = 4): FakeSys {
  const sys = Object.assign(new FakeSys(), { pageKib }).add(
    { pid: 42, rssKib: 10_000, startMs: 1000, ...changes },
    { pid: 43, rssKib: 250_000, startMs: 1000 },
  );
  sys.machine = ({ atMs }) => {
    const grownKib = (Math.max(0, atMs - FROM_MS) * KIB_PER_S) / 1000;
    const swappedKib = (Math.max(0, atMs - FULL_MS) * KIB_PER_S) / 1000;
    const ms = Math.max(0, atMs - FULL_MS);
    const pages = (ms * PAGES_PER_S) / 1000;
    sys.change(42, { rssKib: 10_000 + grownKib });
    sys.change(faulting, { majorFaults: (pages * 4) / pageKib });
    if (!sys.isAlive(42) || !sys.isAlive(43)) {
      return memoryAt(70);
    }
    return memoryAt(60 - (grownKib - swappedKib) / 10_000, {
      freeKib: 30_000,
      swapTotalKib: 2_000_000,
      swapFreeKib: 1_900_000 - swappedKib,
      someTotalUs: ms * 800,
      evicted: pages,
      refaults: pages,
      swapIns: pages / 10,
      majorFaults: pages,
    });
  };
  return sys;
}

describe("above the limit, where all files are in use,", () => {
  test("who took memory and must wait for it is killed", () => {
    const { reported, signals } = watch(thrashing(42), 25_000);
    expect(signals[0]).toEndWith("ms SIGTERM 42");
    expect(signals).toHaveLength(1);
    const killing = reported.find(({ event }) => event.kind === "killing")?.event;
    expect(killing?.kind === "killing" ? killing.verdict.rule : "").toBe("thrashing");
    // Who waits is asked again as soon as that is known, and not at the next look of each second.
    const killedMs = Number.parseInt(signals[0] ?? "", 10);
    expect(killedMs - FULL_MS - THRASH_MS + NEAR_LOOK_MS).toBeWithin(FAULTS_MS / 2, FAULTS_MS);
  });

  test("so it is where pages are larger, and a fault counts as more", () => {
    const sys = thrashing(42, {}, 16);
    expect(watch(sys, 25_000).signals[0]).toEndWith("ms SIGTERM 42");
  });

  test("who shares all its memory with others dies with them", () => {
    const sys = thrashing(42);
    sys.add({ pid: 44, rssKib: 10_000, startMs: 1000, memoryOf: 42 });
    const { machine } = sys;
    sys.machine = (kernel) => {
      const reading = typeof machine === "function" ? machine(kernel) : machine;
      sys.change(44, { rssKib: 10_000 + (Math.max(0, kernel.atMs - FROM_MS) * KIB_PER_S) / 1000 });
      return reading;
    };
    const pids = watch(sys, 25_000).signals.map((signal) => signal.split(" ").at(-1));
    expect(pids.toSorted()).toEqual(["42", "44"]);
  });

  test("nobody is while another one waits: it would not be over", () => {
    expect(watch(thrashing(43), 25_000).signals).toEqual([]);
  });

  test("nobody is who waits for what its own cgroup does not grant", () => {
    const sys = thrashing(42, { cgroup: "/box/inner" });
    sys.files.set("/sys/fs/cgroup/box/memory.max", "500000000\n");
    sys.files.set("/sys/fs/cgroup/box/memory.current", "490000000\n");
    expect(watch(sys, 25_000).signals).toEqual([]);
  });

  test("a cgroup with room below its limit excuses nobody", () => {
    const sys = thrashing(42, { cgroup: "/box/inner" });
    sys.files.set("/sys/fs/cgroup/box/memory.max", "500000000\n");
    sys.files.set("/sys/fs/cgroup/box/memory.current", "300000000\n");
    sys.files.set("/sys/fs/cgroup/box/inner/memory.max", "max\n");
    sys.files.set("/sys/fs/cgroup/box/inner/memory.current", "300000000\n");
    expect(watch(sys, 25_000).signals).toHaveLength(1);
  });
});
