import { expect, test } from "bun:test";
import { emptySizes, type Sizes } from "../../src/model/sizes.ts";
import { scan } from "../../src/readings/processes.ts";
import { keptFrom } from "../../src/watch/carried.ts";
import { forgetSize, noteFreed } from "../../src/watch/shifts.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { kept, lookAt, sizeOf } from "../helpers/kept-ledger.ts";
import { aPlan } from "../helpers/nouns.ts";

/** Sizes of pid 42, or of nobody, at this time. */
function sizes(atMs: number, ownKib: number | null): Sizes {
  const noted = { ...emptySizes(1), atMs, count: ownKib === null ? 0 : 1 };
  noted.pids[0] = 42;
  noted.ownKib[0] = ownKib ?? 0;
  return noted;
}

test.each([
  ["goes on at its pace", 1000, 9000, 10_000, 1000],
  ["goes on at half of its pace", 1000, 9550, 10_000, 1000],
  ["goes on more slowly", 1000, 9560, 10_000, 10_000],
  ["rests", 1000, 10_000, 10_000, 10_000],
  ["gave back what it took", 1000, 9000, 1000, 1000],
  ["has less than before", 10_000, 1000, 2000, 2000],
  ["took too little to be worth the name", 9900, 9990, 10_000, 10_000],
  ["was not there at the base", null, 9000, 10_000, 10_000],
  ["was not there of late", 1000, null, 10_000, 10_000],
  ["could not be read at the base", -1, 9000, 10_000, 10_000],
])("who %s", (_what, baseKib, recentKib, nowKib, kib) => {
  const base = sizes(0, baseKib);
  const known = { base, recent: sizes(90_000, recentKib), leastKib: 100 };
  const from = keptFrom(known, sizes(100_000, nowKib), 0);
  expect(from < 0 ? nowKib : base.ownKib[from]).toBe(kib);
});

test("who took at once what it wanted does not go on as a leak of long ago does", () => {
  const room = kept(new FakeSys().add({ pid: 42, startMs: 1 }, { pid: 43, startMs: 1 }));
  for (let s = 0; s <= 1000; s++) {
    room.sys.change(42, { rssKib: 4000 + 600 * s });
    room.sys.change(43, { rssKib: 5000 + (s < 983 ? 0 : 100_000 + 100 * (s - 983)) });
    // Others give back what they soon take again, and by and by what the leak takes.
    lookAt(room, 1000 * s, 38 - (s % 20) / 2);
  }
  const { base, newer, sinceMs } = room.ledger;
  expect([base.atMs, sinceMs, sizeOf(base, 42), sizeOf(base, 43)]).toEqual([
    1_000_000, 0, 4000, 106_700,
  ]);
  expect(sizeOf(newer, 42)).toBe(604_000);
  const { processes } = scan(room.sys, aPlan({ base, recent: newer }));
  expect(processes.map(({ carriedMs, pid }) => [pid, carriedMs])).toEqual([
    [42, 1_000_000],
    [43, 0],
  ]);
});

test("what a killed leak gave back is no reason to forget what others took meanwhile", () => {
  const room = kept(new FakeSys().add({ pid: 42 }, { pid: 43, rssKib: 5000 }));
  for (let s = 0; s <= 1000; s++) {
    room.sys.change(42, { rssKib: 4000 + 100 * s });
    lookAt(room, 1000 * s, 30 - (s % 20) / 10);
  }
  expect(room.ledger).toMatchObject({ carriedKib: 100_000, base: { atMs: 1_000_000 } });
  room.sys.change(43, { rssKib: 85_000 });
  lookAt(room, 1_002_000, 22);
  forgetSize(room.ledger, 42);
  noteFreed(room.ledger, 104_000, 100_000, 0);
  room.sys.change(42, { endsAtMs: 1_002_050 });
  for (let atMs = 1_002_100; atMs < 1_005_000; atMs += 100) {
    lookAt(room, atMs, 32.4);
  }
  const { base } = room.ledger;
  expect([base.atMs, sizeOf(base, 43)]).toEqual([1_000_000, 5000]);
  expect(base.leftKib + room.ledger.freedKib - 324_000).toBe(80_000);
});

test("who goes on is looked at, however many are larger and whoever took more", () => {
  const sys = new FakeSys().add({ pid: 42, oomScore: 700, startMs: 1 });
  for (let pid = 100; pid < 200; pid++) {
    sys.add({ pid, oomScore: 700 + pid, rssKib: 9000, startMs: 1 });
  }
  const room = kept(sys);
  for (let s = 0; s <= 100; s++) {
    sys.change(42, { rssKib: 4000 + 600 * s });
    lookAt(room, 1000 * s, 38 - (s % 20) / 2, { swapTotalKib: 1000, swapFreeKib: 1000 });
  }
  sys.change(199, { rssKib: 109_000 });
  const { base, newer } = room.ledger;
  const plan = aPlan({ base, extent: "largest", lostKib: 160_000, recent: newer });
  const took = scan(sys, plan).processes.filter(({ grownKib }) => grownKib > 0);
  expect(took.map(({ grownKib, pid }) => [pid, grownKib])).toEqual([
    [42, 60_000],
    [199, 100_000],
  ]);
});
