import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { emptyReading } from "../../src/model/reading.ts";
import { canGlance, isSteady, look, lookClosely, openMachine } from "../../src/readings/machine.ts";
import { enoughOf } from "../../src/policy/pace.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { meminfoText } from "../helpers/kernel-texts.ts";
import { someOptions } from "../helpers/nouns.ts";

/** 40 % free is plenty, and no rule acts while more than 10 % is available. */
const ENOUGH = enoughOf(someOptions());
const GIB = 1024 * 1024;
const ARCSTATS = "/proc/spl/kstat/zfs/arcstats";

describe("openMachine", () => {
  test("keeps open what it will read", () => {
    const sys = new FakeSys();
    const machine = openMachine(sys);
    expect([...sys.open.values()].toSorted()).toEqual([
      "/proc/meminfo",
      "/proc/pressure/memory",
      "/proc/vmstat",
    ]);
    expect(machine.arcstatsFd).toBe(-Errno.ENOENT);
  });

  test("a kernel without PSI", () => {
    const sys = new FakeSys();
    sys.files.set("/proc/pressure/memory", -Errno.ENOENT);
    expect(openMachine(sys).pressureFd).toBe(-Errno.ENOENT);
  });

  test("a kernel with PSI switched off: the file opens and cannot be read", () => {
    const sys = new FakeSys();
    let reads = 0;
    sys.files.set("/proc/pressure/memory", () => (reads++ === 0 ? "" : -Errno.EOPNOTSUPP));
    expect(openMachine(sys).pressureFd).toBe(-Errno.EOPNOTSUPP);
    expect([...sys.open.values()]).not.toContain("/proc/pressure/memory");
  });
});

describe("look", () => {
  function looked(sys: FakeSys, into = emptyReading()) {
    look(sys, openMachine(sys), into, ENOUGH);
    return into;
  }

  test("when much is free it reads no file", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 8 * GIB, freeKib: 4 * GIB, someAvg10: 50 };
    for (const path of ["/proc/meminfo", "/proc/vmstat"]) {
      let reads = 0;
      sys.files.set(path, () => (reads++ === 0 ? "" : expect.unreachable(path)));
    }
    expect(looked(sys)).toMatchObject({
      detailed: false,
      availableKib: 4 * GIB,
      someAvg10: 0,
    });
  });

  test("else it reads everything", () => {
    const sys = new FakeSys();
    const machine = {
      totalKib: 8 * GIB,
      freeKib: 1 * GIB,
      availableKib: 3 * GIB,
      setAsideKib: 1000,
      swapTotalKib: 2 * GIB,
      swapFreeKib: 1 * GIB,
      someAvg10: 12.34,
      someTotalUs: 1_000_000,
      fullTotalUs: 500_000,
      refaults: 77,
      swapIns: 88,
      swapOuts: 99,
    };
    sys.machine = machine;
    sys.atMs = 5000;
    expect(looked(sys)).toEqual({
      ...machine,
      machineKib: 10 * GIB,
      atMs: 5000,
      detailed: true,
      hasPressure: true,
    });
  });

  test("a container's own files count, not what sysinfo tells of the whole machine", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 64 * GIB, freeKib: 60 * GIB, swapTotalKib: 4 * GIB };
    const own = { totalKib: GIB, freeKib: 50_000, availableKib: 100_000, swapTotalKib: 0 };
    sys.files.set("/proc/meminfo", meminfoText({ ...emptyReading(), ...own }));
    const machine = openMachine(sys);
    const into = emptyReading();
    lookClosely(sys, machine, into);
    for (let i = 0; i < 3; i++) {
      look(sys, machine, into, ENOUGH);
      expect(into).toMatchObject({ ...own, detailed: true, machineKib: 68 * GIB });
    }
  });

  test("while memory is scarce, meminfo says when it is plenty again", () => {
    const sys = new FakeSys();
    const machine = openMachine(sys);
    const into = emptyReading();
    const detailed = [30, 39, 41, 90, 39].map((freePercent) => {
      const availableKib = 100 * freePercent;
      sys.machine = { totalKib: 10_000, freeKib: availableKib, availableKib };
      look(sys, machine, into, ENOUGH);
      return into.detailed;
    });
    expect(detailed).toEqual([true, true, false, false, true]);
  });

  test("what ZFS would give back is available, once, however often it is looked at", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 8 * GIB, freeKib: 1 * GIB, availableKib: 1 * GIB };
    sys.files.set(ARCSTATS, `size 4 ${3 * GIB * 1024}\nc_min 4 ${GIB * 1024}\n`);
    const machine = openMachine(sys);
    const into = emptyReading();
    lookClosely(sys, machine, into);
    expect(into.availableKib).toBe(3 * GIB);
    sys.files.set("/proc/meminfo", -Errno.ENOMEM);
    for (let i = 0; i < 10; i++) {
      lookClosely(sys, machine, into);
    }
    expect(into).toMatchObject({ detailed: false, availableKib: 3 * GIB });
  });

  const files = ["/proc/meminfo", "/proc/vmstat", "/proc/pressure/memory"];
  test.each(files)("%s that fails later leaves the old numbers", (path) => {
    const sys = new FakeSys();
    sys.machine = { freeKib: GIB, refaults: 5, someAvg10: 10, someTotalUs: 9, swapIns: 1 };
    const machine = openMachine(sys);
    const into = emptyReading();
    lookClosely(sys, machine, into);
    const before = { ...into };
    for (const content of [-Errno.ENOMEM, "", "\0".repeat(100), "garbage\n"]) {
      sys.files.set(path, content);
      lookClosely(sys, machine, into);
      const isMeminfo = path === "/proc/meminfo";
      const isPressure = path === "/proc/pressure/memory";
      expect(into).toEqual({ ...before, detailed: !isMeminfo, hasPressure: !isPressure });
    }
  });
});

describe("isSteady", () => {
  test.each([
    [1000, 500, true],
    [1500, 900, true],
    [900, 400, true],
    [899, 500, false],
    [1000, 399, false],
    [2000, 0, false],
  ])(
    "%i KiB available and %i free, after 1000 and 500: %p",
    (availableKib, swapFreeKib, steady) => {
      const sys = new FakeSys();
      sys.machine = { totalKib: 10_000, swapTotalKib: 1000, availableKib, swapFreeKib };
      const last = { ...emptyReading(), availableKib: 1000, swapFreeKib: 500 };
      const before = { ...last };
      expect(isSteady(sys, openMachine(sys), last, 100)).toBe(steady);
      expect(last).toEqual(before);
    },
  );

  test.each([-Errno.ENOMEM, "", "MemFree: 1 kB\n", "MemAvailable:     10"])(
    "a file that says %p is not",
    (text) => {
      const sys = new FakeSys();
      const machine = openMachine(sys);
      sys.files.set("/proc/meminfo", text);
      expect(isSteady(sys, machine, emptyReading(), 0)).toBe(false);
    },
  );

  test("is nothing to ask on a machine with ZFS, whose cache counts as available", () => {
    const sys = new FakeSys();
    sys.files.set(ARCSTATS, "size 4 0\nc_min 4 0\n");
    expect(canGlance(openMachine(sys))).toBe(false);
    expect(canGlance(openMachine(new FakeSys()))).toBe(true);
  });
});
