import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Process } from "../../src/model/process.ts";
import type { Loss } from "../../src/model/selection.ts";
import {
  attribute,
  explains,
  heldKib,
  lossBesideKills,
  sharingOf,
  unexplained,
  withSwappedShmem,
  shareOf,
} from "../../src/policy/attribution.ts";
import { aLoss, aProcess } from "../helpers/nouns.ts";

const NOT_SHARED = { part: 0, latelyPart: 0, awayPart: 0 };

describe("who took how much of what was lost", () => {
  test("is what it has more of its own, as a share of all that was lost, and of late", () => {
    const loss = aLoss(1000, { latelyKib: 400 });
    const took = attribute(aProcess(42, { grownKib: 800, latelyKib: 100 }), loss, NOT_SHARED);
    expect(took).toEqual({ tookKib: 800, share: 0.8, latelyShare: 0.25, goesOn: 0.125 });
    expect(explains(took)).toBeCloseTo((0.8 + 0.25) / 2, 9);
  });

  test("is nothing for who was there and stopped, however large", () => {
    const old = aProcess(42, { sizeKib: 8e6, grownKib: 0, latelyKib: 0 });
    expect(attribute(old, aLoss(1e6), NOT_SHARED)).toEqual({
      tookKib: 0,
      share: 0,
      latelyShare: 0,
      goesOn: 0,
    });
  });

  test("who stopped explains less than who goes on, and both more than who did neither", () => {
    const loss = aLoss(1000, { latelyKib: 100 });
    const stopped = attribute(aProcess(1, { grownKib: 500, latelyKib: 0 }), loss, NOT_SHARED);
    const goesOn = attribute(aProcess(2, { grownKib: 500, latelyKib: 100 }), loss, NOT_SHARED);
    const neither = attribute(aProcess(3), loss, NOT_SHARED);
    expect(explains(goesOn)).toBeGreaterThan(explains(stopped));
    expect(explains(stopped)).toBeGreaterThan(explains(neither));
  });

  test("who took next to nothing does not explain it by being the only one of late", () => {
    const loss = aLoss(1000, { latelyKib: 10 });
    const innocent = attribute(aProcess(1, { grownKib: 20, latelyKib: 10 }), loss, NOT_SHARED);
    const rests = attribute(aProcess(2, { grownKib: 980, latelyKib: 0 }), loss, NOT_SHARED);
    expect(explains(innocent)).toBeCloseTo((0.02 + 0.1) / 2, 9);
    expect(explains(rests)).toBeGreaterThan(4 * explains(innocent));
  });

  test("a slow one that goes on has not stopped because a newcomer takes much", () => {
    const loss = aLoss(1000, { sinceMs: 1_000_000, latelyMs: 1000, latelyKib: 200 });
    const goesOn = { grownKib: 800, latelyKib: 0.8 };
    const slow = attribute(aProcess(1, goesOn), loss, NOT_SHARED);
    const half = attribute(aProcess(1, { ...goesOn, latelyKib: 0.4 }), loss, NOT_SHARED);
    const newcomer = attribute(aProcess(2, { grownKib: 200, latelyKib: 199 }), loss, NOT_SHARED);
    expect([slow.goesOn, half.goesOn]).toEqual([1, 0.5]);
    expect([explains(slow), explains(half)]).toEqual([0.8, (0.8 + 0.4) / 2]);
    expect(explains(slow)).toBeGreaterThan(explains(newcomer));
    const stopped = attribute(aProcess(1, { grownKib: 800 }), loss, NOT_SHARED);
    expect(explains(stopped)).toBeLessThan(explains(newcomer));
  });

  test("where little was lost little is explained: no less counts than what must come back", () => {
    const loss = aLoss(10, { latelyKib: 0, needKib: 1000 });
    expect(attribute(aProcess(42, { grownKib: 10 }), loss, NOT_SHARED).share).toBe(0.01);
  });

  test("nothing lost is explained by nobody", () => {
    const grown = aProcess(42, { grownKib: 1e6, latelyKib: 1e6 });
    expect(attribute(grown, aLoss(0), NOT_SHARED)).toEqual({
      tookKib: 1e6,
      share: 0,
      latelyShare: 0,
      goesOn: 1,
    });
  });
});

describe("shared memory is lost once, however many have it", () => {
  const loss = aLoss(1000, { shmemKib: 600 });
  const holders = (count: number, kib: number) =>
    Array.from({ length: count }, (_item, i) => aProcess(100 + i, { shmemGrownKib: kib }));

  test("six workers that touch the same 600 KiB took 100 each", () => {
    const workers = holders(6, 600);
    const sharing = sharingOf(workers, loss);
    const took = workers.map((worker) => attribute(worker, loss, sharing).tookKib);
    expect(took).toEqual([100, 100, 100, 100, 100, 100].map((kib) => expect.closeTo(kib, 6)));
  });

  test("one who leaks it took all of it", () => {
    const [leak] = holders(1, 600);
    const sharing = sharingOf(leak === undefined ? [] : [leak], loss);
    expect(leak && attribute(leak, loss, sharing).tookKib).toBeCloseTo(600, 6);
  });

  test("of late it is what is new of late, and no growth of who only touches what is older", () => {
    const lately = { ...loss, latelyKib: 200, latelyShmemKib: 150 };
    const leak = aProcess(100, { shmemGrownKib: 150, shmemLatelyKib: 150 });
    const all = [leak, aProcess(101, { shmemGrownKib: 600, shmemLatelyKib: 600 })];
    const shareIn = (processes: readonly Process[]) =>
      processes.map((one) => attribute(one, lately, sharingOf(processes, lately)).latelyShare);
    expect(shareIn([leak])).toEqual([0.75]);
    expect(shareIn(all)).toEqual([expect.closeTo(0.15, 6), expect.closeTo(0.6, 6)]);
    expect(shareIn([{ ...leak, latelyKib: 100 }])).toEqual([1]);
    const old = { ...lately, latelyShmemKib: 0 };
    expect(attribute(leak, old, sharingOf([leak], old)).latelyShare).toBe(0);
  });

  test("what more there is of it than anybody has is nobody's: a file in tmpfs", () => {
    expect(sharingOf(holders(2, 100), loss).part).toBe(1);
    expect(sharingOf([], loss).part).toBe(0);
  });

  describe("and no process shows what of it was swapped out:", () => {
    const leak = aProcess(100, { shmemGrownKib: 100, shmemHeldKib: 900, sizeKib: 100 });
    const idle = aProcess(101, { sizeKib: 500, swapKib: 500 });
    const lost = aLoss(1000, { shmemKib: 100, nobodysSwapKib: 850 });
    const swappedOf = (processes: readonly Process[], changes: Partial<Loss> = {}) =>
      withSwappedShmem({ ...lost, ...changes }, processes).swappedShmemKib;

    test("it is what nobody is known to have taken", () => {
      expect(swappedOf([leak, idle])).toBe(800);
      expect(swappedOf([{ ...leak, grownKib: 300 }, idle])).toBe(600);
    });

    test("it is no more than what swap holds now, and is no process's", () => {
      expect(swappedOf([leak, idle], { nobodysSwapKib: 50 })).toBe(50);
      expect(swappedOf([leak, idle], { nobodysSwapKib: 0 })).toBe(0);
    });

    test("it is no more than those had who show it no longer", () => {
      expect(swappedOf([{ ...leak, shmemHeldKib: 300 }, idle])).toBe(200);
      expect(swappedOf([{ ...leak, shmemGrownKib: 900 }, idle])).toBe(0);
      expect(swappedOf([idle])).toBe(0);
    });

    test("or it was there before, and who shows more new memory than there is drove it out", () => {
      const driver = { ...leak, shmemGrownKib: 900, shmemHeldKib: 900, shmemLatelyKib: 400 };
      const bystander = aProcess(102, { shmemGrownKib: 30, shmemLatelyKib: 30 });
      const all = [driver, bystander];
      const flat = { ...lost, shmemKib: 0, latelyShmemKib: 0, latelyKib: 400 };
      const whole = withSwappedShmem(flat, all);
      const [own, other] = all.map((one) => attribute(one, whole, sharingOf(all, whole)));
      expect(own?.tookKib).toBeGreaterThan(800);
      expect(own?.latelyShare).toBeGreaterThan(0.9);
      expect(other?.tookKib).toBeLessThan(30);
    });

    test("who had it took it, then", () => {
      const processes = [leak, idle];
      const whole = withSwappedShmem(lost, processes);
      const took = attribute(leak, whole, sharingOf(processes, whole));
      expect([took.share, heldKib({ process: leak, tookKib: took.tookKib })]).toEqual([0.9, 1000]);
      expect(unexplained(processes, whole).tookKib).toBe(100);
    });

    test("who gave it back takes nothing from who has what is there", () => {
      const gone = aProcess(102, { shmemGrownKib: 0, shmemHeldKib: 4000 });
      const holder = aProcess(103, { shmemGrownKib: 100 });
      const processes = [gone, holder];
      const whole = withSwappedShmem({ ...lost, nobodysSwapKib: 0 }, processes);
      const tookOf = (one: Process) => attribute(one, whole, sharingOf(processes, whole)).tookKib;
      expect(processes.map(tookOf)).toEqual([0, 100]);
    });
  });

  test("that did not become more is nobody's growth, whoever touches it", () => {
    expect(sharingOf(holders(3, 500), aLoss(1000, { shmemKib: 0 })).part).toBe(0);
    expect(sharingOf(holders(3, 500), aLoss(1000, { shmemKib: -50 })).part).toBe(0);
  });

  test("all of them together took no more of it than was lost", () => {
    const kib = fc.integer({ min: 0, max: 1e6 });
    fc.assert(
      fc.property(fc.array(kib, { maxLength: 40 }), kib, (held, shmemKib) => {
        const processes = held.map((shmemGrownKib, i) => aProcess(100 + i, { shmemGrownKib }));
        const lost = aLoss(1e6, { shmemKib });
        const sharing = sharingOf(processes, lost);
        const took = processes.map((process) => attribute(process, lost, sharing).tookKib);
        const sum = took.reduce((total, one) => total + one, 0);
        expect(sum).toBeLessThanOrEqual(shmemKib + 1e-6);
      }),
    );
  });
});

test("a share is between nothing and all", () => {
  const kib = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(kib, kib, (took, lost) => {
      expect(shareOf(took, lost)).toBeWithin(0, 1.0000001);
    }),
  );
});

describe("what was lost of late while victims of a group gave back what they had", () => {
  const loss = aLoss(9000, { latelyKib: 100 });
  const takers = [300, 200, 0].map((latelyKib, i) => aProcess(10 + i, { latelyKib }));

  test("is no less than what the others took", () => {
    expect(lossBesideKills(loss, takers)).toEqual({ ...loss, latelyKib: 500 });
  });

  test("is what it was where they took less", () => {
    expect(lossBesideKills({ ...loss, latelyKib: 501 }, takers).latelyKib).toBe(501);
  });
});
