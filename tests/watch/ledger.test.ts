import { describe, expect, test } from "bun:test";
import { type Plan, scan } from "../../src/readings/processes.ts";
import {
  emptyNotes,
  emptySizes,
  forgetSizes,
  keepSizes,
  noteFreed,
  noteSizes,
  sizesOf,
} from "../../src/readings/sizes.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aReading } from "../helpers/nouns.ts";

const TOTAL_KIB = 8 * 1024 * 1024;

function plan({ before }: Pick<Plan, "before">): Plan {
  const needs = { uid: false, exe: false, exeProtects: false, cmdline: false, cgroup: false };
  return { needs, depth: "all", before, totalKib: TOTAL_KIB, leftKib: 0 };
}

describe("growth", () => {
  function noted(sys: FakeSys) {
    const sizes = emptySizes();
    noteSizes(sys, sizes, TOTAL_KIB);
    return sizes;
  }

  test("is measured from notes that are made again when what is left has changed", () => {
    const sys = new FakeSys().add({ pid: 42, rssKib: 4000, ...SMALL });
    const notes = emptyNotes();
    const sizeAt = (atMs: number, leftMib: number, rssKib: number) => {
      sys.add({ pid: 42, rssKib, ...SMALL });
      const availableKib = leftMib * 1024;
      keepSizes(sys, notes, aReading({ atMs, totalKib: 1024 ** 2, availableKib }));
      return sizesOf(notes)?.kib[0];
    };
    expect(sizesOf(notes)).toBeNull();
    const course = [
      [5000, 100, 1000],
      [5500, 50, 2000],
      [6100, 97, 3000],
      // The newer ones were noted when 100 MiB were left, and 0.4 % of RAM are 4.1 MiB.
      [6200, 95, 4000],
      [7300, 90, 5000],
      [66_000, 90, 6000],
      [67_400, 90, 7000],
      [127_500, 90, 8000],
    ] as const;
    expect(course.map(([atMs, leftMib, rssKib]) => sizeAt(atMs, leftMib, rssKib))).toEqual([
      1000, 1000, 1000, 1000, 4000, 4000, 5000, 7000,
    ]);
    forgetSizes(notes);
    expect(sizesOf(notes)).toBeNull();
  });

  /** A score that says nothing of the size. */
  const SMALL = { oomScore: 1 } as const;

  test("is what came since the scan before", () => {
    const sys = new FakeSys().add({ pid: 42, rssKib: 4000, ...SMALL });
    const before = noted(sys);
    sys.add({ pid: 42, rssKib: 7000, ...SMALL }, { pid: 43, rssKib: 400, ...SMALL });
    const { processes } = scan(sys, plan({ before }));
    expect(processes.map(({ grownKib }) => grownKib)).toEqual([3000, 400]);
  });

  test("is all that a young one holds, when no sizes were noted before", () => {
    const sys = new FakeSys();
    sys.files.set("/proc/uptime", "100.00 200.00\n");
    sys.add({ pid: 42, startMs: 97_900, rssKib: 4000 }, { pid: 43, startMs: 98_100, rssKib: 400 });
    expect(scan(sys, plan({ before: null })).processes).toMatchObject([
      { pid: 42, grownKib: 0 },
      { pid: 43, grownKib: 400 },
    ]);
  });

  test("of small ones is read only when it is needed to account for what was lost", () => {
    const large = Array.from({ length: 64 }, (_item, i) => ({ pid: 100 + i, oomScore: 700 }));
    const small = { pid: 42, rssKib: 5000, oomScore: 667 };
    const sys = new FakeSys().add(small, { ...small, pid: 43 }, ...large);
    const notes = emptyNotes();
    const looked = aReading({ atMs: 5000, machineKib: TOTAL_KIB, availableKib: 500_000 });
    keepSizes(sys, notes, looked);
    sys.add({ ...small, rssKib: 7000 }, { ...small, pid: 43, rssKib: 25_000, oomScore: 668 });
    const before = sizesOf(notes);
    const grown = (leftKib: number) => {
      const asked = { ...plan({ before }), depth: "largest", leftKib } as const;
      const { processes } = scan(sys, asked);
      return processes.filter(({ grownKib }) => grownKib > 0).map(({ pid }) => pid);
    };
    expect(grown(500_000)).toEqual([43]);
    expect(grown(460_000)).toEqual([43]);
    expect(grown(459_000)).toEqual([43, 42]);
    noteFreed(notes, -1000);
    expect(grown(459_000)).toEqual([43]);
    const victims = { ...plan({ before: null }), depth: "largest", leftKib: 0 } as const;
    expect(scan(sys, victims).processes).toHaveLength(64);
  });

  test("is never negative", () => {
    const sys = new FakeSys().add({ pid: 42, rssKib: 4000, ...SMALL });
    const before = noted(sys);
    sys.add({ pid: 42, rssKib: 1000, ...SMALL });
    expect(scan(sys, plan({ before })).processes).toMatchObject([{ grownKib: 0 }]);
  });

  test("a pid's second use is another process", () => {
    const sys = new FakeSys().add({ pid: 42, startMs: 1000, rssKib: 4000, ...SMALL });
    const before = noted(sys);
    sys.add({ pid: 42, startMs: 9000, rssKib: 5000, ...SMALL });
    expect(scan(sys, plan({ before })).processes).toMatchObject([{ grownKib: 5000 }]);
  });

  test("counts swap, which only the score tells", () => {
    const score = (kib: number) => Math.floor(((1000 + (1000 * kib) / TOTAL_KIB) * 2) / 3);
    const sys = new FakeSys().add({ pid: 42, rssKib: 1000, oomScore: score(TOTAL_KIB / 4) });
    const before = noted(sys);
    sys.add({ pid: 42, rssKib: 1000, oomScore: score(TOTAL_KIB / 2) });
    const [grown] = scan(sys, plan({ before })).processes;
    // One point is 0.15 % of all memory.
    expect(Math.abs((grown?.grownKib ?? 0) - TOTAL_KIB / 4)).toBeLessThan(0.003 * TOTAL_KIB);
  });
});
