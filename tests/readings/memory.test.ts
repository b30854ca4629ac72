import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { emptyReading, type Reading } from "../../src/model/reading.ts";
import { parseArcstats, parseMeminfo, parseVmstat } from "../../src/readings/memory.ts";
import { anyBytes, beginningsOf, read, refused } from "../helpers/bytes.ts";
import { meminfoText, vmstatText } from "../helpers/kernel-texts.ts";

/** As a machine with 16 GiB says it. */
const MEMINFO = `MemTotal:       16302028 kB
MemFree:          514184 kB
MemAvailable:    9834572 kB
Buffers:          402512 kB
Cached:          8915800 kB
SwapCached:            0 kB
SwapTotal:       8388604 kB
SwapFree:        7388604 kB
Active(anon):    4632140 kB
AnonPages:       4629868 kB
Mapped:          1033272 kB
Shmem:            377364 kB
KReclaimable:     590832 kB
ShmemHugePages:        0 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
`;

const SAID = {
  totalKib: 16302028,
  freeKib: 514184,
  availableKib: 9834572,
  setAsideKib: 377364,
  swapTotalKib: 8388604,
  swapFreeKib: 7388604,
};

function numbersOf(reading: Reading): number[] {
  return Object.values(reading).filter((value) => typeof value === "number");
}

/** A reading with a different number in each place. */
function marked(): Reading {
  return { ...emptyReading(), availableKib: 1, setAsideKib: 3, refaults: 4, swapIns: 5 };
}

describe("parseMeminfo", () => {
  test("a real one", () => {
    const into = emptyReading();
    const { text, length } = read(MEMINFO);
    expect(parseMeminfo(text, length, into)).toBe(true);
    expect(into).toMatchObject(SAID);
  });

  test("the order of the lines does not matter", () => {
    const into = emptyReading();
    const { text, length } = read(MEMINFO.split("\n").toReversed().join("\n"));
    expect(parseMeminfo(text, length, into)).toBe(true);
    expect(into).toMatchObject(SAID);
  });

  test("huge pages are set aside as well", () => {
    const into = emptyReading();
    const { text, length } = read(`${MEMINFO}Hugetlb:         2097152 kB\n`);
    expect(parseMeminfo(text, length, into)).toBe(true);
    expect(into.setAsideKib).toBe(377364 + 2097152);
  });

  const cut = MEMINFO.slice(0, MEMINFO.indexOf("377364") + "377364".length + 1);
  test("cut at any byte it is no reading and changes nothing", () => {
    for (const { text, length } of beginningsOf(cut)) {
      const into = marked();
      expect(parseMeminfo(text, length, into)).toBe(false);
      expect(into).toEqual(marked());
    }
  });

  const bad: readonly (readonly [string, string])[] = [
    ["empty", ""],
    ["NUL bytes", "\0".repeat(500)],
    ["no MemAvailable, as before Linux 3.14", MEMINFO.replace("MemAvailable", "MemElse")],
    ["a word for a number", MEMINFO.replace("9834572", "plenty")],
    ["a negative number", MEMINFO.replace("  377364", " -377364")],
    ["a number on the next line", MEMINFO.replace("377364", "\n377364")],
  ];
  test.each(bad)("%s is no reading", (_name, content) => {
    const into = marked();
    const { text, length } = read(content);
    expect(parseMeminfo(text, length, into)).toBe(false);
    expect(into).toEqual(marked());
  });

  test("an error is no reading", () => {
    const { text, length } = refused(5);
    expect(parseMeminfo(text, length, marked())).toBe(false);
  });

  test("anything else never throws and never gives what is no number", () => {
    const letters = "MemAvailable:Shmem: 0123456789kB\n\n\n";
    fc.assert(
      fc.property(anyBytes(letters), fc.boolean(), (bytes, behind) => {
        const into = emptyReading();
        const tail = behind ? new TextEncoder().encode(`\n${MEMINFO}`) : new Uint8Array();
        const { text, length } = read(Buffer.concat([bytes, tail]));
        parseMeminfo(text, length, into);
        expect(numbersOf(into).every((value) => Number.isSafeInteger(value))).toBe(true);
      }),
    );
  });

  test("reads what a paper kernel writes", () => {
    const kib = fc.nat(2 ** 31);
    fc.assert(
      fc.property(kib, kib, (availableKib, setAsideKib) => {
        const reading = { ...emptyReading(), availableKib, setAsideKib };
        const into = emptyReading();
        const { text, length } = read(meminfoText(reading));
        expect(parseMeminfo(text, length, into)).toBe(true);
        expect(into).toEqual(reading);
      }),
    );
  });
});

describe("parseArcstats", () => {
  const ARCSTATS = `12 1 0x01 123 33456 8589934592 99999999999
name                            type data
hits                            4    1234567
c                               4    4294967296
c_min                           4    1073741824
c_max                           4    8589934592
size                            4    5368709120
compressed_size                 4    1
`;
  const rows: readonly (readonly [string, string, number])[] = [
    ["what is above c_min", ARCSTATS, 4 * 1024 * 1024],
    ["less than c_min", ARCSTATS.replace("5368709120", "5"), 0],
    ["a type of two digits", ARCSTATS.replaceAll(" 4 ", " 14 "), 4 * 1024 * 1024],
    ["no size", ARCSTATS.replace("\nsize", "\nelse"), 0],
    ["no type", ARCSTATS.replace("4    5368709120", "5368709120"), 0],
    ["cut in the number", ARCSTATS.slice(0, ARCSTATS.indexOf("536870") + 6), 0],
    ["empty", "", 0],
  ];
  test.each(rows)("%s", (_name, content, expectedKib) => {
    const { text, length } = read(content);
    expect(parseArcstats(text, length)).toBe(expectedKib);
  });

  test("anything else is a number that is not negative", () => {
    fc.assert(
      fc.property(anyBytes("size c_min 4 0123\n"), (bytes) => {
        const { text, length } = read(bytes);
        expect(parseArcstats(text, length)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("parseVmstat", () => {
  function parsed(content: string, into = emptyReading()): Reading {
    const { text, length } = read(content);
    parseVmstat(text, length, into, 4);
    return into;
  }

  test("since Linux 5.9, anonymous and file pages apart", () => {
    const content =
      "workingset_refault_anon 30\nworkingset_refault_file 12\npswpin 5\npswpout 6\noom_kill 0\n";
    expect(parsed(content)).toMatchObject({ refaults: 42, swapIns: 5, swapOuts: 6 });
  });

  test("before, in one counter", () => {
    const content = "workingset_refault 42\nworkingset_activate 7\npswpin 5\npswpout 6\n";
    expect(parsed(content)).toMatchObject({ refaults: 42, swapIns: 5, swapOuts: 6 });
  });

  test("larger pages count as more", () => {
    const { text, length } = read(
      "workingset_refault_anon 1\nworkingset_refault_file 2\npswpin 3\n",
    );
    const into = emptyReading();
    parseVmstat(text, length, into, 16);
    expect(into).toMatchObject({ refaults: 12, swapIns: 12 });
  });

  test("a kernel without swap and without these counters", () => {
    expect(parsed("nr_free_pages 1\n")).toEqual(emptyReading());
  });

  test("a cut text keeps the old counters: going back to 0 would look like a burst later", () => {
    const now = { ...emptyReading(), refaults: 1000, swapIns: 200, swapOuts: 300 };
    const content = vmstatText({ ...now, refaults: 1001, swapIns: 201, swapOuts: 301 });
    for (const { text, length } of beginningsOf(content)) {
      const into = { ...now };
      parseVmstat(text, length, into, 4);
      expect([1000, 1001]).toContain(into.refaults);
      expect([200, 201]).toContain(into.swapIns);
      expect([300, 301]).toContain(into.swapOuts);
    }
    const into = { ...now };
    parseVmstat(read(content).text, -5, into, 4);
    expect(into).toEqual(now);
  });

  test("anything else never gives what is no number", () => {
    fc.assert(
      fc.property(anyBytes("workingset_refault_anonfile pswpinout 0123456789\n\n"), (bytes) => {
        const into = emptyReading();
        const { text, length } = read(bytes);
        parseVmstat(text, length, into, 4);
        expect(numbersOf(into).every((value) => value >= 0)).toBe(true);
      }),
    );
  });
});
