import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Process } from "../../src/model/process.ts";
import {
  attribute,
  explains,
  lossBesideKills,
  sharedPart,
  unexplained,
  withSwappedShmem,
  shareOf,
} from "../../src/policy/attribution.ts";
import { aLoss, aProcess } from "../helpers/nouns.ts";

describe("who took how much of what was lost", () => {
  test("is what it has more of its own, as a share of all that was lost, and of late", () => {
    const loss = aLoss(1000, { latelyKib: 400 });
    const took = attribute(aProcess(42, { grownKib: 800, latelyKib: 100 }), loss, 0);
    expect(took).toEqual({ tookKib: 800, share: 0.8, latelyShare: 0.25 });
    expect(explains(took)).toBeCloseTo((0.8 + 0.25) / 2, 9);
  });

  test("is nothing for who was there and stopped, however large", () => {
    const old = aProcess(42, { sizeKib: 8e6, grownKib: 0, latelyKib: 0 });
    expect(attribute(old, aLoss(1e6), 1)).toEqual({ tookKib: 0, share: 0, latelyShare: 0 });
  });

  test("who stopped explains less than who goes on, and both more than who did neither", () => {
    const loss = aLoss(1000, { latelyKib: 100 });
    const stopped = attribute(aProcess(1, { grownKib: 500, latelyKib: 0 }), loss, 0);
    const goesOn = attribute(aProcess(2, { grownKib: 500, latelyKib: 100 }), loss, 0);
    const neither = attribute(aProcess(3), loss, 0);
    expect(explains(goesOn)).toBeGreaterThan(explains(stopped));
    expect(explains(stopped)).toBeGreaterThan(explains(neither));
  });

  test("where little was lost little is explained: no less counts than what must come back", () => {
    const loss = aLoss(10, { latelyKib: 0, needKib: 1000 });
    expect(attribute(aProcess(42, { grownKib: 10 }), loss, 0).share).toBe(0.01);
  });

  test("nothing lost is explained by nobody", () => {
    const grown = aProcess(42, { grownKib: 1e6, latelyKib: 1e6 });
    expect(attribute(grown, aLoss(0), 0)).toEqual({ tookKib: 1e6, share: 0, latelyShare: 0 });
  });
});

describe("shared memory is lost once, however many have it", () => {
  const loss = aLoss(1000, { shmemKib: 600 });
  const holders = (count: number, kib: number) =>
    Array.from({ length: count }, (_item, i) => aProcess(100 + i, { shmemGrownKib: kib }));

  test("six workers that touch the same 600 KiB took 100 each", () => {
    const workers = holders(6, 600);
    const part = sharedPart(workers, loss);
    const took = workers.map((worker) => attribute(worker, loss, part).tookKib);
    expect(took).toEqual([100, 100, 100, 100, 100, 100].map((kib) => expect.closeTo(kib, 6)));
  });

  test("one who leaks it took all of it", () => {
    const [leak] = holders(1, 600);
    const part = sharedPart(leak === undefined ? [] : [leak], loss);
    expect(leak && attribute(leak, loss, part).tookKib).toBeCloseTo(600, 6);
  });

  test("of late it counts as all of the loss does", () => {
    const lately = { ...loss, latelyKib: 200 };
    const leak = aProcess(100, { shmemGrownKib: 600, shmemLatelyKib: 150 });
    expect(attribute(leak, lately, 1).latelyShare).toBeCloseTo(0.75, 6);
    expect(attribute(leak, lately, 1 / 6).latelyShare).toBeCloseTo(0.125, 6);
    expect(attribute({ ...leak, latelyKib: 100 }, lately, 1).latelyShare).toBe(1);
  });

  test("what more there is of it than anybody has is nobody's: a file in tmpfs", () => {
    expect(sharedPart(holders(2, 100), loss)).toBe(1);
    expect(sharedPart([], loss)).toBe(0);
  });

  describe("and no process shows what of it was swapped out:", () => {
    const leak = aProcess(100, { shmemGrownKib: 900, sizeKib: 100, swapKib: 100 });
    const idle = aProcess(101, { sizeKib: 500, swapKib: 500 });
    const lost = aLoss(1000, { shmemKib: 100 });
    const lossOf = (processes: readonly Process[], swapUsedKib: number) =>
      withSwappedShmem(lost, processes, swapUsedKib).shmemKib;

    test("it is what nobody is known to have taken", () => {
      expect(lossOf([leak, idle], 1400)).toBe(900);
      expect(lossOf([{ ...leak, grownKib: 300 }, idle], 1400)).toBe(100 + 600);
    });

    test("it is no more than swap holds for no process", () => {
      expect(lossOf([leak, idle], 600)).toBe(100);
      expect(lossOf([leak, idle], 650)).toBe(150);
      expect(lossOf([leak, idle], 0)).toBe(100);
    });

    test("it is no more than its holders were seen with", () => {
      expect(lossOf([{ ...leak, shmemGrownKib: 300 }, idle], 1400)).toBe(300);
      expect(lossOf([idle], 1400)).toBe(100);
    });

    test("its holder took it, then", () => {
      const processes = [leak, idle];
      const whole = withSwappedShmem(lost, processes, 1400);
      expect(attribute(leak, whole, sharedPart(processes, whole)).share).toBeCloseTo(0.9, 6);
      expect(unexplained(processes, whole).tookKib).toBe(100);
    });
  });

  test("that did not become more is nobody's growth, whoever touches it", () => {
    expect(sharedPart(holders(3, 500), aLoss(1000, { shmemKib: 0 }))).toBe(0);
    expect(sharedPart(holders(3, 500), aLoss(1000, { shmemKib: -50 }))).toBe(0);
  });

  test("all of them together took no more of it than was lost", () => {
    const kib = fc.integer({ min: 0, max: 1e6 });
    fc.assert(
      fc.property(fc.array(kib, { maxLength: 40 }), kib, (held, shmemKib) => {
        const processes = held.map((shmemGrownKib, i) => aProcess(100 + i, { shmemGrownKib }));
        const lost = aLoss(1e6, { shmemKib });
        const part = sharedPart(processes, lost);
        const took = processes.map((process) => attribute(process, lost, part).tookKib);
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
