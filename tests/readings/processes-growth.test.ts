import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { emptyHolders, noteHolder } from "../../src/model/holders.ts";
import { PF_FORKNOEXEC } from "../../src/model/process.ts";
import { emptySizes, type Sizes } from "../../src/model/sizes.ts";
import { type Plan, scan } from "../../src/readings/processes.ts";
import { askedOf } from "../../src/policy/pace.ts";
import { emptyLedger, keepLedger } from "../../src/watch/ledger.ts";
import { openMachine } from "../../src/watch/look.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aPlan, aReading, someOptions } from "../helpers/nouns.ts";
import type { PaperProcess } from "../helpers/paper-process.ts";

const TOTAL_KIB = 8 * 1024 * 1024;
/** Before the paper clock starts. */
const OLD = 500_000;

/** Sizes as the daemon notes them now, where so much swap is there and in use. */
function noted(sys: FakeSys, swapTotalKib = TOTAL_KIB, usedKib = 1000): Sizes {
  const ledger = emptyLedger();
  const swapFreeKib = Math.max(0, swapTotalKib - usedKib);
  const memory = { totalKib: 1_000_000, availableKib: 380_000 };
  const reading = aReading({ ...memory, swapTotalKib, swapFreeKib });
  keepLedger(sys, ledger, openMachine(sys), reading, askedOf(someOptions(), reading));
  return ledger.base;
}

function scanned(sys: FakeSys, changes: Partial<Plan>) {
  const { processes } = scan(sys, aPlan({ lostKib: 1_000_000, ...changes }));
  return new Map(processes.map((process) => [process.pid, process]));
}

/** What one process took, that was so large before and is so large now. */
function took(before: Partial<PaperProcess>, now: Partial<PaperProcess>) {
  const sys = new FakeSys().add({ pid: 42, startMs: OLD, ...before });
  const base = noted(sys);
  sys.atMs += 1000;
  sys.change(42, now);
  const found = scanned(sys, { base }).get(42);
  return { grownKib: found?.grownKib ?? -1, shmemGrownKib: found?.shmemGrownKib ?? -1 };
}

describe("what somebody took since sizes were noted", () => {
  test("is what it has more of its own", () => {
    expect(took({ anonKib: 4000 }, { anonKib: 70_000 }).grownKib).toBe(66_000);
    expect(took({ anonKib: 4000 }, { anonKib: 1000 }).grownKib).toBe(0);
  });

  test("is not file pages that came back after they were evicted", () => {
    expect(took({ anonKib: 4000, fileKib: 0 }, { anonKib: 4000, fileKib: 90_000 })).toEqual({
      grownKib: 0,
      shmemGrownKib: 0,
    });
  });

  test("counts what went to swap meanwhile", () => {
    const grown = took({ anonKib: 900_000 }, { anonKib: 100_000, swapKib: 1_500_000 });
    expect(grown.grownKib).toBe(700_000);
  });

  test("is nothing when it comes back from swap, as in swapoff, or goes there", () => {
    const out = { anonKib: 100_000, swapKib: 2_000_000 };
    const back = { anonKib: 2_100_000, swapKib: 0 };
    expect([took(out, back).grownKib, took(back, out).grownKib]).toEqual([0, 0]);
  });

  test("is told to the page, however many there are whose memory lies in swap", () => {
    const sys = new FakeSys();
    for (let pid = 100; pid < 300; pid++) {
      sys.add({ pid, startMs: OLD, anonKib: 400 + 4 * pid, swapKib: 40 * pid });
    }
    const base = noted(sys);
    sys.change(200, { swapKib: 8004 });
    const grown = [...scanned(sys, { base }).values()].map(({ grownKib }) => grownKib);
    expect(grown.reduce((sum, kib) => sum + kib, 0)).toBe(4);
  });

  test("where nothing lies in swap is told to the page by the quickest file", () => {
    const sys = new FakeSys().add({ pid: 42, startMs: OLD, anonKib: 40_000, fileKib: 400 });
    sys.files.set("/proc/42/status", () => expect.unreachable("status"));
    const base = noted(sys, TOTAL_KIB, 0);
    sys.files.delete("/proc/42/status");
    sys.change(42, { anonKib: 40_004 });
    expect(scanned(sys, { base }).get(42)?.grownKib).toBe(4);
  });

  test.each([0, 1000])(
    "of a first thread that has ended is what the others have (%d)",
    (usedKib) => {
      const zombie = { pid: 42, startMs: OLD, state: "Z", tasks: [42, 43], anonKib: 40_000 };
      const sys = new FakeSys().add(zombie);
      const base = noted(sys, TOTAL_KIB, usedKib);
      sys.change(42, { anonKib: 90_000 });
      expect(scanned(sys, { base }).get(42)?.grownKib).toBe(50_000);
    },
  );

  test("is told of shared memory apart, and not of what files gave up", () => {
    expect(took({ shmemKib: 1000 }, { shmemKib: 51_000 })).toEqual({
      grownKib: 0,
      shmemGrownKib: 50_000,
    });
    // It was noted together with files, and less of them does not hide it all.
    const grown = took({ shmemKib: 0, fileKib: 30_000 }, { shmemKib: 50_000, fileKib: 0 });
    expect(grown.shmemGrownKib).toBe(20_000);
    expect(took({ fileKib: 0 }, { fileKib: 90_000, shmemKib: 10 }).shmemGrownKib).toBe(10);
  });

  describe("of locked files", () => {
    /** Those that mapped files since, what they locked of them, and what is locked since. */
    function locked(holders: readonly PaperProcess[], grownKib: number) {
      const sys = new FakeSys().add(...holders.map(({ pid }) => ({ pid, startMs: OLD })));
      const base = noted(sys);
      sys.atMs += 1000;
      holders.forEach((holder) => sys.change(holder.pid, holder));
      const newLocked = { grownKib, latelyKib: grownKib };
      const found = scanned(sys, { base, recent: base, newLocked });
      return holders.map(({ pid }) => {
        const { sizeKib = -1, grownKib: kib = -1, latelyKib = -1 } = found.get(pid) ?? {};
        return [sizeKib, kib, latelyKib].map(Math.round);
      });
    }
    const model = { anonKib: 0, fileKib: 90_000, lockedKib: 80_000 };

    test("is what somebody locked, which nobody can evict", () => {
      expect(locked([{ pid: 42, ...model }], 80_000)).toEqual([[80_000, 80_000, 80_000]]);
    });

    test("is no more than is locked since, all together, whatever they asked for", () => {
      expect(locked([{ pid: 42, ...model }], 0)).toEqual([[0, 0, 0]]);
      const addresses = { anonKib: 0, fileKib: 90_000, lockedKib: 4_000_000 };
      expect(locked([{ pid: 42, ...addresses }], 4000)).toEqual([[4000, 4000, 4000]]);
      const both = [42, 43].map((pid) => ({ pid, ...model }));
      expect(locked(both, 80_000)).toEqual([
        [40_000, 40_000, 40_000],
        [40_000, 40_000, 40_000],
      ]);
    });

    test("is none where shared memory grew", () => {
      const holder = { pid: 42, ...model, fileKib: 0, shmemKib: 90_000 };
      expect(locked([holder], 80_000)).toEqual([[0, 0, 0]]);
    });
  });

  test("of late is measured from younger notes", () => {
    const sys = new FakeSys().add({ pid: 42, startMs: OLD, anonKib: 1000 });
    const base = noted(sys);
    sys.change(42, { anonKib: 5000 });
    const recent = noted(sys);
    sys.change(42, { anonKib: 6000 });
    const found = scanned(sys, { base, recent }).get(42);
    expect(found).toMatchObject({ grownKib: 5000, latelyKib: 1000 });
  });

  test("is told of shared memory that is swapped out by now, as it was seen", () => {
    const sys = new FakeSys().add({ pid: 42, startMs: OLD, shmemKib: 1000 });
    const base = noted(sys);
    const holders = emptyHolders();
    noteHolder(holders, 42, 80_000, base.bootMs);
    const found = scanned(sys, { base, holders }).get(42);
    expect(found).toMatchObject({ shmemGrownKib: 0, shmemHeldKib: 80_000 });
  });

  test("of late is told of shared memory as well", () => {
    const sys = new FakeSys().add({ pid: 42, startMs: OLD, shmemKib: 1000 });
    const base = noted(sys);
    sys.change(42, { shmemKib: 5000 });
    const recent = noted(sys);
    sys.change(42, { shmemKib: 6000 });
    const found = scanned(sys, { base, recent }).get(42);
    expect(found).toMatchObject({ shmemGrownKib: 5000, shmemLatelyKib: 1000 });
  });

  test("is nothing while nothing was noted", () => {
    const sys = new FakeSys().add({ pid: 42, anonKib: 5000 });
    expect(scanned(sys, { base: null, recent: null }).get(42)).toMatchObject({
      grownKib: 0,
      latelyKib: 0,
      shmemGrownKib: 0,
    });
  });
});

describe("who was born since", () => {
  const bornMs = 1_000_500;

  function born(...processes: readonly PaperProcess[]) {
    const sys = new FakeSys().add({ pid: 10, startMs: OLD, anonKib: 300_000 });
    const base = noted(sys);
    sys.atMs += 1000;
    sys.add(...processes);
    return scanned(sys, { base });
  }

  test("took all that it has", () => {
    const found = born({ pid: 42, ppid: 10, startMs: bornMs, anonKib: 5000, swapKib: 700 });
    expect(found.get(42)?.grownKib).toBe(5700);
  });

  test("and is no other program yet has the rest from its parent", () => {
    const child = { ppid: 10, startMs: bornMs, flags: 0x400000 | PF_FORKNOEXEC };
    const found = born(
      { pid: 42, ...child, anonKib: 340_000 },
      { pid: 43, ...child, anonKib: 300_000 },
      { pid: 44, ...child, anonKib: 20_000 },
    );
    expect([42, 43, 44].map((pid) => found.get(pid)?.grownKib)).toEqual([40_000, 0, 0]);
    // But it may have replaced that by what is its own.
    expect([42, 43, 44, 10].map((pid) => found.get(pid)?.heirKib)).toEqual([
      300_000, 300_000, 20_000, 0,
    ]);
  });

  test("of init, or of somebody who is gone, has nothing from anybody", () => {
    const child = { startMs: bornMs, flags: PF_FORKNOEXEC, anonKib: 5000 };
    const found = born({ pid: 42, ppid: 1, ...child }, { pid: 43, ppid: 999_999, ...child });
    expect([42, 43].map((pid) => found.get(pid)?.grownKib)).toEqual([5000, 5000]);
  });

  test("under a pid that somebody else had is another process", () => {
    expect(born({ pid: 10, startMs: bornMs, anonKib: 305_000 }).get(10)?.grownKib).toBe(305_000);
  });

  test("is not who is old and was hidden then: nothing is known of that one", () => {
    expect(born({ pid: 42, startMs: OLD, anonKib: 305_000 }).get(42)?.grownKib).toBe(0);
  });

  test("is told by the clock of start times, whatever a container's uptime says", () => {
    const sys = new FakeSys().add({ pid: 42, startMs: OLD, anonKib: 90_000 });
    sys.files.set("/proc/uptime", "3.00 0.00\n");
    const base = noted(sys);
    expect(scanned(sys, { base }).get(42)?.grownKib).toBe(0);
  });
});

describe("who is read", () => {
  const crowd = Array.from({ length: 3000 }, (_item, i) => ({
    pid: 1000 + i,
    startMs: OLD,
    anonKib: 4000,
  }));

  function readIn(sys: FakeSys, base: Sizes, lostKib: number): number[] {
    return [...scanned(sys, { base, recent: base, extent: "largest", lostKib }).keys()];
  }

  test.each([true, false])("those of another score than before, with swap (%p)", (hasSwap) => {
    const sys = new FakeSys().add(...crowd, { pid: 500, startMs: OLD, anonKib: 900_000 });
    const base = noted(sys, hasSwap ? TOTAL_KIB : 0);
    sys.change(1500, { anonKib: 80_000 });
    expect(readIn(sys, base, 76_000).toSorted((a, b) => a - b)).toEqual([500, 1500]);
  });

  test("the small ones as well when the others do not account for what was lost", () => {
    const sys = new FakeSys().add(...crowd, { pid: 500, startMs: OLD, anonKib: 900_000 });
    const base = noted(sys);
    for (let pid = 1000; pid < 1400; pid++) {
      sys.change(pid, { anonKib: 5500 });
    }
    expect(readIn(sys, base, 600_000)).toHaveLength(401);
    expect(readIn(sys, base, 0)).toEqual([500]);
  });

  test("nobody twice", () => {
    const sys = new FakeSys().add(...crowd);
    const base = emptySizes(8);
    base.count = 1;
    const all = scan(sys, aPlan({ base, lostKib: 2 ** 30, extent: "all" })).processes;
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(all.length);
    expect(all).toHaveLength(3000);
  });
});

test("nobody is found to have taken more than it has, or less than nothing", () => {
  const kib = fc.integer({ min: 0, max: TOTAL_KIB / 4 });
  const sizes = fc.record({ anonKib: kib, fileKib: kib, shmemKib: kib, swapKib: kib });
  fc.assert(
    fc.property(sizes, sizes, fc.boolean(), (before, now, isNew) => {
      const sys = new FakeSys().add({ pid: 42, startMs: OLD, ...before });
      const base = noted(sys);
      sys.atMs += 1000;
      sys.add({ pid: 42, startMs: isNew ? 1_000_500 : OLD, ...now });
      const found = scanned(sys, { base, lostKib: TOTAL_KIB }).get(42);
      expect(found?.grownKib).toBeWithin(0, now.anonKib + now.swapKib + 1);
      expect(found?.shmemGrownKib).toBeWithin(0, now.shmemKib + 1);
      if (isNew) {
        expect(found?.grownKib).toBe(now.anonKib + now.swapKib);
      }
    }),
  );
});
