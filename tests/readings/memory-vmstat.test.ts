import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { emptyReading, type Reading } from "../../src/model/reading.ts";
import { availableByVmstat, parseVmstat } from "../../src/readings/memory.ts";
import { anyBytes, beginningsOf, read } from "../helpers/bytes.ts";
import { vmstatText } from "../helpers/kernel-texts.ts";
import { aReading } from "../helpers/nouns.ts";

function numbersOf(reading: Reading): number[] {
  return Object.values(reading).filter((value) => typeof value === "number");
}

describe("parseVmstat", () => {
  function parsed(content: string, into = emptyReading(), pageKib = 4): Reading {
    const { text, length } = read(content);
    parseVmstat(text, length, into, pageKib);
    return into;
  }

  const RECLAIM =
    "nr_zspages 6\npgsteal_kswapd 100\npgsteal_direct 11\npgsteal_khugepaged 5\n" +
    "allocstall_dma 0\nallocstall_dma32 2\nallocstall_normal 30\nallocstall_movable 400\n";

  test("what zswap takes and gives is swapped, like what lies on a disk", async () => {
    // A module of its own: a kernel that has no zswap is not asked again.
    const fresh = `${import.meta.dir}/../../src/readings/memory.ts?zswap`;
    const memory = (await import(fresh)) as { readonly parseVmstat: typeof parseVmstat };
    const { text, length } = read(`pswpin 5\npswpout 6\n${RECLAIM}zswpin 100\nzswpout 200\n`);
    const into = emptyReading();
    memory.parseVmstat(text, length, into, 4);
    expect(into).toMatchObject({ swapIns: 105 });
  });

  test("since Linux 5.9, anonymous and file pages apart", () => {
    const content =
      "workingset_refault_anon 30\nworkingset_refault_file 12\npswpin 5\npswpout 6\n" +
      "pgmajfault 7\noom_kill 0\n";
    const counters = { refaults: 42, swapIns: 5, majorFaults: 7 };
    expect(parsed(content)).toMatchObject(counters);
  });

  test("before, in one counter", () => {
    const content = "workingset_refault 42\nworkingset_activate 7\npswpin 5\npswpout 6\n";
    expect(parsed(content)).toMatchObject({ refaults: 42, swapIns: 5 });
  });

  test("what the machine itself freed, and how often somebody had to do so", () => {
    expect(parsed(RECLAIM)).toMatchObject({ evicted: 111, allocStalls: 432 });
  });

  test("zones that a machine does not have are none, and not asked for again", () => {
    const small = RECLAIM.replace(/allocstall_dma 0\nallocstall_dma32 2\n/, "");
    for (let i = 0; i < 3; i++) {
      expect(parsed(small)).toMatchObject({ allocStalls: 430 });
    }
  });

  test("what compressed swap takes of RAM, and none where a kernel has no such thing", () => {
    expect(parsed(RECLAIM)).toMatchObject({ compressedKib: 24 });
    expect(parsed(RECLAIM, emptyReading(), 16)).toMatchObject({ compressedKib: 96 });
    expect(parsed("nr_free_pages 1\n", aReading({ compressedKib: 8 })).compressedKib).toBe(8);
    expect(parsed(RECLAIM.replace(/nr_zspages.*\n/, "")).compressedKib).toBe(0);
  });

  test("kills by the kernel itself", () => {
    expect(parsed("numa_hit 5\noom_kill 7\n")).toMatchObject({ oomKills: 7 });
    expect(parsed("numa_hit 5\n")).toMatchObject({ oomKills: -1 });
  });

  test("larger pages count as more", () => {
    const content =
      "workingset_refault_anon 1\nworkingset_refault_file 2\npswpin 3\npgmajfault 4\n";
    const into = parsed(content + RECLAIM, emptyReading(), 16);
    expect(into).toMatchObject({ refaults: 12, swapIns: 12, majorFaults: 16, evicted: 444 });
  });

  test("a kernel without swap and without these counters", () => {
    expect(parsed("nr_free_pages 1\n")).toEqual(emptyReading());
  });

  test("a cut text keeps the old counters: going back to 0 would look like a burst later", () => {
    const old = {
      refaults: 1000,
      swapIns: 200,
      majorFaults: 300,
      evicted: 3000,
      allocStalls: 40,
      oomKills: 2,
    };
    const now = {
      refaults: 1001,
      swapIns: 201,
      majorFaults: 301,
      evicted: 3005,
      allocStalls: 41,
      oomKills: 3,
    };
    const content = vmstatText({ ...emptyReading(), ...now });
    for (const { text, length } of beginningsOf(content)) {
      const into = { ...emptyReading(), ...old };
      parseVmstat(text, length, into, 4);
      expect([old.refaults, now.refaults]).toContain(into.refaults);
      expect([old.swapIns, now.swapIns]).toContain(into.swapIns);
      expect([old.majorFaults, now.majorFaults]).toContain(into.majorFaults);
      expect([old.evicted, now.evicted]).toContain(into.evicted);
      expect(into.allocStalls === 0 || into.allocStalls >= old.allocStalls).toBe(true);
    }
    const into = { ...emptyReading(), ...old };
    parseVmstat(read(content).text, -5, into, 4);
    expect(into).toMatchObject(old);
  });

  test("anything else never gives what is no number", () => {
    fc.assert(
      fc.property(anyBytes("workingset_refault_anonfile pswpinout 0123456789\n\n"), (bytes) => {
        const into = emptyReading();
        const { text, length } = read(bytes);
        parseVmstat(text, length, into, 4);
        expect(numbersOf(into).every((value) => value >= -1)).toBe(true);
      }),
    );
  });
});

describe("availableByVmstat", () => {
  const VMSTAT =
    "nr_free_pages 1000\nnr_zone_inactive_anon 7\nnr_inactive_file 500\nnr_active_file 300\n" +
    "nr_slab_reclaimable 100\n";

  test("is what is free, and half of what can be given up", () => {
    const { text, length } = read(VMSTAT);
    expect(availableByVmstat(text, length, 4)).toBe(4 * (1000 + 450));
    expect(availableByVmstat(text, length, 16)).toBe(16 * (1000 + 450));
  });

  test("is unknown while a line is missing", () => {
    for (const { text, length } of beginningsOf(VMSTAT)) {
      expect(availableByVmstat(text, length, 4)).toBe(-1);
    }
  });
});
