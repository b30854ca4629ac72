import { describe, expect, test } from "bun:test";
import { type Circumstances, endVictims } from "../../src/action/end-victims.ts";
import { Errno } from "../../src/model/errno.ts";
import type { Outcome } from "../../src/model/event.ts";
import { Signal } from "../../src/sys/sys.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import type { PaperProcess } from "../helpers/paper-process.ts";
import { aProcess } from "../helpers/nouns.ts";

interface Story {
  readonly sys: FakeSys;
  readonly outcome: Outcome;
}

/** Ends these processes on a paper kernel that holds them. */
function endAll(
  processes: readonly PaperProcess[],
  changes: Partial<Circumstances> = {},
  sys = new FakeSys(),
): Story {
  sys.add(...processes);
  const victims = processes.map(({ pid }) => aProcess(pid));
  const outcome = endVictims(sys, victims, {
    urgency: "term",
    stuckMs: 10_000,
    cgroupDirectory: () => "",
    group: () => 0,
    isSame: ({ pid }) => sys.isAlive(pid),
    isHard: () => false,
    isStopping: () => true,
    ...changes,
  });
  return { sys, outcome };
}

/** What was done to whom and when, but for releases of memory. */
function done({ calls }: FakeSys): string[] {
  return calls.filter((call) => !call.includes(" release "));
}

function refusing(verb: Parameters<FakeSys["refused"]["set"]>[0], errno: number): FakeSys {
  const sys = new FakeSys();
  sys.refused.set(verb, errno);
  return sys;
}

const GONE = {
  ending: "gone",
  sigkill: false,
  tookMs: 0,
  errno: 0,
  signalled: 1,
  group: 0,
} as const;

describe("one victim", () => {
  test("that ends at SIGTERM", () => {
    const { sys, outcome } = endAll([{ pid: 42, dyingMs: 120 }]);
    expect(done(sys)).toEqual(["0ms SIGTERM 42"]);
    expect(outcome).toEqual({ ...GONE, tookMs: 120 });
  });

  test("that ignores SIGTERM has half a second, then comes SIGKILL", () => {
    const { sys, outcome } = endAll([{ pid: 42, ignoresSigterm: true, dyingMs: 30 }]);
    expect(done(sys)).toEqual(["0ms SIGTERM 42", "500ms SIGKILL 42"]);
    expect(outcome).toEqual({ ...GONE, sigkill: true, tookMs: 530 });
  });

  test("that is not done with SIGTERM in time is killed like one that ignores it", () => {
    const { sys, outcome } = endAll([{ pid: 42, dyingMs: 501 }]);
    expect(done(sys)).toEqual(["0ms SIGTERM 42", "500ms SIGKILL 42"]);
    expect(outcome).toEqual({ ...GONE, sigkill: true, tookMs: 501 });
  });

  test("when memory passes the hard limits while it makes up its mind", () => {
    const sys = new FakeSys();
    const isHard = () => sys.nowMs() >= 100;
    const { outcome } = endAll([{ pid: 42, ignoresSigterm: true }], { isHard }, sys);
    expect(done(sys)).toEqual(["0ms SIGTERM 42", "100ms SIGKILL 42"]);
    expect(outcome).toEqual({ ...GONE, sigkill: true, tookMs: 100 });
  });

  test("when there is no time for SIGTERM", () => {
    const { sys, outcome } = endAll([{ pid: 42, dyingMs: 10 }], { urgency: "kill" });
    expect(done(sys)).toEqual(["0ms SIGKILL 42"]);
    expect(outcome).toEqual({ ...GONE, sigkill: true, tookMs: 10 });
  });

  test("that the kernel does not let us signal", () => {
    const { sys, outcome } = endAll([{ pid: 42, refuses: true }]);
    expect(done(sys)).toEqual(["0ms SIGTERM 42 EPERM"]);
    expect(outcome).toEqual({ ...GONE, ending: "refused", errno: Errno.EPERM, signalled: 0 });
  });

  test("that waits in the kernel is given up 10 s after SIGKILL", () => {
    const { sys, outcome } = endAll([{ pid: 42, stuck: true }]);
    expect(done(sys)).toEqual(["0ms SIGTERM 42", "500ms SIGKILL 42"]);
    expect(outcome).toEqual({ ...GONE, ending: "stuck", sigkill: true, tookMs: 10_500 });
  });

  test("on a kernel that cannot release memory early", () => {
    const sys = refusing("releaseMemory", Errno.ENOSYS);
    const { outcome } = endAll([{ pid: 42, dyingMs: 60 }], { urgency: "kill" }, sys);
    expect(outcome).toEqual({ ...GONE, sigkill: true, tookMs: 60 });
  });
});

describe("a pid that is not the victim's any more", () => {
  test("gone before its pidfd is opened", () => {
    const { sys, outcome } = endAll([{ pid: 42, endsAtMs: 0 }]);
    expect(done(sys)).toEqual([]);
    expect(outcome).toEqual({ ...GONE, ending: "gone-before", signalled: 0 });
  });

  test("used by another process by now: nobody is signalled", () => {
    const { sys, outcome } = endAll([{ pid: 42 }], { isSame: () => false });
    expect(done(sys)).toEqual([]);
    expect(outcome.ending).toBe("gone-before");
  });

  test("is compared only after the pidfd holds it", () => {
    const sys = new FakeSys();
    endAll([{ pid: 42 }], { isSame: () => [...sys.open.values()].includes("pidfd 42") }, sys);
    expect(done(sys)).toEqual(["0ms SIGTERM 42"]);
  });

  test("gone between the pidfd and the signal", () => {
    const sys = new FakeSys();
    const isSame = () => {
      sys.add({ pid: 42, endsAtMs: 0 });
      return true;
    };
    const { outcome } = endAll([{ pid: 42 }], { isSame }, sys);
    expect(done(sys)).toEqual(["0ms SIGTERM 42 ESRCH"]);
    expect(outcome).toEqual(GONE);
  });
});

describe("before Linux 5.3 there are no pidfds", () => {
  test("the pid itself is signalled, and asked for", () => {
    const sys = refusing("openPidfd", Errno.ENOSYS);
    const { outcome } = endAll([{ pid: 42, ignoresSigterm: true, dyingMs: 30 }], {}, sys);
    expect(done(sys)).toEqual(["0ms SIGTERM pid 42", "500ms SIGKILL pid 42"]);
    expect(outcome).toEqual({ ...GONE, sigkill: true, tookMs: 540 });
  });

  test("a pid that another process uses while we wait is not signalled again", () => {
    const sys = refusing("openPidfd", Errno.ENOSYS);
    const isSame = () => sys.nowMs() < 100;
    const { outcome } = endAll([{ pid: 42, ignoresSigterm: true }], { isSame }, sys);
    expect(done(sys)).toEqual(["0ms SIGTERM pid 42"]);
    expect(outcome).toEqual({ ...GONE, tookMs: 100 });
  });
});

describe("several victims", () => {
  test("are all signalled first, and all waited for", () => {
    const { sys, outcome } = endAll([
      { pid: 42, dyingMs: 30 },
      { pid: 43, dyingMs: 200 },
      { pid: 44, dyingMs: 10 },
    ]);
    expect(done(sys)).toEqual(["0ms SIGTERM 42", "0ms SIGTERM 43", "0ms SIGTERM 44"]);
    expect(outcome).toEqual({ ...GONE, tookMs: 200, signalled: 3 });
  });

  test("one that lingers is killed half a second after the first signal, not its turn", () => {
    const { sys, outcome } = endAll([
      { pid: 42, dyingMs: 400 },
      { pid: 43, ignoresSigterm: true },
    ]);
    expect(done(sys).slice(2)).toEqual(["500ms SIGKILL 42 ESRCH", "500ms SIGKILL 43"]);
    expect(outcome).toEqual({ ...GONE, sigkill: true, tookMs: 500, signalled: 2 });
  });

  test("one that may not be signalled is not waited for", () => {
    const { sys, outcome } = endAll([
      { pid: 42, refuses: true },
      { pid: 43, dyingMs: 50 },
    ]);
    expect(done(sys)).toEqual(["0ms SIGTERM 42 EPERM", "0ms SIGTERM 43"]);
    expect(outcome).toEqual({ ...GONE, tookMs: 50 });
  });

  test("none of whom may be signalled", () => {
    const { outcome } = endAll([
      { pid: 42, refuses: true },
      { pid: 43, refuses: true },
    ]);
    expect(outcome).toMatchObject({ ending: "refused", errno: Errno.EPERM });
  });

  test("one of whom may not be signalled while the other was gone already", () => {
    const sys = new FakeSys();
    const isSame = ({ pid }: { readonly pid: number }) => {
      sys.add({ pid: 42, endsAtMs: 0 });
      return pid > 0;
    };
    const { outcome } = endAll([{ pid: 42 }, { pid: 43, refuses: true }], { isSame }, sys);
    expect(outcome).toMatchObject({ ending: "refused", errno: Errno.EPERM });
  });

  test("a whole cgroup is killed in one write, with whoever was born meanwhile", () => {
    const cgroup = "/user.slice/storm.scope";
    const { sys, outcome } = endAll([{ pid: 42, cgroup }], {
      urgency: "kill",
      cgroupDirectory: () => `/sys/fs/cgroup${cgroup}`,
    });
    expect(sys.calls[0]).toBe(`0ms write /sys/fs/cgroup${cgroup}/cgroup.kill 1`);
    expect(outcome).toMatchObject({ ending: "gone", sigkill: true });
  });

  test("a cgroup is left alone when its chosen member is gone", () => {
    const { sys } = endAll([{ pid: 42, endsAtMs: 0 }], {
      urgency: "kill",
      cgroupDirectory: () => "/sys/fs/cgroup/storm.scope",
    });
    expect(done(sys)).toEqual([]);
  });

  test("a cgroup has its half second like everybody else", () => {
    const directory = "/sys/fs/cgroup/storm.scope";
    const { sys } = endAll([{ pid: 42, cgroup: "/storm.scope", ignoresSigterm: true }], {
      cgroupDirectory: () => directory,
    });
    expect(done(sys).slice(0, 2)).toEqual([
      "0ms SIGTERM 42",
      `500ms write ${directory}/cgroup.kill 1`,
    ]);
  });
});

describe("told to stop while a victim is dying", () => {
  test.each([
    ["before SIGKILL", 200, { ignoresSigterm: true }],
    ["after SIGKILL", 3000, { stuck: true }],
  ])("%s it comes back at once", (_name, atMs, process) => {
    const sys = new FakeSys().at(atMs, Signal.SIGTERM);
    const { outcome } = endAll([{ pid: 42, ...process }], {}, sys);
    expect(outcome).toMatchObject({ ending: "interrupted", tookMs: atMs });
    expect(sys.nextSignal()).toBe(Signal.SIGTERM);
  });
});

describe("whatever happens", () => {
  const stories: readonly PaperProcess[][] = [
    [],
    [{ pid: 42 }],
    [{ pid: 42, refuses: true }],
    [{ pid: 42, stuck: true }],
    [{ pid: 42, endsAtMs: 0 }],
    [{ pid: 42, ignoresSigterm: true }, { pid: 43, refuses: true }, { pid: 44 }],
  ];
  test.each(stories)("every pidfd is closed again and no victim is watched %#", (...processes) => {
    const { sys } = endAll(processes);
    expect([...sys.open.values()]).toEqual([]);
    const before = sys.nowMs();
    expect(sys.wait(5)).toBe(0);
    expect(sys.nowMs()).toBe(before + 5);
  });

  test("one's memory is released right after a signal, and never that of several", () => {
    for (const processes of stories) {
      const { calls } = endAll(processes).sys;
      for (const call of calls.filter((text) => text.includes(" release "))) {
        const [, pid] = / release (\d+)/.exec(call) ?? [];
        const signalled = calls.findIndex((text) => text.endsWith(` ${pid}`));
        expect(signalled).toBeWithin(0, calls.indexOf(call));
      }
      if (processes.length > 1) {
        expect(calls.filter((text) => text.includes(" release "))).toEqual([]);
        continue;
      }
      for (const [, atMs, pid] of calls.flatMap((call) => [
        /^(\d+)ms SIG(?:TERM|KILL) (\d+)$/.exec(call) ?? [],
      ])) {
        const release = calls.find((call) => call.startsWith(`${atMs}ms release ${pid}`));
        expect(atMs === undefined || release !== undefined).toBe(true);
      }
    }
  });
});

test("a group is signalled whole with SIGKILL, and never with SIGTERM", () => {
  const group = () => 9;
  const processes = [{ pid: 42, pgid: 9 }];
  const killed = endAll(processes, { urgency: "kill", group });
  expect(killed.sys.calls.some((call) => call.includes("group 9"))).toBe(true);
  expect(killed.outcome.group).toBe(9);
  const asked = endAll(processes, { group });
  expect(asked.sys.calls.some((call) => call.includes("group 9"))).toBe(false);
  expect(asked.outcome.group).toBe(0);
});
