import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { SPARED_MS } from "../../src/model/limits.ts";
import type { Handover } from "../../src/model/handover.ts";
import { type Sender, Signal } from "../../src/sys/sys.ts";
import { FakeSys, Restarted } from "../helpers/fake-sys.ts";
import { eventsOf, memoryAt, type Watched, watch } from "../helpers/watch.ts";

const OWN = 1000;
const HOG = { pid: 42, comm: "hog", oomScore: 900, uid: OWN, startMs: 5000 };
const EDITOR = { pid: 43, comm: "editor", oomScore: 700, uid: OWN, startMs: 6000 };
const LOW_MS = 2000;

/** A user's own machine, on which memory is at this percentage from two seconds on. */
function machine(percentAt: (atMs: number) => number): FakeSys {
  const sys = new FakeSys().add(HOG, EDITOR);
  sys.uid = OWN;
  sys.machine = (paper) => memoryAt(paper.isAlive(HOG.pid) ? percentAt(paper.atMs) : 80);
  return sys;
}

const low = (atMs: number) => (atMs >= LOW_MS ? 8 : 80);

/** Somebody sends SIGUSR2 with a value, as the kernel tells of it. */
function asks(sys: FakeSys, sender: Sender | null, atMs = 1000): FakeSys {
  return sys
    .at(atMs, () => {
      sys.sender = sender;
    })
    .at(atMs, Signal.SIGUSR2);
}

function run(sys: FakeSys, forMs: number, warn = true): Watched {
  return watch(sys, forMs, { warn });
}

describe("whom their user asks to spare", () => {
  const value = HOG.pid;

  test("is not killed for ten minutes, and nobody else in their place", () => {
    const sys = asks(machine(low), { uid: OWN, value });
    const watched = run(sys, SPARED_MS + 5000);
    expect(eventsOf(watched, "spared")).toEqual([
      { kind: "spared", pid: HOG.pid, comm: "hog", errno: 0, byUid: OWN },
    ]);
    expect(watched.signals).toHaveLength(1);
    const [atMs, , pid] = (watched.signals[0] ?? "").split(/ms | /);
    expect(pid).toBe("42");
    expect(Number(atMs)).toBeWithin(SPARED_MS + 900, SPARED_MS + 1500);
    // Said now and then, and chosen anew a few times in a second at the most.
    expect(eventsOf(watched, "held").length).toBeWithin(5, 12);
  });

  test("is killed at the hard limits all the same, and at once", () => {
    const sys = asks(
      machine((atMs) => (atMs >= 6000 ? 3 : low(atMs))),
      { uid: OWN, value },
    );
    const { signals } = run(sys, 10_000);
    expect(signals[0]).toMatch(/^6[01]\d\dms SIGKILL 42$/);
  });

  test("is spared after a start in place", () => {
    const sys = asks(machine(low), { uid: OWN, value });
    sys.at(1500, Signal.SIGHUP);
    let handover: Handover | null = null;
    try {
      run(sys, 10_000);
    } catch (error) {
      handover = JSON.parse((error as Restarted).content) as Handover;
    }
    const { inheritance, options } = handover as unknown as Handover;
    const next = machine(() => 8);
    next.atMs = 3000;
    expect(watch(next, 20_000, options, inheritance).signals).toEqual([]);
  });

  test("is no other process that has the same pid", () => {
    const sys = asks(machine(low), { uid: OWN, value });
    sys.at(1500, () => sys.add({ ...HOG, startMs: 7000 }));
    expect(run(sys, 5000).signals[0]).toEndWith(" SIGTERM 42");
  });

  test.each([
    ["for somebody else's process", { uid: OWN, value: 50 }, Errno.EPERM],
    ["for nobody", { uid: OWN, value: 77 }, Errno.ESRCH],
    ["for init", { uid: OWN, value: 1 }, Errno.EPERM],
    ["for no number of a process", { uid: OWN, value: -1 }, Errno.ESRCH],
  ])("a request %s is refused, and changes nothing", (_for, sender, errno) => {
    const sys = asks(machine(low), sender).add({ pid: 50, uid: 0 }, { pid: 1, uid: OWN, ppid: 0 });
    const watched = run(sys, 5000);
    expect(eventsOf(watched, "spared")[0]).toMatchObject({ errno, byUid: sender.uid });
    expect(watched.signals[0]).toEndWith(" SIGTERM 42");
  });

  test("root may ask it of a user's daemon", () => {
    const sys = asks(machine(low), { uid: 0, value });
    expect(run(sys, 5000).signals).toEqual([]);
  });

  test("a signal without a value means nothing, nor one to a daemon that does not warn", () => {
    const plain = run(asks(machine(low), null), 5000);
    expect([plain.signals.length, eventsOf(plain, "spared")]).toEqual([1, []]);
    const other = run(asks(machine(low), { uid: OWN, value }), 5000, false);
    expect([other.signals.length, eventsOf(other, "spared")]).toEqual([1, []]);
  });
});
