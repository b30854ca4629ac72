import { describe, expect, test } from "bun:test";
import * as limits from "../src/model/limits.ts";
import type { Options } from "../src/model/options.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import type { PaperProcess } from "./helpers/paper-process.ts";
import { eventsOf, memoryAt, type Watched, watch } from "./helpers/watch.ts";

const HARD = 3;
const SOFT = 8;
const { DYING_LOOK_MS, HARD_STUCK_MS, REFUSED_MS, SOFT_STUCK_MS, STUCK_MS, TERM_TO_KILL_MS } =
  limits;

interface Story {
  readonly watched: Watched;
  /** When each was signalled last, by pid. */
  readonly lastMs: ReadonlyMap<number, number>;
}

/** Memory is short until the last of these is gone; the first is the largest. */
function tell(
  memPercent: number,
  forMs: number,
  processes: readonly Partial<PaperProcess>[],
  options: Partial<Options> = {},
): Story {
  const sys = new FakeSys();
  for (const [i, process] of processes.entries()) {
    sys.add({ pid: 42 + i, comm: `p${i}`, rssKib: 300_000 - 1000 * i, ...process });
  }
  const last = 41 + processes.length;
  sys.machine = (machine) => memoryAt(machine.isAlive(last) ? memPercent : 80);
  const watched = watch(sys, forMs, options);
  const times = watched.signals.map((call) => {
    const [, atMs, pid] = /^(\d+)ms SIG\w+ (\d+)/.exec(call) ?? [];
    return [Number(pid), Number(atMs)] as const;
  });
  return { watched, lastMs: new Map(times) };
}

const STUCK = { stuck: true };
const SLOW = { dyingMs: 9000, givesBack: true };

describe("a victim that hangs in the kernel keeps the next one alive no longer than", () => {
  test("0.7 s below the hard limits", () => {
    const { lastMs, watched } = tell(HARD, 5000, [STUCK, {}]);
    expect(watched.signals).toHaveLength(2);
    expect(lastMs.get(43)).toBeWithin(HARD_STUCK_MS, HARD_STUCK_MS + 4 * DYING_LOOK_MS);
  });

  test("2 s after SIGKILL above them", () => {
    const { lastMs, watched } = tell(SOFT, 9000, [STUCK, {}]);
    expect(watched.signals).toHaveLength(3);
    const leastMs = TERM_TO_KILL_MS + SOFT_STUCK_MS;
    expect(lastMs.get(43)).toBeWithin(leastMs, leastMs + 4 * DYING_LOOK_MS);
  });

  test("as long again for the third, when the second hangs as well", () => {
    const { lastMs } = tell(HARD, 9000, [STUCK, STUCK, {}]);
    const between = (lastMs.get(44) ?? 0) - (lastMs.get(43) ?? 0);
    expect(between).toBeWithin(HARD_STUCK_MS, HARD_STUCK_MS + 4 * DYING_LOOK_MS);
  });

  test("the whole time that the user grants it for SIGTERM, while memory is not that short", () => {
    const { lastMs } = tell(SOFT, 30_000, [{ ...STUCK }, {}], { killAfterMs: 10_000 });
    expect(lastMs.get(43)).toBeGreaterThanOrEqual(10_000 + SOFT_STUCK_MS);
  });
});

describe("never a second one", () => {
  test.each([HARD, SOFT])("while the first gives back memory, at %d %%", (memPercent) => {
    const { lastMs, watched } = tell(memPercent, 8000, [SLOW, { oomScore: 700 }]);
    expect([...lastMs.keys()]).toEqual([42]);
    expect(eventsOf(watched, "killing")).toHaveLength(1);
  });

  test("while one of a group that is killed together gives back memory", () => {
    const group = { pgid: 42, cgroup: "/a.scope" };
    const processes = [{ ...group, ...STUCK }, { ...group, ...SLOW }, {}];
    const { lastMs } = tell(HARD, 8000, processes, { scope: "process-group" });
    expect([...lastMs.keys()]).toEqual([42, 43]);
  });

  test("once memory is back, whoever still hangs", () => {
    const sys = new FakeSys().add(
      { pid: 42, rssKib: 300_000, ...STUCK },
      { pid: 43, rssKib: 9000 },
    );
    sys.machine = ({ atMs }) => memoryAt(atMs < 300 ? HARD : 38);
    expect(watch(sys, 20_000).signals).toEqual(["0ms SIGKILL 42"]);
  });
});

describe("one that was given up", () => {
  test("is said to be, once, ten seconds after SIGKILL, after the second one's end", () => {
    const { watched } = tell(HARD, 20_000, [STUCK, { dyingMs: 100 }]);
    const endings = eventsOf(watched, "killed").map(({ outcome }) => outcome.ending);
    expect(endings).toEqual(["gone", "stuck"]);
    const stuck = eventsOf(watched, "killed")[1];
    expect(stuck?.outcome.tookMs).toBeWithin(STUCK_MS, STUCK_MS + 2 * DYING_LOOK_MS);
  });

  test("is left out for a minute, and then may be chosen again", () => {
    const { watched } = tell(HARD, 90_000, [STUCK]);
    const times = watched.signals.map((call) => parseInt(call, 10));
    expect(times).toHaveLength(2);
    const leastMs = STUCK_MS + REFUSED_MS;
    expect(times[1]).toBeWithin(leastMs, leastMs + 2000);
  });

  test("is not chosen a second time while it is dying", () => {
    const { watched } = tell(HARD, 9000, [STUCK, { oomScoreAdj: -1000 }]);
    expect(watched.signals).toEqual(["0ms SIGKILL 42"]);
    expect(eventsOf(watched, "nobody").length).toBeGreaterThan(0);
  });
});

test("looks go on each 20 ms while victims are dying, and no pidfd is left behind", () => {
  const sys = new FakeSys().add(
    { pid: 42, rssKib: 300_000, ...STUCK },
    { pid: 43, rssKib: 200_000 },
  );
  sys.machine = memoryAt(HARD);
  watch(sys, 15_000);
  expect(Math.max(...sys.waits.slice(1, 400))).toBeLessThanOrEqual(DYING_LOOK_MS);
  expect([...sys.open.values()].filter((what) => what.startsWith("pidfd"))).toEqual([]);
});

describe("one whose memory comes back is waited for, though the kernel shows nothing of it", () => {
  /** So much of the machine's memory comes back until then; the victim is there for 20 s. */
  function dieSlowly(percentPerS: number, untilMs: number) {
    const sys = new FakeSys().add(
      { pid: 42, comm: "giant", rssKib: 900_000, dyingMs: 20_000 },
      { pid: 43, comm: "next", rssKib: 200_000 },
    );
    sys.machine = ({ atMs }) => memoryAt(0.5 + (percentPerS * Math.min(atMs, untilMs)) / 1000);
    return watch(sys, 12_000);
  }

  test("nobody else is killed, and it is not said to be stuck", () => {
    const { signals, ...watched } = dieSlowly(0.75, 12_000);
    expect(signals).toEqual(["0ms SIGKILL 42"]);
    expect(eventsOf({ ...watched, signals }, "killed")).toHaveLength(1);
    expect(eventsOf({ ...watched, signals }, "killed")[0]?.outcome.ending).toBe("interrupted");
  });

  test("but not when no more of it does", () => {
    const { signals } = dieSlowly(0.75, 2000);
    expect(signals[1]).toMatch(/^2[1-7]\d\dms SIGKILL 43$/);
  });

  test("what a second victim gives back is none of the first one's, which is stuck", () => {
    const quick = { comm: "quick", rssKib: 150_000, dyingMs: 60 };
    const sys = new FakeSys().add(
      { pid: 42, rssKib: 900_000, stuck: true },
      { pid: 43, ...quick },
      { pid: 44, ...quick, rssKib: 100_000 },
    );
    sys.machine = (machine) => memoryAt(machine.isAlive(43) ? 3 : machine.isAlive(44) ? 4.5 : 80);
    const times = watch(sys, 5000).signals.map((call) => Number.parseInt(call, 10));
    expect(times).toHaveLength(3);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeLessThan(300);
  });
});

describe("while victims are dying, the daemon looks", () => {
  /** Times between two looks at memory from the first signal on, milliseconds. */
  function gapsOf(count: number): number[] {
    const sys = new FakeSys();
    for (let i = 0; i < count; i++) {
      sys.add({ pid: 42 + i, comm: "bomb", pgid: 42, rssKib: 9000, dyingMs: 3000 });
    }
    sys.costMs = 0.05;
    sys.machine = () => memoryAt(HARD);
    const looks: number[] = [];
    const read = sys.readFromStart.bind(sys);
    sys.readFromStart = (fd) => {
      if (sys.open.get(fd) === "/proc/meminfo" && sys.calls.some((call) => / SIG/.test(call))) {
        looks.push(sys.atMs);
      }
      return read(fd);
    };
    const match = { comm: [{ kind: "glob", source: "bomb" }] } as const;
    const effect = { kind: "group", scope: "process-group" } as const;
    watch(sys, 2500, { rules: [{ origin: "r", match, effect }] });
    return looks.map((ms, i) => ms - (looks[i - 1] ?? ms)).filter((ms) => ms > 1);
  }

  test("at least as often as usual where they are few", () => {
    expect(Math.max(...gapsOf(3))).toBeLessThan(2 * DYING_LOOK_MS);
  });

  test("less often where they are many, so that they get a processor", () => {
    const gaps = gapsOf(200);
    expect(gaps.length).toBeGreaterThan(5);
    const middle = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? 0;
    expect(middle).toBeWithin(2 * DYING_LOOK_MS, TERM_TO_KILL_MS + 100);
  });
});

test("what one gives back while another one hangs counts for the one alone", () => {
  const sys = new FakeSys().add(
    { pid: 42, comm: "hangs", rssKib: 300_000, dyingMs: 4000 },
    { pid: 43, comm: "next", rssKib: 200_000, oomScore: 700 },
  );
  sys.machine = (machine) => {
    const heldKib = (machine.isAlive(42) ? 300_000 : 0) + (machine.isAlive(43) ? 200_000 : 0);
    return { totalKib: 1_000_000, availableKib: 530_000 - heldKib };
  };
  const freed = eventsOf(watch(sys, 9000), "killed").map(({ freedKib }) => freedKib);
  expect(freed).toEqual([200_000, 300_000]);
});
