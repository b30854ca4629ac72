import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { decode } from "../../src/readings/text.ts";
import { Signal, Wake } from "../../src/sys/sys.ts";
import { FakeSys, Restarted } from "./fake-sys.ts";

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
    sys.listProcesses();
    expect(sys.nowMs()).toBe(4);
  });

  test("a wait ends with what happens first", () => {
    const sys = new FakeSys().at(30, "pressure").at(30, Signal.SIGHUP).at(500, "pressure-gone");
    expect(sys.wait(-1)).toBe(Wake.PRESSURE | Wake.SIGNAL);
    expect(sys.nowMs()).toBe(30);
    expect(sys.wait(10)).toBe(Wake.SIGNAL);
    expect([sys.nextSignal(), sys.nextSignal()]).toEqual([Signal.SIGHUP, 0]);
    expect(sys.wait(10)).toBe(0);
    expect(sys.wait(-1)).toBe(Wake.PRESSURE_GONE);
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
    sys.watchVictim(first);
    expect(sys.wait(500)).toBe(Wake.VICTIM);
    sys.watchVictim(second);
    expect(sys.wait(500)).toBe(0);
    expect(sys.sendSignal(second, Signal.SIGKILL)).toBe(0);
    expect(sys.wait(500)).toBe(Wake.VICTIM);
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
      return sys.listProcesses();
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

test("a restart does not return", () => {
  const sys = new FakeSys();
  expect(() => sys.restart("BUSTD_RELOAD_FD", "{}", ["-n"])).toThrow(Restarted);
});
