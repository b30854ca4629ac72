import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { decode } from "../../src/readings/text.ts";
import { lost, type ProcessFile, Signal, Source } from "../../src/sys/sys.ts";
import { listAll } from "../../src/readings/list.ts";
import { FakeSys, Restarted } from "./fake-sys.ts";
import type { PaperProcess } from "./paper-process.ts";

describe("the clock", () => {
  test("moves while the code waits, and not otherwise", () => {
    const sys = new FakeSys();
    sys.readFile("/proc/meminfo");
    expect(sys.nowMs()).toBe(0);
    expect(sys.wait(100)).toBe(0);
    expect(sys.nowMs()).toBe(100);
  });

  test("moves with each call where calls cost time", () => {
    const sys = new FakeSys();
    sys.costMs = 2;
    sys.readFile("/proc/meminfo");
    listAll(sys);
    expect(sys.nowMs()).toBe(4);
  });

  test("a wait ends with what happens first", () => {
    const sys = new FakeSys().at(30, "pressure").at(30, Signal.SIGHUP).at(500, "pressure-gone");
    expect(sys.wait(-1)).toBe(Source.pressure | Source.signals);
    expect(sys.nowMs()).toBe(30);
    expect(sys.wait(10)).toBe(Source.signals);
    expect([sys.nextSignal(), sys.nextSignal()]).toEqual([Signal.SIGHUP, 0]);
    expect(sys.wait(10)).toBe(0);
    expect(sys.wait(-1)).toBe(lost(Source.pressure));
    expect(sys.nowMs()).toBe(500);
  });

  test("a wait that nothing can end is a mistake", () => {
    expect(() => new FakeSys().wait(-1)).toThrow("would never end");
  });
});

describe("processes", () => {
  test("die of signals, at their own pace, and their pidfds tell", () => {
    const sys = new FakeSys().add({ pid: 42, dyingMs: 70 }, { pid: 43, ignoresSigterm: true });
    const [first, second] = [sys.openPidfd(42), sys.openPidfd(43)];
    expect(sys.sendSignal(first, Signal.SIGTERM)).toBe(0);
    expect(sys.sendSignal(second, Signal.SIGTERM)).toBe(0);
    expect(sys.releaseMemory(first)).toBe(0);
    expect(sys.releaseMemory(second)).toBe(-Errno.EINVAL);
    sys.watch(Source.victim, first);
    expect(sys.wait(500)).toBe(Source.victim);
    sys.watch(Source.victim, second);
    expect(sys.wait(500)).toBe(0);
    expect(sys.sendSignal(second, Signal.SIGKILL)).toBe(0);
    expect(sys.wait(500)).toBe(Source.victim);
    expect(sys.sendSignal(second, 0)).toBe(-Errno.ESRCH);
    expect(sys.calls).toEqual([
      "0ms SIGTERM 42",
      "0ms SIGTERM 43",
      "0ms release 42",
      "0ms release 43 EINVAL",
      "570ms SIGKILL 43",
    ]);
  });

  test("may refuse, be stuck, be in a group or a cgroup", () => {
    const sys = new FakeSys().add(
      { pid: 1, refuses: true },
      { pid: 2, stuck: true },
      { pid: 3, pgid: 9 },
      { pid: 4, pgid: 9, cgroup: "/a/b" },
      { pid: 5, cgroup: "/a" },
      { pid: 6, cgroup: "/ab" },
    );
    expect(sys.signalProcess(1, Signal.SIGKILL)).toBe(-Errno.EPERM);
    expect(sys.signalProcess(2, Signal.SIGKILL)).toBe(0);
    expect(sys.signalGroup(9, Signal.SIGTERM)).toBe(0);
    expect(sys.writeFile("/sys/fs/cgroup/a/cgroup.kill", "1")).toBe(1);
    expect([1, 2, 3, 4, 5, 6].filter((pid) => sys.isAlive(pid))).toEqual([1, 2, 6]);
  });

  test("come and go by themselves", () => {
    const sys = new FakeSys().add({ pid: 42, bornAtMs: 10, endsAtMs: 20 });
    const alive = [0, 10, 20].map((atMs) => {
      sys.atMs = atMs;
      return listAll(sys);
    });
    expect(alive).toEqual([0, 1, 0]);
  });
});

test("a file is what the test says now, or an error", () => {
  const sys = new FakeSys();
  sys.files.set("/etc/a", () => `at ${sys.atMs}`);
  sys.files.set("/etc/b", -Errno.EACCES);
  sys.wait(5);
  expect(decode(sys.text, sys.readFile("/etc/a"))).toBe("at 5");
  expect(sys.readFile("/etc/b")).toBe(-Errno.EACCES);
  expect(sys.openToRead("/etc/c")).toBe(-Errno.ENOENT);
});

test("a verb can be refused, and a descriptor is closed once", () => {
  const sys = new FakeSys();
  sys.refused.set("lockMemory", Errno.ENOMEM);
  expect(sys.lockMemory()).toBe(-Errno.ENOMEM);
  expect(sys.calls).toEqual(["0ms lock ENOMEM"]);
  const fd = sys.openToRead("/proc/meminfo");
  sys.close(fd);
  expect(() => sys.close(fd)).toThrow("closed twice");
});

describe("sizes", () => {
  const MACHINE = { totalKib: 1_000_000, swapTotalKib: 1_000_000, swapFreeKib: 1_000_000 };

  function filesOf(process: PaperProcess) {
    const sys = new FakeSys().add(process);
    sys.machine = MACHINE;
    const read = (name: ProcessFile) => decode(sys.text, sys.readProcessFile(process.pid, name));
    return { score: read("oom_score"), statm: read("statm"), status: read("status") };
  }

  test("that are given stand in every file, and make the score", () => {
    const sizes = { anonKib: 400_000, fileKib: 8000, shmemKib: 4000, swapKib: 588_000 };
    const { score, statm, status } = filesOf({ pid: 42, ...sizes, uid: 33 });
    expect(score).toBe("1000\n");
    expect(statm).toMatch(/^\d+ 103000 3000 1 0 100000 0\n$/);
    expect(status).toContain("RssAnon:\t  400000 kB\nRssFile:\t    8000 kB\n");
    expect(status).toContain("RssShmem:\t    4000 kB\n");
    expect(status).toContain("VmSwap:\t  588000 kB\n");
    expect(status).toContain("Uid:\t33\t33\t33\t33\n");
  });

  test("that are not follow from the score", () => {
    expect(filesOf({ pid: 42, oomScore: 900 }).statm).toMatch(/^\d+ 175000 0 /);
    expect(filesOf({ pid: 42, oomScore: 900, rssKib: 4000 }).statm).toMatch(/^\d+ 1000 0 /);
    expect(filesOf({ pid: 42 })).toMatchObject({ score: "666\n" });
  });

  test("before Linux 5.9 the score is of another scale", () => {
    const sys = new FakeSys().add({ pid: 42, anonKib: 500_000, oomScoreAdj: -100 });
    sys.machine = MACHINE;
    sys.isOldScale = true;
    expect(decode(sys.text, sys.readProcessFile(42, "oom_score"))).toBe("150\n");
  });

  test("of a first thread that has ended are shown for the others", () => {
    const sys = new FakeSys().add({ pid: 42, state: "Z", tasks: [42, 43], rssKib: 4000 });
    const statm = [42, 43].map((tid) => decode(sys.text, sys.readTaskFile(42, tid, "statm")));
    expect(statm[0]).toBe("0 0 0 0 0 0 0\n");
    expect(statm[1]).toContain(" 1000 0 ");
    expect(decode(sys.text, sys.readProcessFile(42, "status"))).not.toContain("RssAnon");
    expect(decode(sys.text, sys.readTaskFile(42, 43, "status"))).toContain("RssAnon:\t    4000 kB");
  });

  test("shrink while one dies that gives back", () => {
    const sys = new FakeSys().add({ pid: 42, rssKib: 4000, dyingMs: 100, givesBack: true });
    sys.signalProcess(42, Signal.SIGKILL);
    sys.atMs = 75;
    expect(decode(sys.text, sys.readProcessFile(42, "statm"))).toContain(" 250 0 ");
  });
});

test("a descriptor that nobody reads from can be asked, and is not to be written to", () => {
  const sys = new FakeSys();
  sys.full.add(1);
  expect([sys.canWrite(1), sys.canWrite(2)]).toEqual([false, true]);
  expect(() => sys.write(1, "x")).toThrow("would wait for ever");
});

test("more processes than there is room for are listed all the same", () => {
  const pids = Array.from({ length: 5000 }, (_item, i) => ({ pid: 10 + i }));
  const sys = new FakeSys().add(...pids);
  expect(listAll(sys)).toBe(5000);
  expect(sys.pids[4999]).toBe(5009);
});

test("two processes share their memory, or not", () => {
  const sys = new FakeSys().add({ pid: 42 }, { pid: 43, memoryOf: 42 }, { pid: 44 });
  expect(sys.compareMemory(42, 43)).toBe(0);
  expect(sys.compareMemory(42, 44)).toBe(1);
  expect(sys.compareMemory(42, 45)).toBe(-Errno.ESRCH);
});

test("the clock of start times goes on in suspension, and no other does", () => {
  const sys = new FakeSys();
  sys.wait(500);
  sys.suspendedMs = 60_000;
  expect([sys.nowMs(), sys.bootMs()]).toEqual([500, 1_060_500]);
});

test("a restart does not return", () => {
  const sys = new FakeSys();
  expect(() => sys.restart("BUSTD_RELOAD_FD", "{}", ["-n"])).toThrow(Restarted);
});
