import { describe, expect, test } from "bun:test";
import { Errno } from "../src/model/errno.ts";
import { ExitCode } from "../src/model/exit-codes.ts";
import type { Rule } from "../src/model/options.ts";
import { Signal } from "../src/sys/sys.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import type { PaperProcess } from "./helpers/paper-process.ts";
import { eventsOf, memoryAt, watch } from "./helpers/watch.ts";

const HOG: PaperProcess = { pid: 42, comm: "hog", oomScore: 900, rssKib: 800_000, dyingMs: 40 };
const EDITOR: PaperProcess = { pid: 43, comm: "editor", oomScore: 700, rssKib: 80_000 };
const INIT: PaperProcess = { pid: 1, comm: "init", ppid: 0, oomScore: 0, rssKib: 9000 };

/** Memory is used up from this time on for as long as one of these lives. */
function machineWith(fromMs: number, ...guilty: readonly PaperProcess[]): FakeSys {
  const sys = new FakeSys().add(INIT, HOG, EDITOR);
  sys.add(...guilty);
  sys.machine = (machine) => {
    const isUsedUp = guilty.some(({ pid }) => machine.isAlive(pid)) && machine.atMs >= fromMs;
    return memoryAt(isUsedUp ? 8 : 80);
  };
  return sys;
}

describe("a hog", () => {
  test("is killed by SIGTERM; nobody else is, and all of it is reported", () => {
    const watched = watch(machineWith(3000, HOG), 30_000);
    expect(watched.signals).toHaveLength(1);
    expect(watched.signals[0]).toEndWith(" SIGTERM 42");
    const [killing, killed] = [eventsOf(watched, "killing"), eventsOf(watched, "killed")];
    expect(killing).toHaveLength(1);
    expect(killing[0]).toMatchObject({
      dryRun: false,
      verdict: { rule: "exhaustion", urgency: "term" },
      selection: { victims: [{ process: { pid: 42 } }], next: { process: { pid: 43 } } },
    });
    expect(killed).toHaveLength(1);
    expect(killed[0]).toMatchObject({
      availablePercent: 80,
      outcome: { ending: "gone", sigkill: false, tookMs: 40 },
    });
    expect(watched.code).toBe(ExitCode.ok);
  });

  test("that ignores SIGTERM is killed half a second later", () => {
    const sys = machineWith(0, { ...HOG, ignoresSigterm: true });
    expect(watch(sys, 10_000).signals).toEqual(["0ms SIGTERM 42", "500ms SIGKILL 42"]);
  });

  test("is killed at once when memory is past the hard limits", () => {
    const sys = machineWith(0, HOG);
    sys.machine = (machine) => memoryAt(machine.isAlive(42) ? 3 : 80);
    expect(watch(sys, 10_000).signals).toEqual(["0ms SIGKILL 42"]);
  });

  test("is killed as soon as memory passes the hard limits while it makes up its mind", () => {
    const sys = machineWith(0, { ...HOG, ignoresSigterm: true });
    sys.machine = (machine) => {
      const percent = machine.atMs < 100 ? 8 : 3;
      return memoryAt(machine.isAlive(42) ? percent : 80);
    };
    expect(watch(sys, 10_000).signals).toEqual(["0ms SIGTERM 42", "100ms SIGKILL 42"]);
  });

  test("that is protected lives on, whoever else must go", () => {
    const rules: readonly Rule[] = [
      {
        origin: "-u",
        match: { comm: [{ kind: "glob", source: "h?g" }] },
        effect: { kind: "protect" },
      },
    ];
    const { signals } = watch(machineWith(0, HOG), 5000, { rules });
    expect(signals.filter((call) => call.includes("42"))).toEqual([]);
    expect(signals[0]).toBe("0ms SIGTERM 43");
  });

  test("and its group, when that is asked for", () => {
    const helper = { pid: 44, comm: "helper", pgid: 42, oomScore: 667 };
    const sys = machineWith(0, { ...HOG, pgid: 42 }).add(helper);
    const { signals } = watch(sys, 5000, { scope: "process-group" });
    expect(signals).toEqual(["0ms SIGTERM 42", "0ms SIGTERM 44"]);
  });

  test("and its group, however many other processes are larger than the rest of it", () => {
    const crowd = Array.from({ length: 200 }, (_item, i) => ({ pid: 100 + i, oomScore: 690 + i }));
    const helper = { pid: 44, comm: "helper", pgid: 42, oomScore: 667 };
    const sys = machineWith(0, { ...HOG, pgid: 42 }).add(helper, ...crowd);
    const { signals } = watch(sys, 5000, { scope: "process-group" });
    expect(signals).toEqual(["0ms SIGTERM 42", "0ms SIGTERM 44"]);
  });
});

describe("whole cgroups", () => {
  const cgroup = "/user.slice/app.scope";
  const write = `write /sys/fs/cgroup${cgroup}/cgroup.kill 1`;

  test("are killed in one write when SIGKILL cannot wait", () => {
    const sys = machineWith(0, { ...HOG, cgroup }).add({ pid: 44, cgroup });
    sys.machine = (machine) => memoryAt(machine.isAlive(42) ? 3 : 80);
    watch(sys, 5000, { scope: "cgroup" });
    expect(sys.calls).toContain(`0ms ${write}`);
    expect([42, 43, 44].map((pid) => sys.isAlive(pid))).toEqual([false, true, false]);
  });

  const neighbours: readonly (readonly [string, PaperProcess])[] = [
    ["one of adj -1000", { pid: 45, cgroup, oomScoreAdj: -1000, oomScore: 0 }],
    ["a protected one", { pid: 45, cgroup, comm: "sshd", oomScore: 0 }],
    ["ourselves", { pid: 999, cgroup }],
    ["init", { ...INIT, cgroup }],
    ["one below it", { pid: 45, cgroup: `${cgroup}/payload`, comm: "sshd", oomScore: 0 }],
  ];
  test.each(neighbours)("%s in it is not killed by that write", (_name, neighbour) => {
    const sys = machineWith(0, { ...HOG, cgroup }).add(neighbour);
    sys.machine = (machine) => memoryAt(machine.isAlive(42) ? 3 : 80);
    const rules: readonly Rule[] = [
      {
        origin: "-u",
        match: { comm: [{ kind: "glob", source: "sshd" }] },
        effect: { kind: "protect" },
      },
    ];
    watch(sys, 5000, { scope: "cgroup", rules });
    expect([42, neighbour.pid].map((pid) => sys.isAlive(pid))).toEqual([false, true]);
  });
});

describe("nobody dies", () => {
  test("while half of memory is available, and the daemon sleeps", () => {
    const sys = new FakeSys().add(HOG, EDITOR);
    const { signals, log } = watch(sys, 600_000);
    expect(signals).toEqual([]);
    expect(log.map((line) => line.split(" ")[1])).toEqual([
      "started",
      "trigger",
      "watching",
      "locked",
      "stopped",
    ]);
    expect(sys.waits.length).toBeLessThan(2000);
  });

  test("when memory came back while a victim was chosen", () => {
    const sys = new FakeSys().add(HOG, EDITOR);
    let isChosen = false;
    sys.machine = () => memoryAt(isChosen ? 50 : 8);
    sys.files.set("/proc/42/oom_score", () => {
      isChosen = true;
      return "900\n";
    });
    const watched = watch(sys, 5000);
    expect(watched.signals).toEqual([]);
    expect(eventsOf(watched, "recovered")).toHaveLength(1);
  });

  test("in a dry run, which says once whom it would kill, and again after memory came back", () => {
    const sys = machineWith(0, HOG);
    const watched = watch(sys, 400_000, { dryRun: true });
    expect(watched.signals).toEqual([]);
    expect(eventsOf(watched, "killing").map(({ dryRun }) => dryRun)).toEqual([true]);
    expect(eventsOf(watched, "killed")).toEqual([]);
    const twice = new FakeSys().add(INIT, HOG, EDITOR);
    twice.machine = ({ atMs }) => memoryAt(atMs > 30_000 && atMs < 60_000 ? 50 : 8);
    expect(eventsOf(watch(twice, 100_000, { dryRun: true }), "killing")).toHaveLength(2);
  });

  test("in a dry run, and again after much was free", () => {
    const sys = new FakeSys().add({ pid: 42, rssKib: 800_000 });
    sys.machine = ({ atMs }) => memoryAt(atMs > 30_000 && atMs < 60_000 ? 90 : 8);
    expect(eventsOf(watch(sys, 100_000, { dryRun: true }), "killing")).toHaveLength(2);
  });

  test("in a dry run, which says when it would be another process, or SIGKILL", () => {
    const sys = new FakeSys().add(INIT, HOG, EDITOR);
    sys.at(30_000, () => sys.change(43, { oomScore: 950 }));
    sys.machine = ({ atMs }) => memoryAt(atMs < 60_000 ? 8 : 4);
    const said = eventsOf(watch(sys, 100_000, { dryRun: true }), "killing");
    expect(
      said.map(({ selection, verdict }) => [selection.victims[0]?.process.pid, verdict.urgency]),
    ).toEqual([
      [42, "term"],
      [43, "term"],
      [43, "kill"],
    ]);
  });

  /** A hog that goes on into swap while all stall, with something left still. */
  function leakingMachine(): FakeSys {
    const sys = new FakeSys().add({ ...HOG, oomScore: 700, rssKib: 10_000 }, EDITOR);
    const swapKib = (atMs: number) => Math.max(0, Math.min(60 * (atMs - 3000), 500_000));
    const tookKib = (atMs: number) => Math.min(100 * atMs, 300_000) + swapKib(atMs);
    for (let atMs = 0; atMs < 25_000; atMs += 100) {
      sys.at(atMs, () => sys.change(42, { rssKib: 10_000 + tookKib(atMs) }));
    }
    sys.machine = ({ atMs }) =>
      memoryAt(Math.max(8, 38 - atMs / 100), {
        swapTotalKib: 1_000_000,
        swapFreeKib: 600_000 - swapKib(atMs),
        someTotalUs: 600 * atMs,
        evicted: 10 * atMs,
        allocStalls: atMs,
      });
    return sys;
  }

  test("in a dry run of a leak either, and it is not said at every look", () => {
    const watched = watch(leakingMachine(), 25_000, { dryRun: true });
    const rules = eventsOf(watched, "killing").map(({ verdict }) => verdict.rule);
    expect(rules[0]).toBe("leak");
    expect(rules.length).toBeLessThanOrEqual(3);
    expect(watched.signals).toEqual([]);
    expect(watch(leakingMachine(), 25_000).signals[0]).toEndWith(" SIGTERM 42");
  });

  test("when nobody may, which is said once a minute at most", () => {
    const sys = new FakeSys().add(INIT, { ...HOG, oomScoreAdj: -1000, oomScore: 0 });
    sys.machine = memoryAt(3);
    const watched = watch(sys, 130_000);
    expect(watched.signals).toEqual([]);
    expect(eventsOf(watched, "nobody")).toHaveLength(3);
  });

  test("when the process is another one by the time it is signalled", () => {
    const sys = machineWith(0, HOG);
    let reads = 0;
    const other = { ...HOG, startMs: 5000, oomScore: 1 };
    sys.files.set("/proc/42/oom_score_adj", () => {
      reads++;
      sys.add(other);
      sys.files.delete("/proc/42/oom_score_adj");
      return "0\n";
    });
    sys.machine = memoryAt(8);
    const watched = watch(sys, 50);
    expect(reads).toBe(1);
    expect(watched.signals.filter((call) => call.startsWith("0ms "))).toEqual([]);
    expect(eventsOf(watched, "killed")[0]?.outcome.ending).toBe("gone-before");
  });
});

describe("one that cannot be killed", () => {
  test("is left out, and the next best goes at the next look", () => {
    const sys = machineWith(0, { ...HOG, refuses: true }, EDITOR);
    sys.machine = (machine) => memoryAt(machine.isAlive(43) ? 8 : 80);
    const watched = watch(sys, 30_000);
    expect(watched.signals).toEqual([
      "0ms SIGTERM 42 EPERM",
      "0ms SIGTERM pid 42 EPERM",
      "20ms SIGTERM 43",
    ]);
    expect(eventsOf(watched, "killed").map(({ outcome }) => outcome.ending)).toEqual([
      "refused",
      "gone",
    ]);
  });

  test("is tried again when a minute has passed", () => {
    const sys = machineWith(0, { ...HOG, refuses: true });
    sys.machine = memoryAt(8);
    const { signals } = watch(sys, 70_000);
    const times = signals
      .filter((call) => call.includes("SIGTERM 42 "))
      .map((call) => parseInt(call, 10));
    expect(times).toHaveLength(2);
    expect(times[1]).toBeWithin(60_000, 61_500);
  });
});

describe("told to stop", () => {
  test.each([Signal.SIGTERM, Signal.SIGINT])("by signal %d it is gone at once", (signal) => {
    const sys = new FakeSys().at(1234, signal);
    const watched = watch(sys, 60_000, {}, { pidFile: "/run/bustd.pid" });
    expect(watched.code).toBe(ExitCode.ok);
    expect(watched.log.at(-1)).toBe("1234ms stopped");
    expect(sys.calls.at(-1)).toBe("1234ms remove /run/bustd.pid");
  });

  test.each([200, 2000])("while a victim is dying, after %d ms", (atMs) => {
    const sys = machineWith(0, { ...HOG, stuck: true }).at(atMs, Signal.SIGTERM);
    const watched = watch(sys, 60_000);
    expect(watched.log.slice(-2)).toEqual([`${atMs}ms killed`, `${atMs}ms stopped`]);
    expect(eventsOf(watched, "killed")[0]?.outcome.ending).toBe("interrupted");
  });

  test("it leaves no pidfd behind", () => {
    const sys = machineWith(0, { ...HOG, stuck: true });
    watch(sys, 200);
    expect([...sys.open.values()].filter((what) => what.startsWith("pidfd"))).toEqual([]);
  });

  test("EINTR and the like do not end it", () => {
    const sys = new FakeSys().at(100, "pressure").at(200, "pressure-gone");
    sys.refused.set("write", Errno.EAGAIN);
    const watched = watch(sys, 1000);
    expect(watched.log.slice(-2)).toEqual(["200ms pressure-lost", "1000ms stopped"]);
  });
});
