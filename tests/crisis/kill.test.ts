import { describe, expect, test } from "bun:test";
import { begin, tend } from "../../src/crisis/kill.ts";
import { Errno } from "../../src/model/errno.ts";
import * as limits from "../../src/model/limits.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import {
  ALONE,
  GRACE_MS,
  kill,
  refusing,
  releasesOf,
  standing,
  victimsOf,
} from "../helpers/kill.ts";
import { aProcess } from "../helpers/nouns.ts";
import { signalsOf } from "../helpers/watch.ts";

describe("one victim", () => {
  test("that ends at SIGTERM is seen to be gone at once", () => {
    const { ending, sys, tookMs } = kill([{ pid: 42, dyingMs: 127 }]);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42"]);
    expect([ending, tookMs]).toEqual(["gone", 127]);
  });

  test("that ends before the first look after the signal as well", () => {
    expect(kill([{ pid: 42, dyingMs: 3 }])).toMatchObject({ ending: "gone", tookMs: 3 });
  });

  test.each([
    [{ ignoresSigterm: true, dyingMs: 30 }, 500, 500, 530],
    [{ ignoresSigterm: true, dyingMs: 30 }, 3000, 3000, 3030],
    [{ dyingMs: 507 }, 500, 500, 507],
  ])("%j has %d ms, then comes SIGKILL", (changes, graceMs, sigkillMs, goneMs) => {
    const { ending, sys, tookMs } = kill([{ pid: 42, ...changes }], { graceMs });
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42", `${sigkillMs}ms SIGKILL 42`]);
    expect([ending, tookMs]).toEqual(["gone", goneMs]);
  });

  /** A victim of 1 GiB that ends after a while, and gives back so much until then. */
  function givingBack(kibPerS: number, dyingMs: number, isHard = () => false) {
    const sys = new FakeSys();
    for (let ms = 100; ms < dyingMs; ms += 100) {
      sys.at(ms, () => sys.change(42, { rssKib: 2 ** 20 - (kibPerS * ms) / 1000 }));
    }
    const victim = { pid: 42, rssKib: 2 ** 20, ignoresSigterm: true, endsAtMs: dyingMs };
    return kill([victim], { isHard }, sys);
  }

  test("has longer while it gives back memory: SIGKILL would spoil an orderly end", () => {
    const { ending, sys, tookMs } = givingBack(600_000, 1700);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42"]);
    expect([ending, tookMs]).toEqual(["gone", 1700]);
  });

  test("has no longer when it gives back next to nothing, or when there is no time", () => {
    const least = (limits.GIVING_BACK_SHARE * 2 ** 20) / (GRACE_MS / 1000);
    expect(signalsOf(givingBack(least * 0.9, 1700).sys)[1]).toBe("500ms SIGKILL 42");
    expect(signalsOf(givingBack(600_000, 1700, () => true).sys)[1]).toBe("20ms SIGKILL 42");
  });

  test("gives nothing back while it is merely swapped out, or pages of files are evicted", () => {
    const sys = new FakeSys();
    for (let ms = 100; ms < 2000; ms += 100) {
      const less = { rssKib: 2 ** 20 - 400 * ms, swapKib: 300 * ms, fileKib: 2 ** 18 - 100 * ms };
      sys.at(ms, () => sys.change(42, less));
    }
    const victim = { pid: 42, rssKib: 2 ** 20, fileKib: 2 ** 18, ignoresSigterm: true };
    kill([victim], {}, sys);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42", "500ms SIGKILL 42"]);
  });

  test("gets SIGKILL when it goes on with less", () => {
    const sys = new FakeSys();
    sys.at(300, () => sys.change(42, { rssKib: 2 ** 19 }));
    kill([{ pid: 42, rssKib: 2 ** 20, ignoresSigterm: true }], {}, sys);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42", "1000ms SIGKILL 42"]);
  });

  test("gets SIGKILL as soon as memory passes the hard limits", () => {
    const isHard = (nowMs: number) => nowMs >= 100;
    const { sys, tookMs } = kill([{ pid: 42, ignoresSigterm: true }], { isHard });
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42", "100ms SIGKILL 42"]);
    expect(tookMs).toBe(100);
  });

  test("gets SIGKILL first when that cannot wait, and only once", () => {
    const told = kill([{ pid: 42, dyingMs: 700 }], { urgency: "kill", isHard: () => true });
    expect(signalsOf(told.sys)).toEqual(["0ms SIGKILL 42"]);
    expect(told.tookMs).toBe(700);
  });

  test("that the kernel does not let us signal", () => {
    const { ending, kill: refused, sys } = kill([{ pid: 42, refuses: true }]);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42 EPERM", "0ms SIGTERM pid 42 EPERM"]);
    expect([ending, refused.errno, refused.signalled]).toEqual(["refused", Errno.EPERM, 0]);
  });

  test("that waits in the kernel is given up 10 s after SIGKILL", () => {
    const { ending, sys, tookMs } = kill([{ pid: 42, stuck: true }]);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42", "500ms SIGKILL 42"]);
    expect([ending, tookMs]).toEqual(["stuck", GRACE_MS + limits.STUCK_MS]);
  });
});

describe("a pid that is not the victim's any more", () => {
  test("gone before its pidfd is opened: nobody is signalled", () => {
    const { ending, sys } = kill([{ pid: 42, endsAtMs: 0 }]);
    expect(signalsOf(sys)).toEqual([]);
    expect(ending).toBe("gone-before");
  });

  test("used by another process by now: nobody is signalled", () => {
    const sys = new FakeSys().add({ pid: 42, startMs: 900_000 });
    const begun = begin(sys, [aProcess(42, { startMs: 1000 })], "kill", GRACE_MS, ALONE);
    expect(signalsOf(sys)).toEqual([]);
    expect(tend(sys, begun, standing(true), ALONE)).toBe("gone-before");
    expect([...sys.open.values()]).toEqual([]);
  });

  test("is compared only after the pidfd holds it", () => {
    const sys = new FakeSys();
    const read = sys.readProcessFile.bind(sys);
    sys.readProcessFile = (pid, name) => {
      expect([...sys.open.values()]).toContain("pidfd 42");
      return read(pid, name);
    };
    kill([{ pid: 42 }], {}, sys);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42"]);
  });

  test("gone between the pidfd and the signal", () => {
    const sys = new FakeSys();
    const read = sys.readProcessFile.bind(sys);
    sys.readProcessFile = (pid, name) => {
      const length = read(pid, name);
      sys.change(42, { endsAtMs: 0 });
      return length;
    };
    const { ending } = kill([{ pid: 42 }], {}, sys);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42 ESRCH"]);
    expect(ending).toBe("gone");
  });
});

describe("without a pidfd, whatever the reason, kill(2) with the start time checked", () => {
  const { EMFILE, ENOMEM, ENOSYS, EPERM } = Errno;

  test.each([ENOSYS, EPERM, EMFILE, ENOMEM, 23])("error %d", (errno) => {
    const sys = refusing("openPidfd", errno);
    const { ending, tookMs } = kill([{ pid: 42, ignoresSigterm: true, dyingMs: 30 }], {}, sys);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM pid 42", "500ms SIGKILL pid 42"]);
    expect([ending, tookMs]).toEqual(["gone", 540]);
    expect(releasesOf(sys)).toEqual([]);
  });

  test("only ESRCH means that it is gone", () => {
    const sys = refusing("openPidfd", Errno.ESRCH);
    expect(kill([{ pid: 42 }], {}, sys).ending).toBe("gone-before");
    expect(signalsOf(sys)).toEqual([]);
  });

  test("a pid that another process uses by the second signal gets none", () => {
    const sys = refusing("openPidfd", ENOSYS);
    sys.at(100, () => sys.add({ pid: 42, startMs: 999_000 }));
    const { ending, tookMs } = kill([{ pid: 42, ignoresSigterm: true }], {}, sys);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM pid 42"]);
    expect([ending, tookMs]).toEqual(["gone", 100]);
  });

  test("when the last descriptor was the pidfd itself, it is given back and not needed", () => {
    const sys = new FakeSys().add({ pid: 42 });
    const read = sys.readProcessFile.bind(sys);
    sys.readProcessFile = (pid, name) => (sys.open.size > 0 ? -EMFILE : read(pid, name));
    const begun = begin(sys, victimsOf([{ pid: 42 }]), "kill", GRACE_MS, ALONE);
    expect(signalsOf(sys)).toEqual(["0ms SIGKILL pid 42"]);
    expect(tend(sys, begun, standing(true), ALONE)).toBe("gone");
  });

  test("one that is dead counts as gone, though its parent does not ask for it", () => {
    const sys = refusing("openPidfd", ENOSYS);
    sys.at(100, () => sys.change(42, { state: "Z" }));
    expect(kill([{ pid: 42, stuck: true }], {}, sys)).toMatchObject({
      ending: "gone",
      tookMs: 100,
    });
  });
});

describe("several victims", () => {
  test("are all signalled first, and all waited for", () => {
    const {
      ending,
      sys,
      tookMs,
      kill: begun,
    } = kill([
      { pid: 42, dyingMs: 30 },
      { pid: 43, dyingMs: 200 },
      { pid: 44, dyingMs: 10 },
    ]);
    expect(signalsOf(sys)).toEqual(["0ms SIGTERM 42", "0ms SIGTERM 43", "0ms SIGTERM 44"]);
    expect([ending, tookMs, begun.signalled]).toEqual(["gone", 200, 3]);
  });

  test("those who are still there get SIGKILL, and nobody else", () => {
    const { sys, tookMs } = kill([
      { pid: 42, dyingMs: 400 },
      { pid: 43, ignoresSigterm: true },
    ]);
    expect(signalsOf(sys).slice(2)).toEqual(["500ms SIGKILL 43"]);
    expect(tookMs).toBe(500);
  });

  test.each([
    [
      "refused",
      [
        { pid: 42, refuses: true },
        { pid: 43, refuses: true },
      ],
      "refused",
    ],
    [
      "refused and gone already",
      [
        { pid: 42, endsAtMs: 0 },
        { pid: 43, refuses: true },
      ],
      "refused",
    ],
    [
      "all gone already",
      [
        { pid: 42, endsAtMs: 0 },
        { pid: 43, endsAtMs: 0 },
      ],
      "gone-before",
    ],
  ] as const)("%s", (_name, processes, ending) => {
    expect(kill([...processes])).toMatchObject({ ending });
  });

  test("a filter that refuses pidfd_send_signal leaves kill(2)", () => {
    const { ending, sys } = kill([{ pid: 42 }], {}, refusing("sendSignal", Errno.EPERM));
    expect(signalsOf(sys).at(-1)).toBe("0ms SIGTERM pid 42");
    expect(ending).toBe("gone");
  });

  test("one that may not be signalled is not waited for, and no reason to say so", () => {
    const {
      ending,
      kill: begun,
      sys,
      tookMs,
    } = kill([
      { pid: 42, refuses: true },
      { pid: 43, dyingMs: 50 },
    ]);
    expect(signalsOf(sys)).toEqual([
      "0ms SIGTERM 42 EPERM",
      "0ms SIGTERM pid 42 EPERM",
      "0ms SIGTERM 43",
    ]);
    expect([ending, tookMs]).toEqual(["gone", 50]);
    expect([begun.errno, begun.signalled]).toEqual([0, 1]);
  });
});

describe("what is killed whole with them", () => {
  const cgroup = "/user.slice/storm.scope";
  const directory = `/sys/fs/cgroup${cgroup}`;
  const write = `write ${directory}/cgroup.kill 1`;

  test("a cgroup, in one write, with whoever was born meanwhile", () => {
    const whole = { ...ALONE, cgroupDirectory: () => directory };
    const { ending, sys } = kill([{ pid: 42, cgroup }], { urgency: "kill", whole });
    expect(sys.calls[0]).toBe(`0ms ${write}`);
    expect(ending).toBe("gone");
  });

  test("not before SIGKILL, and asked anew at each one", () => {
    let directoryNow = "";
    const whole = { group: () => 9, cgroupDirectory: () => directoryNow };
    const sys = new FakeSys().at(400, () => (directoryNow = directory));
    const victim = { pid: 42, pgid: 9, cgroup, ignoresSigterm: true };
    const { kill: begun } = kill([victim], { whole }, sys);
    const [first, ...others] = sys.calls.filter((call) => !call.includes("release"));
    expect(first).toBe("0ms SIGTERM 42");
    expect(others.slice(0, 2)).toEqual([`500ms ${write}`, "500ms SIGKILL group 9 ESRCH"]);
    expect(begun.group).toBe(0);
  });

  test("a process group, which is said", () => {
    const whole = { ...ALONE, group: () => 9 };
    const { kill: begun, sys } = kill([{ pid: 42, pgid: 9 }], { urgency: "kill", whole });
    expect(sys.calls[0]).toBe("0ms SIGKILL group 9");
    expect(begun.group).toBe(9);
  });
});
