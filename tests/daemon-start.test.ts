import { describe, expect, test } from "bun:test";
import { Errno } from "../src/model/errno.ts";
import { ExitCode } from "../src/model/exit-codes.ts";
import { Signal } from "../src/sys/sys.ts";
import { FakeSys, Restarted } from "./helpers/fake-sys.ts";
import { eventsOf, memoryAt, watch } from "./helpers/watch.ts";

const PRESSURE = "/proc/pressure/memory";

describe("at start", () => {
  test("it says who it is, what wakes it and what makes it act, and then that it is ready", () => {
    const sys = new FakeSys();
    const watched = watch(sys, 1000, {}, { notifySocket: "/run/notify" });
    expect(watched.log).toEqual([
      "0ms started",
      "0ms trigger",
      "0ms watching",
      "0ms locked",
      "1000ms stopped",
    ]);
    expect(eventsOf(watched, "started")[0]).toMatchObject({ version: "1.2.3", host: "paper" });
    expect(sys.datagrams[0]).toBe("/run/notify READY=1");
    expect(sys.datagrams.at(-1)).toBe("/run/notify STOPPING=1");
  });

  test("the command that started it hears that it is up", () => {
    const sys = new FakeSys();
    const readyFd = sys.openToRead("/proc/meminfo");
    watch(sys, 1000, {}, { readyFd });
    expect(sys.written).toEqual(["up"]);
    expect(sys.open.has(readyFd)).toBe(false);
  });

  test("signals are watched before anything can be left behind", () => {
    const sys = new FakeSys().at(0, Signal.SIGTERM);
    const watched = watch(sys, 1000, {}, { pidFile: "/run/bustd.pid" });
    expect(watched.log.at(-1)).toBe("0ms stopped");
    expect(sys.calls.at(-1)).toBe("0ms remove /run/bustd.pid");
  });

  test("its own pid file is held, and removed at the end", () => {
    const sys = new FakeSys();
    watch(sys, 1000, {}, { pidFile: "/run/bustd.pid" });
    expect(sys.calls[0]).toBe("0ms hold /run/bustd.pid");
    expect(sys.calls.at(-1)).toBe("1000ms remove /run/bustd.pid");
  });

  test("one that it held before it started itself again stays as it is, and is removed", () => {
    const sys = new FakeSys();
    sys.refused.set("holdPidFile", Errno.EAGAIN);
    watch(sys, 1000, {}, { pidFile: "/run/bustd.pid", pidFileFd: 7, isRenewed: true });
    expect(sys.calls.some((call) => call.includes("hold"))).toBe(false);
    expect(sys.calls.at(-1)).toBe("1000ms remove /run/bustd.pid");
  });

  test.each([
    [Errno.EAGAIN, "another bustd is running", ExitCode.alreadyRunning],
    [Errno.EACCES, "permission is denied", ExitCode.notStarted],
  ])(
    "a pid file that cannot be held, error %d, ends it with a sentence",
    (errno, because, code) => {
      const sys = new FakeSys();
      sys.refused.set("holdPidFile", errno);
      const readyFd = sys.openToRead("/proc/meminfo");
      const inherited = { pidFile: "/run/bustd.pid", readyFd };
      const watched = watch(sys, 1000, { daemonize: true }, inherited);
      expect(watched.code).toBe(code);
      expect(watched.log).toEqual(["0ms problem"]);
      expect(eventsOf(watched, "problem")[0]?.sentence).toContain(because);
      // Said to who waits as well; the other one's file is left alone.
      expect(sys.written[0]).toContain(because);
      expect(sys.calls.filter((call) => call.includes("remove"))).toEqual([]);
    },
  );

  test("in the foreground it needs no place for a pid file, but is no second daemon", () => {
    const codes = [Errno.EACCES, Errno.EAGAIN].map((errno) => {
      const sys = new FakeSys();
      sys.refused.set("holdPidFile", errno);
      const watched = watch(sys, 1000, {}, { pidFile: "/run/bustd.pid" });
      return [watched.code, eventsOf(watched, "no-pid-file")[0]?.errno];
    });
    expect(codes).toEqual([
      [ExitCode.ok, Errno.EACCES],
      [ExitCode.alreadyRunning, undefined],
    ]);
    expect(eventsOf(watch(new FakeSys(), 1000), "no-pid-file")).toEqual([]);
  });

  test("it goes first when processors are scarce; where it may not, it goes on", () => {
    const sys = new FakeSys();
    expect(watch(sys, 1000).code).toBe(ExitCode.ok);
    expect(sys.calls).toContain("0ms priority");
    const unprivileged = new FakeSys();
    unprivileged.refused.set("raisePriority", Errno.EACCES);
    expect(watch(unprivileged, 1000).code).toBe(ExitCode.ok);
  });

  test("memory that cannot be locked is a warning", () => {
    const sys = new FakeSys();
    sys.refused.set("lockMemory", Errno.ENOMEM);
    expect(watch(sys, 1000).log).toContain("0ms not-locked");
  });
});

describe("stalls", () => {
  test("a kernel that allows windows of 2 s only is asked for those", () => {
    const sys = new FakeSys();
    const asked: string[] = [];
    sys.watchPressure = (stallUs, windowUs) => {
      asked.push(`${stallUs}/${windowUs}`);
      return windowUs % 2_000_000 === 0 ? 0 : -Errno.EINVAL;
    };
    const watched = watch(sys, 1000);
    expect(asked).toHaveLength(2);
    expect(eventsOf(watched, "trigger")).toMatchObject([{ windowMs: 2000 }]);
  });

  test("a kernel that wakes nobody leaves the clock", () => {
    const sys = new FakeSys();
    sys.refused.set("watchPressure", Errno.EINVAL);
    const watched = watch(sys, 1000);
    expect(eventsOf(watched, "no-trigger")).toEqual([{ kind: "no-trigger", errno: Errno.EINVAL }]);
  });

  test.each([Errno.ENOENT, Errno.EOPNOTSUPP])(
    "no PSI, error %d: said, and done without",
    (errno) => {
      const sys = new FakeSys().add({ pid: 42, oomScore: 900 });
      sys.files.set(PRESSURE, -errno);
      sys.machine = (machine) => memoryAt(machine.isAlive(42) && machine.atMs > 500 ? 8 : 80);
      const watched = watch(sys, 30_000);
      expect(eventsOf(watched, "no-pressure")).toEqual([{ kind: "no-pressure", errno }]);
      expect(eventsOf(watched, "trigger")).toEqual([]);
      expect(watched.signals).toHaveLength(1);
    },
  );
});

test("a start that gives up tells who waits for it why, and leaves no pid file", () => {
  const sys = new FakeSys();
  const readyFd = sys.openToRead("/proc/meminfo");
  sys.refused.set("openToRead", Errno.EMFILE);
  const watched = watch(sys, 1000, {}, { pidFile: "/run/bustd.pid", readyFd });
  expect(watched.code).toBe(ExitCode.notStarted);
  expect(sys.written[0]).toStartWith("descriptors for a kill cannot be had");
  expect(sys.calls).toContain("0ms remove /run/bustd.pid");
});

describe("while it runs", () => {
  test("the watchdog hears of it in time, asleep and awake", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 128e6, availableKib: 120e6, freeKib: 110e6 };
    watch(sys, 60_000, {}, { watchdogMs: 1500, notifySocket: "@watch" });
    expect(Math.max(...sys.waits)).toBeLessThan(1500);
    const pings = sys.datagrams.filter((text) => text === "@watch WATCHDOG=1");
    expect(pings.length).toBeGreaterThanOrEqual(40);
  });

  test("the watchdog hears of it in time where only glances are taken", () => {
    const sys = new FakeSys();
    sys.machine = memoryAt(15);
    const pings: number[] = [];
    const send = sys.sendDatagram.bind(sys);
    sys.sendDatagram = (socket, text) => {
      pings.push(sys.atMs);
      return send(socket, text);
    };
    watch(sys, 60_000, {}, { watchdogMs: 1500, notifySocket: "@watch" });
    const gaps = pings.slice(1).map((atMs, i) => atMs - (pings[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1500);
  });

  test("the watchdog is not woken at each look of a crisis", () => {
    const sys = new FakeSys().add({ pid: 42, rssKib: 800_000, stuck: true });
    sys.machine = memoryAt(8);
    watch(sys, 10_000, {}, { watchdogMs: 15_000, notifySocket: "@watch" });
    expect(sys.datagrams.filter((text) => text === "@watch WATCHDOG=1")).toHaveLength(3);
  });

  test("it tells every look when asked to, and none otherwise", () => {
    const loud = watch(new FakeSys(), 60_000, { verbose: true });
    expect(eventsOf(loud, "look").length).toBeGreaterThan(5);
    expect(eventsOf(watch(new FakeSys(), 60_000), "look")).toEqual([]);
  });

  test("stalls wake it before its time", () => {
    const sys = new FakeSys();
    sys.machine = { totalKib: 128e6, availableKib: 120e6, freeKib: 110e6 };
    sys.at(3333, "pressure");
    const watched = watch(sys, 60_000, { verbose: true });
    const looks = watched.reported.filter(({ event }) => event.kind === "look");
    expect(looks.map(({ atMs }) => atMs)).toContain(3333);
  });

  test("a trigger that is lost is said, and the clock goes on", () => {
    const sys = new FakeSys().at(500, "pressure-gone");
    expect(watch(sys, 2000).log).toContain("500ms pressure-lost");
  });
});

describe("SIGHUP", () => {
  test("starts the program again, with the options it has in case the new ones are wrong", () => {
    const sys = new FakeSys().at(500, Signal.SIGHUP);
    const readyFd = sys.openToRead("/proc/meminfo");
    const options = { psiPercent: 33, argv: ["-p", "33"] };
    let restarted: Restarted | null = null;
    try {
      watch(sys, 1000, options, { notifySocket: "/n", readyFd });
    } catch (error) {
      restarted = error as Restarted;
    }
    expect(restarted).toBeInstanceOf(Restarted);
    expect(restarted).toMatchObject({ as: "BUSTD_RELOAD_FD", argv: ["-p", "33"] });
    expect(JSON.parse(restarted?.content ?? "")).toMatchObject({
      options: { psiPercent: 33 },
      inheritance: { readyFd: -1, isRenewed: false, notifySocket: "/n" },
    });
    expect(sys.datagrams.at(-1)).toBe("/n RELOADING=1\nMONOTONIC_USEC=500000");
  });

  test("that fails leaves the daemon running as it was", () => {
    const sys = new FakeSys().at(500, Signal.SIGHUP);
    sys.refused.set("restart", Errno.ENOMEM);
    expect(watch(sys, 1000).log.slice(-3)).toEqual([
      "500ms reloading",
      "500ms problem",
      "1000ms stopped",
    ]);
  });

  test.each([
    [Signal.SIGHUP, Signal.SIGTERM],
    [Signal.SIGTERM, Signal.SIGHUP],
  ])("together with SIGTERM, the end wins: %p, %p", (first, second) => {
    const sys = new FakeSys().at(500, first).at(500, second);
    const { log } = watch(sys, 1000);
    expect(log.at(-1)).toBe("500ms stopped");
    expect(log).not.toContain("500ms reloading");
  });
});
