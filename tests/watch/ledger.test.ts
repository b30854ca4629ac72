import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { mostHeldKib } from "../../src/model/holders.ts";
import * as limits from "../../src/model/limits.ts";
import { Depth } from "../../src/model/reading.ts";
import { isNoting, recentSizes } from "../../src/watch/ledger.ts";
import { forgetSize, noteFreed } from "../../src/watch/shifts.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { kept, lookAt, sizeOf } from "../helpers/kept-ledger.ts";

describe("sizes are noted", () => {
  test("when memory is no longer plenty, before anything is lost", () => {
    const room = kept(new FakeSys().add({ pid: 42, rssKib: 9000, fileKib: 2000 }, { pid: 43 }));
    lookAt(room, 0, 60, { depth: Depth.free });
    expect(room.ledger.base.count).toBe(0);
    lookAt(room, 100, 39, { shmemKib: 500, slabKib: 300, hugetlbKib: 20 });
    const { base } = room.ledger;
    expect(base).toMatchObject({ count: 2, atMs: 100, leftKib: 390_000, bootMs: 1_000_090 });
    expect(base).toMatchObject({ shmemKib: 500, slabKib: 300, hugetlbKib: 20 });
    expect([sizeOf(base, 42), base.sharedKib[0], sizeOf(base, 43)]).toEqual([7000, 2000, 0]);
    expect(room.machine.quietShmemKib).toBe(500);
  });

  test("with scores where there is swap, and without them where there is none", () => {
    const scores = [0, 1000].map((swapTotalKib) => {
      const room = kept(new FakeSys().add({ pid: 42, oomScore: 812 }));
      lookAt(room, 0, 39, { swapTotalKib });
      return room.ledger.base.scores[0];
    });
    expect(scores).toEqual([0, 812]);
  });

  test("anew each time that something is lost, as what is of late", () => {
    const room = kept();
    const sizes = [39, 38, 37.9, 37, 37, 36].map((percent, i) => {
      room.sys.change(42, { rssKib: 4000 + 1000 * i });
      lookAt(room, 1100 * i, percent);
      const { base, newer, older } = room.ledger;
      return [base, older, newer].map((noted) => (noted.count > 0 ? sizeOf(noted, 42) : 0));
    });
    expect(sizes).toEqual([
      [4000, 0, 0],
      [4000, 0, 5000],
      [4000, 0, 5000],
      [4000, 5000, 7000],
      [4000, 5000, 7000],
      [4000, 7000, 9000],
    ]);
  });

  test("and the most shared memory that somebody was seen with, while swap is in use", () => {
    const room = kept(
      new FakeSys().add({ pid: 42, shmemKib: 1000 }, { pid: 43, shmemKib: 90_000 }),
    );
    const swap = { swapTotalKib: 9_000_000, swapFreeKib: 8_000_000 };
    lookAt(room, 0, 39, swap);
    const held = [200_000, 3000].map((shmemKib, i) => {
      room.sys.change(42, { shmemKib });
      lookAt(room, 1100 * (i + 1), 38 - i, swap);
      return mostHeldKib(room.ledger.holders, 42, 0);
    });
    expect(held).toEqual([199_000, 199_000]);
    expect(mostHeldKib(room.ledger.holders, 43, 0)).toBe(0);
    lookAt(room, 60_000, 90, { ...swap, depth: Depth.memory });
    lookAt(room, 90_000, 60, swap);
    expect(mostHeldKib(room.ledger.holders, 42, 0)).toBe(0);
  });

  test("no more often than once a second, however fast it goes", () => {
    const room = kept();
    const times = new Set<number>();
    for (let atMs = 0; atMs <= 5000; atMs += 20) {
      lookAt(room, atMs, 39 - atMs / 200);
      times.add(room.ledger.newer.atMs);
    }
    expect(times.size).toBeLessThanOrEqual(6);
  });

  test("of those who are gone meanwhile as nobody's", () => {
    const room = kept(new FakeSys().add({ pid: 41 }, { pid: 42, vanishesAfterReads: 0 }));
    lookAt(room, 0, 39);
    expect([...room.ledger.base.ownKib.subarray(0, 2)]).toEqual([0, -1]);
    expect(room.ledger.base.count).toBe(2);
  });

  test("of nobody when the list cannot be read, and again at the next look", () => {
    const room = kept();
    room.sys.refused.set("listProcesses", Errno.ENOMEM);
    lookAt(room, 0, 39);
    expect(room.ledger.base.count).toBe(0);
    room.sys.refused.clear();
    lookAt(room, 100, 39);
    expect(room.ledger.base.count).toBe(1);
  });
});

describe("when memory was comfortable last", () => {
  /** When the base was noted, after looks at these times and shares. */
  function baseAt(looks: readonly (readonly [number, number])[]): number {
    const room = kept();
    for (const [atMs, percent] of looks) {
      lookAt(room, atMs, percent);
    }
    return room.ledger.base.atMs;
  }

  /** From here to there in steps of a tenth of a second. */
  function course(...parts: readonly (readonly [number, number, number, number])[]) {
    return parts.flatMap(([fromMs, from, toMs, to]) =>
      Array.from({ length: (toMs - fromMs) / 100 }, (_item, i) => {
        const done = (100 * i) / (toMs - fromMs);
        return [fromMs + 100 * i, from + (to - from) * done] as const;
      }),
    );
  }

  test("stays while memory runs out, however slowly: an hour", () => {
    const slow = Array.from({ length: 3600 }, (_item, s) => [1000 * s, 38 - s / 100] as const);
    expect(baseAt(slow)).toBe(0);
  });

  test("is noted anew far from the limits, but not all the time", () => {
    const times = new Set<number>();
    const room = kept();
    for (const [atMs, percent] of course([0, 80, 100_000, 60])) {
      lookAt(room, atMs, percent);
      times.add(room.ledger.base.atMs);
    }
    expect(times.size).toBeWithin(3, 5);
  });

  test("is when it stops being comfortable, however short ago sizes were noted", () => {
    const falls = course([0, 60, 20_000, 20]);
    expect(baseAt(falls)).toBeWithin(10_000, 10_300);
    const fast = course([0, 41, 1000, 20]);
    expect(baseAt(fast)).toBe(0);
  });

  test("is not at the first look after it, where most was lost between the two", () => {
    for (const [percent, atMs] of [
      [31, 5000],
      [29, 0],
      [8, 0],
    ] as const) {
      const room = kept();
      lookAt(room, 0, 45);
      lookAt(room, 5000, percent);
      expect(room.ledger.base.atMs).toBe(atMs);
    }
  });

  test("is when all that was lost is back", () => {
    const back = course([0, 38, 5000, 20], [5000, 20, 9000, 38.5], [9000, 38.5, 10_000, 38.5]);
    expect(baseAt(back)).toBeWithin(8800, 10_000);
    expect(baseAt(course([0, 38, 5000, 20], [5000, 20, 9000, 30]))).toBe(0);
  });

  test("is when for long nothing more was lost: what is gone, the machine lives without", () => {
    const tookMs = 5000;
    const quiet = course([0, 38, tookMs, 20], [tookMs, 20, 3 * tookMs, 20]);
    expect(baseAt(quiet)).toBe(0);
    const longer = course([0, 38, tookMs, 20], [tookMs, 20, tookMs * 5, 20]);
    const overMs = tookMs * (1 + limits.QUIET_TIMES);
    expect(baseAt(longer)).toBeWithin(overMs - 500, overMs + 1500);
  });

  test("is so also where a little trickles away; but not where a tenth more is lost", () => {
    const lost = course([0, 38, 3000, 20]);
    const trickling = (percent: number) => [...lost, ...course([3000, 20, 30_000, percent])];
    expect(baseAt(trickling(18.3))).toBeWithin(11_500, 14_000);
    expect(baseAt(trickling(12))).toBe(0);
  });

  test("is so also while what is left trembles, and by and by less is left", () => {
    const room = kept();
    for (const [atMs, percent] of [
      [0, 38],
      [2500, 20],
      ...Array.from({ length: 40 }, (_item, i) => [3000 + 250 * i, 19.95 - 0.005 * i] as const),
    ] as const) {
      lookAt(room, atMs, percent);
    }
    expect(room.ledger.base.atMs).toBeGreaterThan(10_000);
  });

  test("is not when it goes on in steps with rests between them", () => {
    const steps = Array.from({ length: 8 }, (_item, i) => {
      const [fromMs, from] = [4000 * i, 38 - 3 * i];
      return [
        [fromMs, from, fromMs + 1000, from - 3],
        [fromMs + 1000, from - 3, fromMs + 4000, from - 3],
      ] as const;
    });
    expect(baseAt(course(...steps.flat()))).toBe(0);
  });

  test("is not at the limit, though nothing more can be lost", () => {
    expect(baseAt(course([0, 38, 3000, 9], [3000, 9, 60_000, 9]))).toBe(0);
  });

  test("is forgotten when memory is plenty", () => {
    const room = kept();
    lookAt(room, 0, 38);
    lookAt(room, 1000, 70, { depth: Depth.free });
    expect([room.ledger.base.count, isNoting(room.ledger)]).toEqual([0, false]);
  });
});

describe("what a victim gave back", () => {
  test("is none of what anybody took: the base stays, and knows of it", () => {
    const room = kept();
    lookAt(room, 0, 38);
    lookAt(room, 2000, 8);
    noteFreed(room.ledger, 200_000, 0, 0);
    lookAt(room, 2100, 28);
    lookAt(room, 4000, 28);
    expect(room.ledger).toMatchObject({ freedKib: 200_000, base: { atMs: 0, leftKib: 380_000 } });
  });

  test("does not look like memory that came back: only more than all that is", () => {
    const room = kept();
    lookAt(room, 0, 38);
    lookAt(room, 2000, 8);
    noteFreed(room.ledger, 310_000, 0, 0);
    lookAt(room, 4000, 39);
    expect(room.ledger.base.atMs).toBe(0);
  });

  test("that it had taken since is lost no more: others' shares are of the rest", () => {
    const room = kept();
    lookAt(room, 0, 38);
    lookAt(room, 2000, 8);
    noteFreed(room.ledger, 200_000, 180_000, 200_000);
    expect(room.ledger.freedKib).toBe(20_000);
    noteFreed(room.ledger, 50_000, 90_000, 0);
    expect(room.ledger.freedKib).toBe(20_000);
  });

  test("is not what somebody had before whose place another one takes", () => {
    const room = kept();
    lookAt(room, 0, 38);
    const { base } = room.ledger;
    const hadKib = base.ownKib.slice(0, base.count);
    expect(hadKib).not.toContain(0);
    forgetSize(room.ledger, 999_999);
    expect(base.ownKib.slice(0, base.count)).toEqual(hadKib);
    forgetSize(room.ledger, base.pids[0] ?? 0);
    expect(base.ownKib.slice(0, base.count)).toEqual(hadKib.fill(0, 0, 1));
  });

  test("hides no leak that goes on in it: the loss is not over", () => {
    const room = kept();
    lookAt(room, 0, 38);
    lookAt(room, 2000, 8);
    noteFreed(room.ledger, 200_000, 180_000, 0);
    for (let atMs = 2100; atMs < 30_000; atMs += 100) {
      lookAt(room, atMs, 28 - (atMs - 2100) / 2000);
    }
    expect(room.ledger.base.atMs).toBe(0);
  });

  test("counts for what is of late as well", () => {
    const room = kept();
    for (const [i, percent] of [38, 30, 20].entries()) {
      lookAt(room, 2000 * i, percent);
    }
    const { leftKib } = recentSizes(room.ledger);
    noteFreed(room.ledger, 50_000, 0, 0);
    expect(recentSizes(room.ledger).leftKib).toBe(leftKib + 50_000);
    noteFreed(room.ledger, 50_000, 0, 40_000);
    expect(recentSizes(room.ledger).leftKib).toBe(leftKib + 60_000);
  });
});
