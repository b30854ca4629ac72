import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { REOPEN_MS, WHOLE_LOOK_MS } from "../../src/model/limits.ts";
import { availablePercent, Depth, emptyReading } from "../../src/model/reading.ts";
import { askedOf } from "../../src/policy/pace.ts";
import { look, lookClosely, openMachine } from "../../src/watch/look.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { meminfoText } from "../helpers/kernel-texts.ts";
import { aReading, someOptions } from "../helpers/nouns.ts";

/** 40 % free is plenty, and no rule acts while more than 10 % is available. */
const ASKED = askedOf(someOptions(), aReading());
const GIB = 1024 * 1024;
const MEMINFO = "/proc/meminfo";

describe("openMachine", () => {
  test("keeps open what it will read", () => {
    const sys = new FakeSys();
    const machine = openMachine(sys);
    expect([...sys.open.values()].toSorted()).toEqual([
      MEMINFO,
      "/proc/pressure/memory",
      "/proc/vmstat",
      "/proc/zoneinfo",
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

describe("a look reads no more than a rule can ask for:", () => {
  /** How deep looks are on a machine where these shares are free and available. */
  function depthsOf(shares: readonly (readonly [number, number])[], stepMs = 100): Depth[] {
    const sys = new FakeSys();
    const machine = openMachine(sys);
    const into = emptyReading();
    sys.atMs = 10 * WHOLE_LOOK_MS;
    return shares.map(([freePercent, percent]) => {
      const totalKib = 10_000;
      sys.machine = { totalKib, freeKib: 100 * freePercent, availableKib: 100 * percent };
      look(sys, machine, into, ASKED);
      sys.atMs += stepMs;
      return into.depth;
    });
  }

  test("nothing but sysinfo while much is free", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 8 * GIB, freeKib: 4 * GIB, someAvg10: 50 };
    for (const path of [MEMINFO, "/proc/vmstat"]) {
      let reads = 0;
      sys.files.set(path, () => (reads++ === 0 ? "" : expect.unreachable(path)));
    }
    const into = emptyReading();
    look(sys, openMachine(sys), into, ASKED);
    expect(into).toMatchObject({ depth: Depth.free, availableKib: 4 * GIB, someAvg10: 0 });
  });

  test("meminfo while files hold it, and stalls once a second", () => {
    const far = Array.from({ length: 12 }, () => [15, 80] as const);
    const { memory, stalls } = Depth;
    const second = [stalls, ...Array.from({ length: 9 }, () => memory)];
    expect(depthsOf(far)).toEqual([...second, stalls, memory]);
  });

  test("all of it where a rule may act", () => {
    const near = Array.from({ length: 5 }, () => [1, 10] as const);
    expect(depthsOf(near)).toEqual(near.map(() => Depth.stalls));
  });

  test("when it is plenty again meminfo says it, and sysinfo from then on", () => {
    const free = [30, 39, 41, 90, 39] as const;
    const depths = depthsOf(free.map((percent) => [percent, percent] as const));
    expect(depths.map((depth) => depth === Depth.free)).toEqual([false, false, true, true, false]);
  });
});

describe("a close look", () => {
  test("reads everything", () => {
    const sys = new FakeSys();
    const machine = {
      totalKib: 8 * GIB,
      freeKib: 1 * GIB,
      availableKib: 3 * GIB,
      perCpuKib: 7000,
      shmemKib: 1000,
      slabKib: 300,
      hugetlbKib: 20,
      compressedKib: 48,
      isSwapOnDisk: true,
      lockedKib: 2000,
      tablesKib: 900,
      swapTotalKib: 2 * GIB,
      swapFreeKib: 1 * GIB,
      swapCachedKib: 70_000,
      someAvg10: 12.34,
      someTotalUs: 1_000_000,
      fullTotalUs: 500_000,
      refaults: 77,
      swapIns: 88,
      majorFaults: 99,
      evicted: 1000,
      allocStalls: 5,
      oomKills: 3,
    };
    sys.machine = machine;
    sys.files.set("/proc/swaps", "Filename Type Size\n/dev/zram0 partition 1\n/swap file 1\n");
    sys.atMs = 5000;
    const into = emptyReading();
    lookClosely(sys, openMachine(sys), into);
    expect(into).toEqual({
      ...machine,
      setAsideKib: 1020,
      machineKib: 10 * GIB,
      atMs: 5000,
      depth: Depth.stalls,
      hasPressure: true,
    });
  });

  test("counts what is free on the lists of single processors, where it can be read", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 1_000_000, availableKib: 60_000, perCpuKib: 48_000 };
    const machine = openMachine(sys);
    const into = emptyReading();
    lookClosely(sys, machine, into);
    expect([into.availableKib, availablePercent(into)]).toEqual([60_000, 10.8]);
    look(sys, machine, into, ASKED);
    expect([into.perCpuKib, availablePercent(into)]).toEqual([0, 6]);
    sys.files.set("/proc/zoneinfo", -Errno.EACCES);
    lookClosely(sys, openMachine(sys), into);
    expect(into.perCpuKib).toBe(0);
  });

  test("finds what is set aside: huge pages, and shared memory that was there before", () => {
    const sys = new FakeSys();
    const machine = openMachine(sys);
    machine.quietShmemKib = 300;
    const setAside = [100, 300, 900].map((shmemKib) => {
      const into = emptyReading();
      sys.machine = { totalKib: 10_000, availableKib: 5000, shmemKib, hugetlbKib: 1000 };
      lookClosely(sys, machine, into);
      return into.setAsideKib;
    });
    expect(setAside).toEqual([1100, 1300, 1300]);
  });

  test.each(["/proc/vmstat", "/proc/pressure/memory"])(
    "keeps the old numbers of %s when it cannot be read any more",
    (path) => {
      const sys = new FakeSys();
      const counters = { refaults: 5, swapIns: 1, evicted: 10, allocStalls: 3 };
      sys.machine = { freeKib: GIB, someAvg10: 10, someTotalUs: 9, ...counters };
      const machine = openMachine(sys);
      const into = emptyReading();
      lookClosely(sys, machine, into);
      const before = { ...into };
      for (const content of [-Errno.ENOMEM, "", "\0".repeat(100), "garbage\n"]) {
        sys.files.set(path, content);
        lookClosely(sys, machine, into);
        expect(into).toEqual({ ...before, hasPressure: path === "/proc/vmstat" });
      }
    },
  );
});

describe("a container", () => {
  const own = { totalKib: GIB, freeKib: 50_000, availableKib: 100_000, swapTotalKib: 0 };

  test("is shown its own files, which count, not what sysinfo tells of the whole machine", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 64 * GIB, freeKib: 60 * GIB, swapTotalKib: 4 * GIB };
    sys.files.set(MEMINFO, meminfoText({ ...emptyReading(), ...own }));
    const machine = openMachine(sys);
    const into = emptyReading();
    lookClosely(sys, machine, into);
    for (let i = 0; i < 3; i++) {
      look(sys, machine, into, ASKED);
      expect(into).toMatchObject({ ...own, depth: Depth.stalls, machineKib: 68 * GIB });
    }
  });
});

describe("meminfo that cannot be read any more", () => {
  function machineAt(availableKib: number) {
    const sys = new FakeSys();
    sys.machine = { totalKib: 10_000_000, freeKib: availableKib / 2, availableKib };
    const machine = openMachine(sys);
    const into = emptyReading();
    lookClosely(sys, machine, into);
    return { sys, machine, into };
  }

  const contents = [-Errno.ENOENT, -Errno.ENOMEM, "", "\0\0\0", "MemTotal: 5 kB\n", "?\n"];
  test.each(contents)("%#: what is available is told by vmstat", (content) => {
    const { into, machine, sys } = machineAt(900_000);
    sys.files.set(MEMINFO, content);
    sys.machine = { totalKib: 10_000_000, freeKib: 200_000, availableKib: 800_000 };
    look(sys, machine, into, ASKED);
    expect(machine.isBlind).toBe(true);
    expect(into).toMatchObject({ totalKib: 10_000_000, freeKib: 200_000, availableKib: 800_000 });
    expect(availablePercent(into)).toBe(8);
  });

  test("what is set aside is what it was: else little would be available of much", () => {
    const sys = new FakeSys();
    const changes = { totalKib: 10_000_000, availableKib: 400_000, hugetlbKib: 8_000_000 };
    sys.machine = { ...changes, shmemKib: 100_000 };
    const machine = openMachine(sys);
    const into = emptyReading();
    lookClosely(sys, machine, into);
    const before = availablePercent(into);
    sys.files.set(MEMINFO, "");
    look(sys, machine, into, ASKED);
    expect(machine.isBlind).toBe(true);
    expect(availablePercent(into)).toBeCloseTo(before, 1);
  });

  test("and vmstat as well: then what is free is all that is known", () => {
    const { into, machine, sys } = machineAt(900_000);
    sys.files.set(MEMINFO, "");
    sys.files.set("/proc/vmstat", -Errno.ENOMEM);
    look(sys, machine, into, ASKED);
    expect(into.availableKib).toBe(450_000);
  });

  test("is opened again, as a file that came back under its name has another descriptor", () => {
    const { into, machine, sys } = machineAt(900_000);
    const broken = machine.meminfoFd;
    const read = sys.readFromStart.bind(sys);
    sys.readFromStart = (fd) => (fd === broken ? -19 : read(fd));
    look(sys, machine, into, ASKED);
    expect(machine.isBlind).toBe(false);
    expect([...sys.open.values()].filter((path) => path === MEMINFO)).toHaveLength(1);
  });

  test("is opened no more often than once a second, and leaves no descriptor behind", () => {
    const { into, machine, sys } = machineAt(900_000);
    sys.files.set(MEMINFO, "");
    let opened = 0;
    const open = sys.openToRead.bind(sys);
    sys.openToRead = (path) => {
      opened += path === MEMINFO ? 1 : 0;
      return open(path);
    };
    for (sys.atMs = 0; sys.atMs < 10 * REOPEN_MS; sys.atMs += 20) {
      look(sys, machine, into, ASKED);
    }
    expect(opened).toBe(10);
    expect([...sys.open.values()]).toHaveLength(4);
    sys.files.delete(MEMINFO);
    look(sys, machine, into, ASKED);
    expect(machine.isBlind).toBe(false);
  });
});
