import { describe, expect, test } from "bun:test";
import { Errno } from "../src/model/errno.ts";
import { HARD_STUCK_MS } from "../src/model/limits.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import type { PaperProcess } from "./helpers/paper-process.ts";
import { eventsOf, memoryAt, signalsOf, watch } from "./helpers/watch.ts";

const DATABASE = { pid: 50, comm: "database", rssKib: 400_000, oomScoreAdj: -500, uid: 1 } as const;
const BROWSER = { pid: 60, comm: "browser", rssKib: 200_000, oomScoreAdj: 300, uid: 2 } as const;
/** Who is asked for first, and of whom nothing comes back. */
const SMALL = [100, 101, 102].map((pid) => ({ pid, oomScoreAdj: 900, rssKib: 20_000, uid: 5 }));

/** A machine that needs the database or the browser gone from this time on. */
function needing(fromMs: number, others: readonly Partial<PaperProcess & { pid: number }>[]) {
  const sys = new FakeSys().add({ pid: 1, ppid: 0 }, DATABASE, BROWSER);
  for (const other of others) {
    sys.add({ pid: 0, ...other });
  }
  sys.machine = ({ atMs }) =>
    memoryAt(atMs > fromMs && sys.isAlive(DATABASE.pid) && sys.isAlive(BROWSER.pid) ? 8 : 25);
  return sys;
}

/** Who of the two had to die. */
function dead({ signals }: { readonly signals: readonly string[] }): string {
  const [, pid = ""] = / (50|60)$/.exec(signals.at(-1) ?? "") ?? [];
  return pid;
}

describe("oom_score_adj counts", () => {
  test("where nobody could be killed before", () => {
    expect(dead(watch(needing(5000, []), 60_000))).toBe("60");
    const refusing = SMALL.map((small) => ({ ...small, uid: 0, refuses: true }));
    expect(dead(watch(needing(5000, refusing), 60_000))).toBe("60");
  });

  test("where others were gone before they could be signalled", () => {
    const sys = needing(5000, SMALL);
    const open = sys.openPidfd.bind(sys);
    sys.openPidfd = (pid) => {
      if (SMALL.some((small) => small.pid === pid)) {
        sys.change(pid, { endsAtMs: sys.atMs });
      }
      return open(pid);
    };
    const watched = watch(sys, 60_000);
    const endings = eventsOf(watched, "killed").map(({ outcome }) => outcome.ending);
    expect(endings).toEqual(["gone-before", "gone-before", "gone-before", "gone"]);
    expect(dead(watched)).toBe("60");
  });

  test("again, long after kills that gave nothing back", () => {
    const sys = needing(0, SMALL);
    let isOver = false;
    sys.files.set("/proc/50/oom_score", () => {
      isOver ||= SMALL.every(({ pid }) => !sys.isAlive(pid));
      return "593\n";
    });
    sys.machine = ({ atMs }) => {
      const isEarly = atMs > 5000 && !isOver;
      const isLate = atMs > 1_800_000 && sys.isAlive(50) && sys.isAlive(60);
      return memoryAt(isEarly || isLate ? 8 : 15);
    };
    const watched = watch(sys, 1_810_000);
    expect(watched.signals).toHaveLength(SMALL.length + 1);
    expect(dead(watched)).toBe("60");
  });
});

test("a kill that is refused makes avg10 no old news", () => {
  const sys = new FakeSys().add(
    { pid: 42, comm: "roots", rssKib: 500_000, oomScore: 950, refuses: true },
    { pid: 60, comm: "hog", rssKib: 400_000, oomScore: 900 },
  );
  sys.machine = ({ atMs }) => memoryAt(8, { someAvg10: atMs > 5000 && sys.isAlive(60) ? 80 : 0 });
  const allOf = [{ metric: "psi.avg10", operator: ">", value: 50 }] as const;
  const { signals } = watch(sys, 60_000, { when: [{ text: "psi.avg10 > 50", allOf }] });
  const times = signals.map((line) => parseInt(line, 10));
  expect(signals.at(0)).toEndWith("SIGTERM 42 EPERM");
  expect(signals.at(-1)).toEndWith("SIGTERM 60");
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(1000);
});

test("one that ended by itself makes avg10 old news: its memory is back", () => {
  const sys = new FakeSys().add(
    { pid: 42, comm: "hog", rssKib: 500_000, oomScore: 950 },
    { pid: 60, comm: "innocent", rssKib: 400_000, oomScore: 900 },
  );
  const open = sys.openPidfd.bind(sys);
  sys.openPidfd = (pid) => {
    sys.change(pid, { endsAtMs: sys.atMs });
    return open(pid);
  };
  sys.machine = ({ atMs }) => {
    const isOver = !sys.isAlive(42);
    return memoryAt(isOver ? 38 : 8, { someAvg10: atMs > 5000 ? (isOver ? 60 : 80) : 0 });
  };
  const allOf = [{ metric: "psi.avg10", operator: ">", value: 50 }] as const;
  const watched = watch(sys, 12_000, { when: [{ text: "psi.avg10 > 50", allOf }] });
  expect(eventsOf(watched, "killed").map(({ outcome }) => outcome.ending)).toEqual(["gone-before"]);
});

test("what others give back while a kill is refused was not lost", () => {
  const sys = new FakeSys().add(
    { pid: 42, comm: "roots", rssKib: 500_000, oomScore: 950, refuses: true },
    { pid: 60, comm: "hog", rssKib: 400_000, oomScore: 900 },
  );
  const isRefused = () => signalsOf(sys).length > 0;
  sys.machine = ({ atMs }) => {
    const fallen = Math.max(0, Math.min(35, ((atMs - 3000) * 6) / 1000));
    const left = atMs > 10_000 ? (isRefused() ? 9.9 : 6) : 50 - fallen;
    return memoryAt(sys.isAlive(60) ? left : 50);
  };
  const [refused, killed] = eventsOf(watch(sys, 30_000), "killing");
  expect(killed?.selection.loss.lostKib).toBeLessThan(refused?.selection.loss.lostKib ?? 0);
});

test("twins that are all killed are waited for until their memory is back", () => {
  const part = { startMs: 1_005_000, bornAtMs: 5000, rssKib: 600_000, dyingMs: 30 };
  const sys = new FakeSys().add(
    { pid: 60, oomScore: 800, rssKib: 100_000 },
    { pid: 61, oomScore: 990, rssKib: 600 },
    { pid: 70, ...part },
    { pid: 71, ...part, memoryOf: 70 },
  );
  let goneAtMs = Infinity;
  sys.machine = ({ atMs }) => {
    if (atMs > 5100 && !sys.isAlive(70) && !sys.isAlive(71)) {
      goneAtMs = Math.min(goneAtMs, atMs);
    }
    return memoryAt(atMs >= 5000 && atMs < goneAtMs + HARD_STUCK_MS - 50 ? 3 : 38);
  };
  const watched = watch(sys, 10_000);
  const killed = watched.signals.map((line) => line.replace(/^\d+ms /, ""));
  expect(killed.toSorted()).toEqual(["SIGKILL 70", "SIGKILL 71"]);
  const selection = eventsOf(watched, "killing")[0]?.selection;
  expect(selection?.next?.process.pid).toBe(60);
  const took = selection?.victims.map(({ tookKib }) => tookKib);
  expect(took?.[0]).toBeGreaterThan(0);
  expect(took?.[1]).toBe(0);
});

test("who kept memory long ago makes no others like them die together", () => {
  const uid = 1000;
  const sys = new FakeSys().add({ pid: 1, ppid: 0 });
  sys.refused.set("compareMemory", Errno.EPERM);
  for (const pid of [42, 43]) {
    sys.add({ pid, comm: `x${pid}`, rssKib: 10_000, uid });
  }
  for (let atMs = 3000; atMs <= 10_000; atMs += 100) {
    sys.at(atMs, () => {
      for (const pid of [42, 43]) {
        sys.change(pid, { rssKib: 10_000 + (atMs - 3000) * 60 });
      }
    });
  }
  sys.files.set("/proc/43/oom_score", () => {
    if (!sys.isAlive(42)) {
      sys.change(43, { endsAtMs: sys.atMs });
    }
    return "700\n";
  });
  sys.at(600_000, () => {
    for (const pid of [70, 71, 72]) {
      const sized = { rssKib: 100_000, uid, oomScore: 900 - pid };
      sys.add({ pid, comm: "worker", startMs: 2_000_000, ...sized });
    }
  });
  sys.machine = ({ atMs }) => {
    if (sys.isAlive(42) || sys.isAlive(43)) {
      return memoryAt(50 - Math.max(0, Math.min(42, ((atMs - 3000) * 6) / 1000)));
    }
    return memoryAt(atMs > 900_000 && sys.isAlive(70) ? 8 : 15);
  };
  const late = watch(sys, 910_000).signals.filter((line) => parseInt(line, 10) > 900_000);
  expect(late.map((line) => line.replace(/^\d+ms /, ""))).toEqual(["SIGTERM 70"]);
});

test("a login of the storm's own shell, a while after it, is none of it", () => {
  const shell = { comm: "bash", exe: "/bin/bash", uid: 1000 };
  const storm = [100, 101, 102, 103, 104, 105, 106, 107];
  const sys = new FakeSys().add(
    { pid: 300, ...shell, ppid: 2, pgid: 300, sessionId: 300, bornAtMs: 20_000, rssKib: 20_000 },
    { pid: 60, comm: "hog", uid: 5, rssKib: 10_000 },
  );
  sys.change(300, { startMs: 1_020_000 });
  for (const pid of storm) {
    const born = { startMs: 1_005_000, bornAtMs: 5000, rssKib: 60_000, dyingMs: 50 };
    const sessionId = pid === 100 ? 100 : 99;
    sys.add({ pid, ...shell, ...born, ppid: pid - 1, pgid: pid, sessionId });
  }
  for (let atMs = 21_000; atMs < 27_000; atMs += 100) {
    sys.at(atMs, () => {
      sys.change(60, { rssKib: 10_000 + (atMs - 21_000) * 60 });
    });
  }
  sys.machine = ({ atMs }) => {
    if (atMs >= 5000 && storm.some((pid) => sys.isAlive(pid))) {
      return memoryAt(3);
    }
    const isHog = atMs > 21_000 && sys.isAlive(60);
    return memoryAt(38 - (isHog ? Math.min(33, ((atMs - 21_000) * 6) / 1000) : 0));
  };
  const late = watch(sys, 40_000).signals.filter((line) => parseInt(line, 10) > 20_000);
  expect(late.map((line) => line.replace(/^\d+ms /, ""))).toEqual(["SIGTERM 60"]);
});

test("who starts in the very tick in which sizes are noted took all that it has", () => {
  const bornAtMs = 4;
  const leak = { pid: 42, comm: "leak", startMs: 1_000_000 + bornAtMs, bornAtMs };
  const sys = new FakeSys().add(leak, { pid: 43, comm: "desktop", rssKib: 420_000 });
  sys.machine = ({ atMs }) => {
    const tookKib = Math.min(300_000, atMs * 40);
    sys.change(42, { anonKib: 1000 + tookKib });
    return memoryAt(signalsOf(sys).length > 0 ? 60 : 38 - tookKib / 10_240, { freeKib: 50_000 });
  };
  expect(watch(sys, 20_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
});
