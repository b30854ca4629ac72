import { describe, expect, test } from "bun:test";
import { lossOf } from "../../src/crisis/select.ts";
import * as limits from "../../src/model/limits.ts";
import { emptyLedger } from "../../src/watch/ledger.ts";
import { noteFreed } from "../../src/watch/shifts.ts";
import { aReading } from "../helpers/nouns.ts";

describe("what was lost", () => {
  const reading = aReading({
    atMs: 60_000,
    availableKib: 50_000,
    swapTotalKib: 500_000,
    swapFreeKib: 100_000,
    shmemKib: 9000,
    slabKib: 800,
    hugetlbKib: 70,
  });

  /** A base of a minute ago. */
  function ledger() {
    const noted = emptyLedger();
    const was = { shmemKib: 4000, slabKib: 900, hugetlbKib: 0 };
    Object.assign(noted.base, { count: 1, atMs: 0, leftKib: 900_000, ...was });
    return noted;
  }

  test("is what is not left any more since memory was comfortable, whoever has it", () => {
    const noted = ledger();
    expect(lossOf(noted, noted.base, reading, 77)).toEqual({
      sinceMs: 60_000,
      baseMs: 60_000,
      lostKib: 750_000,
      latelyMs: 60_000,
      latelyKib: 750_000,
      shmemKib: 5000,
      swappedShmemKib: 0,
      nobodysSwapKib: 0,
      latelyShmemKib: 5000,
      slabKib: 0,
      hugetlbKib: 70,
      needKib: 77,
      sharedOfKib: 750_000,
    });
  });

  test("is shared as no less than is missing, but for first notes of a moment ago", () => {
    const noted = ledger();
    expect(lossOf(noted, noted.base, reading, 800_000).sharedOfKib).toBe(800_000);
    Object.assign(noted, { isFirst: true, plentyAtMs: 50_000 });
    const first = (atMs: number, changes = {}) => {
      Object.assign(noted.base, { atMs });
      return lossOf({ ...noted, ...changes }, noted.base, reading, 800_000).sharedOfKib;
    };
    expect([first(60_000 - limits.LOSS_WINDOW_MS), first(60_001 - limits.LOSS_WINDOW_MS)]).toEqual([
      800_000, 750_000,
    ]);
    expect(first(59_990, { isFirst: false })).toBe(800_000);
    expect(first(59_990, { plentyAtMs: -Infinity })).toBe(800_000);
  });

  test("is as much after a victim gave back as before", () => {
    const noted = ledger();
    noteFreed(noted, 300_000, 0, 0);
    const later = { ...reading, availableKib: 350_000 };
    expect(lossOf(noted, noted.base, later, 0)).toMatchObject({
      lostKib: 750_000,
      latelyKib: 750_000,
    });
  });

  test("of late is since younger notes", () => {
    const noted = ledger();
    Object.assign(noted.newer, { count: 1, atMs: 59_000, leftKib: 170_000 });
    const loss = lossOf(noted, noted.newer, reading, 0);
    expect(loss).toMatchObject({ lostKib: 750_000, latelyMs: 1000, latelyKib: 20_000 });
  });

  test("is none of what compressed swap takes of RAM: nobody has grown by it", () => {
    const noted = ledger();
    // What lies in swap is compressed two to one.
    const later = { ...reading, compressedKib: 200_000 };
    expect(lossOf(noted, noted.base, later, 0)).toMatchObject({
      lostKib: 550_000,
      latelyKib: 550_000,
    });
  });

  test("is unknown while nothing was noted, and never less than nothing", () => {
    expect(lossOf(emptyLedger(), null, reading, 5)).toMatchObject({ lostKib: 0, needKib: 5 });
    const noted = ledger();
    noted.base.leftKib = 10;
    expect(lossOf(noted, noted.base, reading, 0)).toMatchObject({ lostKib: 0, latelyKib: 0 });
  });
});
