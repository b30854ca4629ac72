import { describe, expect, test } from "bun:test";
import { begin, isHopeless, tend } from "../../src/crisis/kill.ts";
import { Errno } from "../../src/model/errno.ts";
import * as limits from "../../src/model/limits.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import {
  ALONE,
  GRACE_MS,
  kill,
  LEFT_KIB,
  refusing,
  releasesOf,
  standing,
  STEP_KIB,
  victimsOf,
} from "../helpers/kill.ts";
import type { PaperProcess } from "../helpers/paper-process.ts";

describe("one that lingers", () => {
  test("is helped to free its memory, but not before it had the time to do so itself", () => {
    const { sys } = kill([{ pid: 42, cmdline: "a", dyingMs: 400 }], { urgency: "kill" });
    expect(releasesOf(sys)[0]).toBe(`${limits.LINGERS_MS}ms release 42`);
    const quick = kill([{ pid: 42, cmdline: "a", dyingMs: 230 }], { urgency: "kill" });
    expect(releasesOf(quick.sys)).toEqual([]);
    expect(releasesOf(kill([{ pid: 42, cmdline: "a", dyingMs: 700 }]).sys)).toEqual([]);
  });

  test.each([
    ["not while its memory comes back, however long that takes", 5000, undefined],
    ["when no more of it comes back", 200, 200 + limits.LINGERS_MS],
  ])("%s", (_when, untilMs, releaseMs) => {
    const victim = { pid: 42, cmdline: "a", rssKib: 1_000_000, dyingMs: 3000 };
    // A tenth of it every 100 ms.
    const leftKib = (nowMs: number) => LEFT_KIB + 1000 * Math.min(nowMs, untilMs);
    const { sys } = kill([victim], { urgency: "kill", leftKib });
    expect(releasesOf(sys)[0]).toBe(
      releaseMs === undefined ? undefined : `${releaseMs}ms release 42`,
    );
  });

  test("not while somebody holds its lock: the call would wait as well, for ever", () => {
    const sys = new FakeSys();
    sys.files.set("/proc/42/cmdline", -Errno.ETIMEDOUT);
    kill([{ pid: 42, dyingMs: 400 }], { urgency: "kill" }, sys);
    expect(releasesOf(sys)).toEqual([]);
  });

  test("by a thread that has not ended, where the first one has", () => {
    const sys = new FakeSys();
    sys.files.set("/proc/42/task/43/cmdline", "a");
    kill([{ pid: 42, tasks: [42, 43], dyingMs: 400 }], { urgency: "kill" }, sys);
    expect(releasesOf(sys)[0]).toBe(`${limits.LINGERS_MS}ms release 42`);
  });

  test("nor when there are several: they die one after the other", () => {
    const { sys } = kill(
      [
        { pid: 42, cmdline: "a", dyingMs: 400 },
        { pid: 43, cmdline: "a", dyingMs: 400 },
      ],
      { urgency: "kill" },
    );
    expect(releasesOf(sys)).toEqual([]);
  });

  test("a kernel that cannot do that is nobody's problem", () => {
    const sys = refusing("releaseMemory", Errno.ENOSYS);
    const told = kill([{ pid: 42, cmdline: "a", dyingMs: 260 }], { urgency: "kill" }, sys);
    expect(told).toMatchObject({ ending: "gone", tookMs: 260 });
  });
});

describe("waiting brings nothing", () => {
  const { HARD_STUCK_MS, SOFT_STUCK_MS } = limits;

  /** When a kill that began with SIGKILL was hopeless for the first time; -1: never. */
  function hopelessAtMs(
    victims: readonly PaperProcess[],
    isHard: boolean,
    leftKib = (_nowMs: number) => LEFT_KIB,
  ): number {
    const sys = new FakeSys().add(...victims);
    const begun = begin(sys, victimsOf(victims), "kill", GRACE_MS, ALONE);
    for (;;) {
      sys.wait(limits.DYING_LOOK_MS);
      if (tend(sys, begun, standing(isHard, leftKib(sys.nowMs())), ALONE) !== null) {
        return -1;
      }
      if (isHopeless(begun, sys.nowMs(), isHard)) {
        return sys.nowMs();
      }
    }
  }

  test.each([
    [true, HARD_STUCK_MS],
    [false, SOFT_STUCK_MS],
  ])("for one that gives nothing back, below the hard limits (%p) after %d ms", (isHard, ms) => {
    const atMs = hopelessAtMs([{ pid: 42, rssKib: 4000, stuck: true }], isHard);
    expect(atMs).toBeWithin(ms, ms + 3 * limits.DYING_LOOK_MS);
  });

  test.each([true, false])("never while it gives back, however slowly (%p)", (isHard) => {
    const victim = { pid: 42, rssKib: 400_000, dyingMs: 9000, givesBack: true };
    expect(hopelessAtMs([victim], isHard)).toBe(-1);
  });

  test("never while its memory comes back, of which the kernel shows nothing any more", () => {
    const victim = { pid: 42, rssKib: 4_000_000, stuck: true };
    const leftKib = (nowMs: number) => LEFT_KIB + 1000 * Math.min(nowMs, 4000);
    const atMs = hopelessAtMs([victim], true, leftKib);
    expect(atMs).toBeWithin(4000 + HARD_STUCK_MS - 250, 4000 + HARD_STUCK_MS + 50);
  });

  test("though what is left trembles by less than a step", () => {
    const leftKib = (nowMs: number) => LEFT_KIB + STEP_KIB * 0.4 * Math.sin(nowMs);
    const atMs = hopelessAtMs([{ pid: 42, rssKib: 4000, stuck: true }], true, leftKib);
    expect(atMs).toBeWithin(HARD_STUCK_MS, HARD_STUCK_MS + 3 * limits.DYING_LOOK_MS);
  });

  test("never while of many each gives back a little", () => {
    const victims = [42, 43, 44].map((pid) => ({
      pid,
      rssKib: 40_000,
      dyingMs: 5000,
      givesBack: true,
    }));
    expect(hopelessAtMs(victims, true)).toBe(-1);
  });

  test("never while of many one after the other goes", () => {
    const victims = [500, 1000, 1500, 2000].map((dyingMs, i) => ({
      pid: 42 + i,
      rssKib: 4000,
      dyingMs,
    }));
    expect(hopelessAtMs(victims, true)).toBe(-1);
    expect(hopelessAtMs([...victims, { pid: 50, stuck: true }], true)).toBeWithin(2600, 2800);
  });

  test("never before SIGKILL: until then it may be writing what it has", () => {
    const sys = new FakeSys().add({ pid: 42, stuck: true });
    const begun = begin(sys, victimsOf([{ pid: 42 }]), "term", 60_000, ALONE);
    sys.wait(30_000);
    expect(tend(sys, begun, standing(false), ALONE)).toBeNull();
    expect(isHopeless(begun, sys.nowMs(), true)).toBe(false);
  });
});

test("whatever happens every pidfd is closed again, and no victim is watched", () => {
  const stories: readonly PaperProcess[][] = [
    [],
    [{ pid: 42 }],
    [{ pid: 42, refuses: true }],
    [{ pid: 42, stuck: true }],
    [{ pid: 42, endsAtMs: 0 }],
    [{ pid: 42, ignoresSigterm: true }, { pid: 43, refuses: true }, { pid: 44 }],
  ];
  for (const processes of stories) {
    const { sys } = kill(processes);
    expect([...sys.open.values()]).toEqual([]);
    const before = sys.nowMs();
    expect(sys.wait(5)).toBe(0);
    expect(sys.nowMs()).toBe(before + 5);
  }
});

test("one without a pidfd that cannot be read for a while is not taken for gone", () => {
  const sys = refusing("openPidfd", Errno.ENOSYS);
  const leftKib = (nowMs: number) => {
    const isReadable = nowMs < 100 || nowMs > 400;
    if (isReadable) {
      sys.files.delete("/proc/42/stat");
    } else {
      sys.files.set("/proc/42/stat", -Errno.ENOMEM);
    }
    return LEFT_KIB;
  };
  const told = kill([{ pid: 42, dyingMs: 600 }], { urgency: "kill", leftKib }, sys);
  expect(told.ending).toBe("gone");
  expect(told.tookMs).toBeWithin(600, 600 + 2 * limits.DYING_LOOK_MS);
});
