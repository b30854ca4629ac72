import { describe, expect, test } from "bun:test";
import { Errno } from "../src/model/errno.ts";
import { ExitCode } from "../src/model/exit-codes.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { eventsOf, memoryAt, watch } from "./helpers/watch.ts";

const MEMINFO = "/proc/meminfo";

/** A hog that uses memory up from this time on. */
function machine(fromMs: number): FakeSys {
  const sys = new FakeSys().add(
    { pid: 1, ppid: 0 },
    { pid: 42, rssKib: 800_000 },
    { pid: 43, rssKib: 9000 },
  );
  sys.machine = ({ atMs }) => memoryAt(sys.isAlive(42) && atMs >= fromMs ? 8 : 38);
  return sys;
}

describe("meminfo that cannot be read", () => {
  const contents = [-Errno.ENOENT, -Errno.ENOMEM, "", "\0\0\0", "MemTotal: 5 kB\n", "garbage\n"];

  test.each(contents)(
    "from some time on %#: vmstat tells as soon that memory is used up",
    (text) => {
      const sys = machine(3000);
      sys.at(1000, () => sys.files.set(MEMINFO, text));
      const watched = watch(sys, 20_000);
      expect(watched.signals).toHaveLength(1);
      expect(watched.signals[0]).toEndWith(" SIGTERM 42");
      expect(parseInt(watched.signals[0] ?? "", 10)).toBeWithin(3000, 3120);
      expect(eventsOf(watched, "meminfo")).toEqual([{ kind: "meminfo", isLost: true }]);
      expect(watched.code).toBe(ExitCode.ok);
    },
  );

  test("from the start on: the daemon starts all the same, and says it", () => {
    const sys = machine(3000);
    sys.files.set(MEMINFO, -Errno.ENOENT);
    const watched = watch(sys, 20_000);
    expect(watched.signals).toHaveLength(1);
    expect(eventsOf(watched, "meminfo")).toEqual([{ kind: "meminfo", isLost: true }]);
  });

  test("for a while: both are said, once each, and then it goes on by meminfo", () => {
    const sys = machine(9000);
    sys.at(1000, () => sys.files.set(MEMINFO, ""));
    sys.at(4000, () => sys.files.delete(MEMINFO));
    const watched = watch(sys, 20_000);
    expect(eventsOf(watched, "meminfo").map(({ isLost }) => isLost)).toEqual([true, false]);
    expect(watched.signals).toHaveLength(1);
  });

  test("from a close look on, before the next turn: that is said as well", () => {
    const sys = machine(3000);
    const read = sys.readFromStart.bind(sys);
    let [isLost, readAtMs] = [false, -1];
    sys.readFromStart = (fd) => {
      if (sys.open.get(fd)?.endsWith(MEMINFO) !== true) {
        return read(fd);
      }
      // The second time at one moment is the close look before a kill.
      isLost ||= sys.atMs > 3000 && sys.atMs === readAtMs;
      readAtMs = sys.atMs;
      return isLost && sys.atMs < 9000 ? -Errno.ENOENT : read(fd);
    };
    const lost = eventsOf(watch(sys, 20_000), "meminfo").map((event) => event.isLost);
    expect(lost).toEqual([true, false]);
  });

  test("together with vmstat: what is free is all that is known, and nobody dies too late", () => {
    const sys = machine(3000);
    sys.at(1000, () => sys.files.set(MEMINFO, "").set("/proc/vmstat", ""));
    expect(watch(sys, 20_000).signals[0]).toEndWith(" 42");
  });

  test("and comes back: nobody dies of numbers that are not there", () => {
    const sys = machine(Infinity);
    for (let atMs = 500; atMs < 9000; atMs += 500) {
      sys.at(atMs, () =>
        atMs % 1000 === 0 ? sys.files.delete(MEMINFO) : sys.files.set(MEMINFO, "MemTotal: 0 kB\n"),
      );
    }
    expect(watch(sys, 20_000).signals).toEqual([]);
  });
});

describe("what a container is shown", () => {
  /** A hog beside a meminfo of these fields, whatever sysinfo says of the whole machine. */
  function contained(fields: Readonly<Record<string, number | string>>): FakeSys {
    const sys = new FakeSys().add({ pid: 42, rssKib: 400_000 });
    sys.machine = { totalKib: 64_000_000, freeKib: 60_000_000, swapTotalKib: 8_000_000 };
    const lines = Object.entries({ SwapTotal: 0, SwapFree: 0, Shmem: 0, SUnreclaim: 0, ...fields });
    sys.files.set(MEMINFO, () =>
      sys.isAlive(42) ? lines.map(([name, kib]) => `${name}: ${kib} kB\n`).join("") : ROOMY,
    );
    return sys;
  }

  const ROOMY =
    "MemTotal: 1048576 kB\nMemFree: 700000 kB\nMemAvailable: 700000 kB\n" +
    "SwapTotal: 0 kB\nSwapFree: 0 kB\n";

  test.each([
    [
      "the machine's huge pages",
      { MemTotal: 4_194_304, MemFree: 40_960, MemAvailable: 92_160, Hugetlb: 50_331_648 },
    ],
    [
      "the machine's shared memory",
      { MemTotal: 524_288, MemFree: 4760, MemAvailable: 4760, Shmem: 978_944 },
    ],
    [
      "free swap of 2^64 less something",
      { MemTotal: 1_048_576, MemFree: 9000, MemAvailable: 9000, SwapFree: "18446744073709551104" },
    ],
  ])("%s does not hide that its memory is used up", (_what, fields) => {
    expect(watch(contained(fields), 5000).signals).toEqual(["0ms SIGKILL 42"]);
  });

  test("free swap that cannot be keeps it from sleeping for long", () => {
    const fields = { MemTotal: 1_048_576, MemFree: 400_000, MemAvailable: 420_000 };
    const sys = contained({ ...fields, SwapFree: "18446744073709551104" });
    watch(sys, 20_000);
    expect(Math.max(...sys.waits)).toBeLessThan(200);
  });

  test("a new uptime makes nobody newborn: fifteen old workers live, and the hog does not", () => {
    const sys = new FakeSys().add({ pid: 1, ppid: 0 });
    for (let pid = 100; pid < 115; pid++) {
      sys.add({ pid, comm: "worker", ppid: 50, pgid: 50, startMs: 500_000, rssKib: 40_000 });
    }
    sys.files.set("/proc/uptime", "372.41 350.02\n");
    sys.add({ pid: 42, comm: "hog", startMs: 600_000, rssKib: 10_000 });
    sys.at(1000, () => sys.change(42, { rssKib: 300_000 }));
    sys.machine = ({ atMs }) => memoryAt(atMs >= 1000 && sys.isAlive(42) ? 8 : 38);
    expect(watch(sys, 9000).signals.map((call) => call.split(" ")[2])).toEqual(["42"]);
  });
});
