import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { availablePercent, emptyReading, type Reading } from "../../src/model/reading.ts";
import { isAnySwapOnDisk, parseArcstats, parseMeminfo } from "../../src/readings/memory.ts";
import { anyBytes, beginningsOf, read, refused } from "../helpers/bytes.ts";
import { meminfoText } from "../helpers/kernel-texts.ts";

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
Slab:             991832 kB
SUnreclaim:       401000 kB
ShmemHugePages:        0 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
`;

const SAID = {
  totalKib: 16302028,
  freeKib: 514184,
  availableKib: 9834572,
  shmemKib: 377364,
  slabKib: 401000,
  hugetlbKib: 0,
  swapTotalKib: 8388604,
  swapFreeKib: 7388604,
};

function numbersOf(reading: Reading): number[] {
  return Object.values(reading).filter((value) => typeof value === "number");
}

/** A reading with a different number in each place. */
function marked(): Reading {
  return { ...emptyReading(), availableKib: 1, shmemKib: 3, refaults: 4, swapIns: 5 };
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

  test("huge pages stand in a line of their own", () => {
    const into = emptyReading();
    const { text, length } = read(`${MEMINFO}Hugetlb:         2097152 kB\n`);
    expect(parseMeminfo(text, length, into)).toBe(true);
    expect(into.hugetlbKib).toBe(2097152);
  });

  const cut = MEMINFO.slice(0, MEMINFO.indexOf("7388604") + "7388604".length + 1);
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
    ["a negative number", MEMINFO.replace("  514184", " -514184")],
    ["a number on the next line", MEMINFO.replace("514184", "\n514184")],
    ["a machine without memory", MEMINFO.replace("16302028", "0")],
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
    const kib = fc.nat(2 ** 29);
    const fields = fc.record({ availableKib: kib, shmemKib: kib, slabKib: kib, hugetlbKib: kib });
    fc.assert(
      fc.property(fields, kib, kib, (given, freeKib, swapFreeKib) => {
        const totals = { totalKib: 2 ** 32, freeKib, swapTotalKib: 2 ** 30, swapFreeKib };
        const reading = { ...emptyReading(), ...totals, ...given };
        const into = emptyReading();
        const { text, length } = read(meminfoText(reading));
        expect(parseMeminfo(text, length, into)).toBe(true);
        expect(into).toEqual(reading);
      }),
    );
  });
});

describe("containers are shown a mixture of their own numbers and the machine's", () => {
  function parsed(fields: Readonly<Record<string, number | string>>): Reading {
    const lines = { MemTotal: 1_048_576, MemFree: 700_000, MemAvailable: 707_632 };
    const rest = { SwapTotal: 0, SwapFree: 0, Shmem: 0, SUnreclaim: 0 };
    const all = Object.entries({ ...lines, ...rest, ...fields });
    const { text, length } = read(all.map(([name, kib]) => `${name}:  ${kib} kB\n`).join(""));
    const into = emptyReading();
    expect(parseMeminfo(text, length, into)).toBe(true);
    return into;
  }

  test("free swap of 2^64 less something, where there is none", () => {
    const into = parsed({ SwapFree: "18446744073709551104" });
    expect(into).toMatchObject({ swapTotalKib: 0, swapFreeKib: 0, availableKib: 707_632 });
  });

  test("free swap of 2^64 less something, where more is used than there is", () => {
    const into = parsed({ SwapTotal: 500_000, SwapFree: "18446744073709551104" });
    expect(into).toMatchObject({ swapTotalKib: 500_000, swapFreeKib: 0 });
  });

  test("the machine's huge pages: 48 GiB of them in a container of 4 GiB", () => {
    const own = { MemTotal: 4_194_304, MemFree: 40_960, MemAvailable: 92_160, Shmem: 4000 };
    const into = parsed({ ...own, Hugetlb: 50_331_648 });
    expect(into).toMatchObject({ hugetlbKib: 0, shmemKib: 4000 });
    expect(availablePercent(into)).toBeCloseTo(2.2, 1);
  });

  test("the machine's shared memory: 956 MiB of it in a container of 512 MiB", () => {
    const own = { MemTotal: 524_288, MemFree: 4760, MemAvailable: 4760 };
    const into = parsed({ ...own, Shmem: 978_944, Hugetlb: 0 });
    expect(into.shmemKib).toBe(0);
    expect(availablePercent(into)).toBeCloseTo(0.9, 1);
  });

  test("but a machine of 64 GiB may have set 48 of them aside", () => {
    const own = { MemTotal: 65_831_412, MemFree: 612_340, MemAvailable: 1_992_294 };
    const swap = { SwapTotal: 8_388_604, SwapFree: 8_388_604 };
    const into = parsed({ ...own, ...swap, Shmem: 212_000, Hugetlb: 50_331_648 });
    into.setAsideKib = into.hugetlbKib + into.shmemKib;
    expect(availablePercent(into)).toBeCloseTo(13, 1);
  });

  test("more available, or free, than there is", () => {
    const into = parsed({ MemFree: 64_000_000, MemAvailable: 65_000_000 });
    expect(into).toMatchObject({ freeKib: 1_048_576, availableKib: 1_048_576 });
  });

  test("whatever they are: no more is set aside than is taken, no more free than there is", () => {
    const kib = fc.oneof(fc.nat(2 ** 31), fc.constantFrom(0, 1, 2 ** 40, 2 ** 53));
    const names = ["MemFree", "MemAvailable", "SwapTotal", "SwapFree", "Shmem", "SUnreclaim"];
    const fields = fc.record(
      Object.fromEntries([...names, "Hugetlb"].map((name) => [name, kib] as const)),
    );
    fc.assert(
      fc.property(fields, fc.integer({ min: 1, max: 2 ** 31 }), (given, MemTotal) => {
        const into = parsed({ ...given, MemTotal });
        const { availableKib, freeKib, hugetlbKib, shmemKib, slabKib, totalKib } = into;
        expect(shmemKib + hugetlbKib + availableKib).toBeLessThanOrEqual(totalKib);
        expect(slabKib + availableKib).toBeLessThanOrEqual(totalKib);
        expect(freeKib).toBeLessThanOrEqual(totalKib);
        expect(into.swapFreeKib).toBeLessThanOrEqual(into.swapTotalKib);
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

describe("whether some swap is on a disk", () => {
  const HEADING = "Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
  test.each([
    ["", false],
    [HEADING, false],
    [`${HEADING}/dev/zram0 partition 1 0 100\n`, false],
    [`${HEADING}/dev/zram0 partition 1 0 100\n/dev/zram1 partition 1 0 100\n`, false],
    [`${HEADING}/dev/sda2 partition 1 0 -2\n`, true],
    [`${HEADING}/dev/zram0 partition 1 0 100\n/swap\\040file file 1 0 -2\n`, true],
    [`${HEADING}/dev/zra`, true],
  ])("%j", (content, expected) => {
    const { text, length } = read(content);
    expect(isAnySwapOnDisk(text, length)).toBe(expected);
  });
});
