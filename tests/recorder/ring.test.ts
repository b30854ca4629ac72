import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { Depth } from "../../src/model/reading.ts";
import { Mark } from "../../src/model/recorded.ts";
import { noteKill, noteNobody } from "../../src/recorder/counts.ts";
import { RING_BYTES } from "../../src/recorder/layout.ts";
import { noteStart, openRing } from "../../src/recorder/ring.ts";
import { readRing } from "../../src/recorder/read-ring.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { PaperRing } from "../helpers/recorded.ts";

const MIB = 1024;
const NOON = Date.UTC(2026, 10, 28, 12);

describe("a ring", () => {
  test("is one file of 64 KiB, and keeps what a look saw", () => {
    const paper = new PaperRing(0);
    paper.look(90_500.25, {
      totalKib: 8000,
      availableKib: 3000,
      setAsideKib: 500,
      swapTotalKib: 2000,
      swapFreeKib: 1500,
      someTotalUs: 12_345_678,
      fullTotalUs: 2_000_000,
      refaults: 7,
      swapIns: 9,
    });
    expect(paper.bytes()).toHaveLength(65536);
    expect(paper.content().looks).toEqual([
      {
        atMs: 90_500.25,
        wallMs: NOON + 90_000,
        marks: 0,
        totalKib: 8000,
        availableKib: 3000,
        setAsideKib: 500,
        swapTotalKib: 2000,
        swapFreeKib: 1500,
        someMs: 12_345,
        fullMs: 2000,
        refaults: 7,
        swapIns: 9,
        oomKills: 0,
      },
    ]);
  });

  test("says MemFree, and that it is no more, where nothing else was read", () => {
    const paper = new PaperRing();
    paper.look(100, { depth: Depth.free, availableKib: 1, freeKib: 4000 * MIB });
    const [look] = paper.content().looks;
    expect(look?.marks).toBe(Mark.FREE_ONLY);
    expect(look?.availableKib).toBe(4000 * MIB);
    expect(paper.content().lowestWallMs).toBe(0);
  });

  test("keeps one look in 100 ms, and each that is marked", () => {
    const paper = new PaperRing();
    for (let i = 0; i < 10; i++) {
      paper.look(20, {}, i === 3 ? Mark.ACTED : i === 4 ? Mark.NEAR : 0);
    }
    const { looks } = paper.content();
    expect(looks.map(({ atMs }) => atMs)).toEqual([1020, 1080, 1180]);
    expect(looks.map(({ marks }) => marks)).toEqual([0, Mark.ACTED, 0]);
  });

  test("has the last 48 s dense and ten minutes before them, at ten looks a second", () => {
    const paper = new PaperRing();
    for (let i = 0; i < 12_000; i++) {
      paper.look(100, {}, i === 8_001 ? Mark.GONE : 0);
    }
    const { looks } = paper.content();
    const agesMs = looks.map(({ atMs }) => paper.sys.atMs - atMs);
    expect(agesMs.at(-1)).toBe(0);
    expect(agesMs.filter((ms) => ms < 47_950)).toHaveLength(480);
    expect(agesMs[0]).toBeGreaterThan(600_000);
    const gaps = looks.slice(1).map(({ atMs }, i) => atMs - (looks[i]?.atMs ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100);
    // The mark of a look that has no coarse row of its own goes to the next.
    expect(looks.filter(({ marks }) => marks === Mark.GONE)).toHaveLength(1);
  });

  test("goes on after a start in place, and begins anew at another boot", () => {
    const paper = new PaperRing();
    paper.look(100);
    noteKill(paper.ring, "leak", false, 10);
    paper.open();
    paper.look(100);
    expect(paper.content().looks).toHaveLength(2);
    expect(paper.content().rules).toEqual([{ rule: "leak", kills: 1, wouldKill: 0 }]);
    paper.sys.files.set("/proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555");
    paper.open();
    expect(paper.content()).toMatchObject({
      looks: [],
      rules: [],
      boot: "11111111222233334444555555555555",
    });
  });

  test("begins anew over what is no ring of this version", () => {
    const paper = new PaperRing();
    paper.look(100);
    new Uint32Array(paper.sys.maps.get("/run/bustd/ring") ?? new ArrayBuffer(0))[2] = 99;
    expect(readRing(paper.bytes())).toEqual({
      problem: "it has format 99, and this bustd reads format 1",
    });
    paper.open();
    expect(paper.content().looks).toEqual([]);
  });

  test("is gone without, where it cannot be mapped", () => {
    const sys = new FakeSys();
    sys.refused.set("mapFile", Errno.ENOSPC);
    expect(openRing(sys, "/run/bustd/ring")).toBe(-Errno.ENOSPC);
  });

  test("reads the wall clock again once a minute: people set it", () => {
    const paper = new PaperRing(0);
    paper.look(1_000);
    paper.sys.bootedWallMs += 3_600_000;
    paper.look(1_000);
    paper.look(58_000);
    expect(paper.content().looks.map(({ wallMs }) => wallMs - NOON)).toEqual([
      1_000, 2_000, 3_660_000,
    ]);
  });
});

describe("counts", () => {
  test("memory came near once a minute at most", () => {
    const paper = new PaperRing();
    for (const afterMs of [100, 100, 59_000, 100, 60_000, 100]) {
      paper.look(afterMs, {}, Mark.NEAR);
    }
    paper.look(10_000_000, {}, Mark.NEAR);
    expect(paper.content().near).toBe(3);
    expect(paper.content().hours.map(({ near }) => near)).toEqual([2, 1]);
  });

  test("the lowest of each hour and since boot, of 48 hours", () => {
    const paper = new PaperRing(0);
    paper.look(1_000, { totalKib: 8000 * MIB, availableKib: 3000 * MIB });
    paper.look(1_000, { totalKib: 8000 * MIB, availableKib: 2000 * MIB });
    paper.look(1_000, { totalKib: 8000 * MIB, availableKib: 2500 * MIB });
    paper.look(3_600_000, { totalKib: 8000 * MIB, availableKib: 4000 * MIB });
    const { hours, lowestKib, lowestWallMs } = paper.content();
    expect([lowestKib, lowestWallMs]).toEqual([2000 * MIB, NOON + 2_000]);
    expect(hours).toEqual([
      {
        wallMs: NOON,
        lowestKib: 2000 * MIB,
        lowestPercent: 25,
        lowestWallMs: NOON + 2_000,
        near: 0,
        kills: 0,
        wouldKill: 0,
      },
      {
        wallMs: NOON + 3_600_000,
        lowestKib: 4000 * MIB,
        lowestPercent: 50,
        lowestWallMs: NOON + 3_603_000,
        near: 0,
        kills: 0,
        wouldKill: 0,
      },
    ]);
    for (let hour = 0; hour < 100; hour++) {
      paper.look(3_600_000);
    }
    expect(paper.content().hours).toHaveLength(48);
  });

  test("kills by rule, dry ones apart, and what they gave back", () => {
    const paper = new PaperRing(0);
    noteKill(paper.ring, "leak", false, 100);
    noteKill(paper.ring, "exhaustion", false, 20);
    noteKill(paper.ring, "leak", false, -5);
    noteKill(paper.ring, "leak", true, 7);
    noteNobody(paper.ring);
    expect(paper.content()).toMatchObject({
      rules: [
        { rule: "leak", kills: 2, wouldKill: 1 },
        { rule: "exhaustion", kills: 1, wouldKill: 0 },
      ],
      freedKib: 120,
      nobody: 1,
      wouldKill: 1,
      killWallMs: NOON,
    });
    const { hours } = paper.content();
    expect(hours.map(({ kills, wouldKill }) => [kills, wouldKill])).toEqual([[3, 1]]);
  });

  test("more rules than there is room for share the last place", () => {
    const paper = new PaperRing();
    for (let i = 0; i < 20; i++) {
      noteKill(paper.ring, `rule-${i}`, false, 0);
    }
    const { rules } = paper.content();
    expect(rules).toHaveLength(16);
    expect(rules.reduce((sum, { kills }) => sum + kills, 0)).toBe(20);
  });

  test("the kernel's own kills, but none from before the daemon looked", () => {
    const paper = new PaperRing();
    expect(paper.look(100, {}, Mark.START, 5)).toBe(0);
    expect(paper.look(100, {}, 0, 5)).toBe(0);
    expect(paper.look(100, {}, 0, -1)).toBe(0);
    expect(paper.look(10, {}, 0, 7)).toBe(2);
    expect(paper.look(100, {}, 0, 6)).toBe(0);
    const { looks, oomKillsSeen } = paper.content();
    expect(oomKillsSeen).toBe(2);
    expect(looks.map(({ marks }) => marks)).toEqual([Mark.START, 0, 0, Mark.KERNEL, 0]);
  });

  test("starts, but not those in place", () => {
    const paper = new PaperRing();
    noteStart(paper.ring, 321, true);
    paper.open();
    expect(paper.content()).toMatchObject({
      pid: 321,
      dryRun: true,
      starts: 1,
      startedAtMs: 1_000,
    });
  });
});

describe("a file that is no ring", () => {
  const whole = () => {
    const paper = new PaperRing();
    paper.look(100);
    return paper.bytes();
  };
  const rows: readonly (readonly [string, () => Uint8Array, string])[] = [
    ["is empty", () => new Uint8Array(0), "it is empty"],
    ["is too short", () => new Uint8Array(7), "it is not a flight recorder of bustd"],
    [
      "is something else",
      () => new Uint8Array(RING_BYTES).fill(65),
      "it is not a flight recorder of bustd",
    ],
    [
      "is cut short",
      () => whole().subarray(0, 60_001),
      "it is cut short or torn: 60001 bytes in place of 65536",
    ],
    ["has other sizes", () => whole().fill(3, 12, 13), "it is garbled"],
  ];

  test.each(rows)("because it %s", (_, bytes, problem) => {
    expect(readRing(bytes())).toEqual({ problem });
  });

  test("a row that is just being written is left out", () => {
    const bytes = whole();
    const looks = (changed: Uint8Array) => {
      const read = readRing(changed);
      return "ring" in read ? read.ring.looks.length : -1;
    };
    const COARSE = 4096 + 480 * 64;
    for (const [fine, coarse] of [
      [4096, COARSE],
      [4096 + 60, COARSE + 60],
    ] as const) {
      const torn = bytes.slice();
      torn[fine] = 2;
      // The coarse row of the same look is still whole.
      expect(looks(torn)).toBe(1);
      torn[coarse] = 2;
      expect(looks(torn)).toBe(0);
    }
  });
});
