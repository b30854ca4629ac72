import { expect, test } from "bun:test";
import { FakeSys } from "./helpers/fake-sys.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

const LOW_MS = 10_000;

/** 43 took memory and has it; 42, which is large and old, is closed and gives its memory back. */
test.each([
  [10_000, 1000, 100],
  [10_000, 2000, 20],
  [0, 1000, 100],
])(
  "nobody dies while memory comes back: %i KiB/s, evicted %i and read back %i pages/s",
  (backKibPerS, evictedPerS, returnedPerS) => {
    const sys = new FakeSys().add(
      { pid: 42, comm: "closing", rssKib: 600_000, startMs: 1000 },
      { pid: 43, comm: "editor", rssKib: 20_000, startMs: 1000 },
    );
    sys.machine = ({ atMs }) => {
      const grown = Math.min(1, Math.max(0, atMs - LOW_MS + 6000) / 6000);
      const forS = Math.min(5, Math.max(0, atMs - LOW_MS) / 1000);
      const backKib = backKibPerS * forS;
      sys.change(42, { rssKib: 600_000 - backKib });
      const majorFaults = Math.round(forS * returnedPerS);
      sys.change(43, { rssKib: 20_000 + 300_000 * grown, majorFaults });
      return memoryAt(0, {
        availableKib: 1_024_000 * (0.43 - 0.39 * grown) + backKib + (forS >= 5 ? 300_000 : 0),
        freeKib: 20_000 + backKib,
        swapTotalKib: 2_000_000,
        swapFreeKib: 1_500_000,
        someTotalUs: forS * 0.6e6,
        evicted: forS * evictedPerS,
        refaults: forS * returnedPerS,
        majorFaults: forS * returnedPerS,
        allocStalls: forS * 10,
      });
    };
    expect(watch(sys, 20_000).signals).toEqual([]);
  },
);

/** For 12 s most faults are of a container at its own limit, then nobody has them. */
test.each([[1_000_000], [210_000]])(
  "the largest dies in the end, also where looks are close together: %i KiB of swap free",
  (swapFreeKib) => {
    const sys = new FakeSys().add(
      { pid: 42, comm: "large", rssKib: 400_000, startMs: 1000 },
      { pid: 43, comm: "waiter", rssKib: 300_000, startMs: 1000, cgroup: "/box" },
    );
    sys.files.set("/sys/fs/cgroup/box/memory.max", "300000000\n");
    sys.files.set("/sys/fs/cgroup/box/memory.current", "299000000\n");
    sys.machine = ({ atMs }) => {
      const forS = Math.max(0, atMs - LOW_MS) / 1000;
      sys.change(43, { majorFaults: Math.round(Math.min(forS, 12) * 20_000) });
      const isLow = atMs >= LOW_MS && sys.isAlive(42);
      const { availableKib = 0, ...rest } = memoryAt(isLow ? 8 : 45, {
        swapTotalKib: 2_000_000,
        swapFreeKib,
        freeKib: 50_000,
        refaults: forS * 20_000,
        majorFaults: forS * 20_000,
        evicted: forS * 20_000,
        someTotalUs: forS * 0.9e6,
      });
      // It trembles.
      return {
        ...rest,
        availableKib: availableKib - (isLow ? (Math.floor(atMs / 37) % 7) * 900 : 0),
      };
    };
    expect(watch(sys, 60_000).signals).toHaveLength(1);
  },
);
