import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import * as limits from "../../src/model/limits.ts";
import { type Sizes } from "../../src/model/sizes.ts";
import { listAll } from "../../src/readings/list.ts";
import { isNoting, recentSizes } from "../../src/watch/ledger.ts";
import { forgetSize, noteFreed } from "../../src/watch/shifts.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { kept, lookAt, sizeOf, TOTAL_KIB } from "../helpers/kept-ledger.ts";

/** So much must have been lost, or have come back, to be noted. */
const STEP_KIB = (TOTAL_KIB * limits.NOTE_STEP_PERCENT) / 100;

describe("many processes", () => {
  const crowd = (count: number) =>
    new FakeSys().add(
      ...Array.from({ length: count }, (_item, i) => ({ pid: 100 + i, rssKib: 4 * i })),
    );

  test("are noted in slices: looks go on meanwhile, and nothing is half noted", () => {
    const room = kept(crowd(20_000));
    room.sys.costMs = 0.01;
    let longestMs = 0;
    let slices = 0;
    do {
      const startMs = room.sys.atMs;
      lookAt(room, startMs, 38);
      longestMs = Math.max(longestMs, room.sys.atMs - startMs);
      slices++;
      expect(room.ledger.base.count).toBe(isNoting(room.ledger) ? 0 : 20_000);
    } while (isNoting(room.ledger));
    expect(longestMs).toBeLessThan(limits.NOTE_SLICE_MS * 1.5);
    expect(slices).toBeGreaterThan(15);
    expect(sizeOf(room.ledger.base, 20_099)).toBe(79_996);
  });

  test("what a victim gives back in the midst of a note is in that note as well", () => {
    const room = kept(crowd(20_000));
    lookAt(room, 0, 38);
    room.sys.costMs = 0.01;
    lookAt(room, 2000, 30);
    expect(isNoting(room.ledger)).toBe(true);
    noteFreed(room.ledger, 100_000, 0, 20_000);
    forgetSize(room.ledger, 105);
    while (isNoting(room.ledger)) {
      lookAt(room, room.sys.atMs, 38);
    }
    const { newer } = room.ledger;
    expect([newer.leftKib, sizeOf(newer, 105), sizeOf(newer, 106)]).toEqual([380_000, 0, 24]);
  });

  test("are listed in slices as well, also when a scan lists them meanwhile", () => {
    for (const isScanned of [false, true]) {
      const sys = crowd(20_000);
      const { listProcesses } = sys;
      sys.listProcesses = (isMore) => {
        sys.atMs += limits.NOTE_SLICE_MS;
        return listProcesses.call(sys, isMore);
      };
      const room = kept(sys);
      lookAt(room, 0, 38);
      expect([isNoting(room.ledger), room.ledger.base.count]).toEqual([true, 0]);
      if (isScanned) {
        listAll(sys);
      }
      for (let i = 0; isNoting(room.ledger) && i < 20_000; i++) {
        lookAt(room, sys.atMs, 38);
      }
      expect(room.ledger.base.count).toBe(20_000);
    }
  });

  test("more than there was room for: all of them, and each keeps its place", () => {
    const room = kept(crowd(3));
    lookAt(room, 0, 38);
    room.sys.add(...Array.from({ length: 9000 }, (_item, i) => ({ pid: 1000 + i, rssKib: 8 })));
    lookAt(room, 2000, 30);
    lookAt(room, 4000, 20);
    const { base, newer, older } = room.ledger;
    expect([base.count, older.count, newer.count]).toEqual([3, 9003, 9003]);
    expect([sizeOf(newer, 102), sizeOf(newer, 9999)]).toEqual([8, 8]);
  });

  test("noting again takes no new memory", () => {
    const room = kept(crowd(100));
    lookAt(room, 0, 38);
    const arrays = (sizes: Sizes) => [sizes.pids, sizes.ownKib, sizes.sharedKib, sizes.scores];
    const { base, draft, newer, older } = room.ledger;
    const before = new Set([base, draft, newer, older].flatMap(arrays));
    for (let i = 1; i < 20; i++) {
      lookAt(room, 2000 * i, 38 - i);
    }
    const after = new Set(
      [room.ledger.base, room.ledger.draft, room.ledger.newer, room.ledger.older].flatMap(arrays),
    );
    expect(after).toEqual(before);
  });
});

test("of late is since the last step of loss that is worth the name, and no longer ago", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -8, max: 20 }), { minLength: 20, maxLength: 200 }),
      (drops) => {
        const room = kept();
        let percent = 39;
        for (const [i, tenths] of drops.entries()) {
          percent = Math.min(39, Math.max(1, percent - tenths / 10));
          lookAt(room, 700 * i, percent);
          const recent = recentSizes(room.ledger);
          const { base, newer, older } = room.ledger;
          expect(recent.atMs).toBeGreaterThanOrEqual(base.atMs);
          if (older.count > 0) {
            expect(Math.abs(newer.leftKib - older.leftKib)).toBeGreaterThan(STEP_KIB);
            expect(newer.atMs - older.atMs).toBeGreaterThanOrEqual(limits.NOTE_MS);
          }
        }
      },
    ),
  );
});
