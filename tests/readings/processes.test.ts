import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Errno } from "../../src/model/errno.ts";
import type { Needs } from "../../src/model/process.ts";
import { scan, type Plan } from "../../src/readings/processes.ts";
import type { ProcessFile } from "../../src/sys/sys.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aPlan } from "../helpers/nouns.ts";

const NOTHING: Needs = { exe: false, exeProtects: false, cmdline: false, cmdlineRules: false };
const RULES = { exeProtects: true, cmdlineRules: true };
const EVERYTHING: Needs = { exe: true, cmdline: true, ...RULES };
const FILES: readonly ProcessFile[] = [
  "oom_score",
  "oom_score_adj",
  "stat",
  "status",
  "cmdline",
  "cgroup",
  "exe",
];

function plan(changes: Partial<Plan> = {}): Plan {
  return aPlan({ needs: NOTHING, ...changes });
}

function pidsOf(sys: FakeSys, changes: Partial<Plan> = {}): number[] {
  return scan(sys, plan(changes)).processes.map(({ pid }) => pid);
}

describe("scan", () => {
  test("tells all about a process", () => {
    const given = {
      comm: "Web Content",
      state: "D",
      ppid: 41,
      pgid: 40,
      sessionId: 39,
      flags: 0x400100,
      threads: 12,
      startMs: 123_450,
      majorFaults: 77,
      childMajorFaults: 5,
      cpuMs: 4560,
      oomScore: 700,
      oomScoreAdj: -17,
      uid: 33,
      exe: "/usr/lib/firefox/firefox (deleted)",
      cmdline: "firefox -contentproc",
      cgroup: "/user.slice/firefox.scope",
    };
    const sizes = { anonKib: 4000, fileKib: 300, shmemKib: 20, swapKib: 1000, tablesKib: 24 };
    const sys = new FakeSys().add({ pid: 42, ...given, ...sizes });
    sys.atMs = 2500;
    const snapshot = scan(sys, plan({ needs: EVERYTHING }));
    expect(snapshot).toMatchObject({ takenMs: 1_002_500, processCount: 1, isWhole: true });
    expect(snapshot.processes).toEqual([
      {
        pid: 42,
        ...given,
        rssKib: 4320,
        swapKib: 1000,
        tablesKib: 24,
        isDumpingCore: false,
        sizeKib: 5000,
        carriedMs: 0,
        grownKib: 0,
        latelyKib: 0,
        shmemGrownKib: 0,
        shmemLatelyKib: 0,
        shmemHeldKib: 0,
        heirKib: 0,
        managedPreference: "none",
      },
    ]);
  });

  test("goes by the machine's own clock, whatever uptime a container is shown", () => {
    const sys = new FakeSys().add({ pid: 42, startMs: 900_000 });
    sys.files.set("/proc/uptime", "372.41 350.02\n");
    sys.suspendedMs = 50_000;
    expect(scan(sys, plan()).takenMs).toBe(1_050_000);
  });

  test("reads nothing that no rule asks for, and never what may wait for the process", () => {
    const sys = new FakeSys().add({ pid: 42 });
    for (const name of ["cmdline", "environ", "smaps", "smaps_rollup"]) {
      sys.files.set(`/proc/42/${name}`, () => expect.unreachable(name));
    }
    expect(scan(sys, plan()).processes).toMatchObject([{ cmdline: "" }]);
  });

  test("leaves out whom the kernel would never kill, and counts them", () => {
    const sys = new FakeSys().add({ pid: 1, oomScore: 0 }, { pid: 2, oomScore: 0 }, { pid: 42 });
    const snapshot = scan(sys, plan());
    expect(snapshot.processes.map(({ pid }) => pid)).toEqual([42]);
    expect(snapshot.processCount).toBe(3);
  });

  test("a machine without a process", () => {
    expect(scan(new FakeSys(), plan())).toMatchObject({ processes: [], processCount: 0 });
  });

  test("a list that cannot be read", () => {
    const sys = new FakeSys().add({ pid: 42 });
    sys.refused.set("listProcesses", Errno.ENOMEM);
    expect(scan(sys, plan())).toMatchObject({ processes: [], processCount: 0 });
  });

  test("keeps no descriptor open", () => {
    const sys = new FakeSys().add({ pid: 42 }, { pid: 43, vanishesAfterReads: 1 });
    scan(sys, plan({ needs: EVERYTHING }));
    expect([...sys.open]).toEqual([]);
  });
});

describe("a process that vanishes", () => {
  test.each([0, 1, 2, 3])("after %d reads is left out", (vanishesAfterReads) => {
    const sys = new FakeSys().add({ pid: 42, vanishesAfterReads }, { pid: 43 });
    expect(pidsOf(sys, { needs: EVERYTHING })).toEqual([43]);
  });

  test.each([4, 5, 6, 7])("after %d reads harms nobody", (vanishesAfterReads) => {
    const sys = new FakeSys().add({ pid: 42, vanishesAfterReads, rssKib: 400 }, { pid: 43 });
    const { processes } = scan(sys, plan({ needs: EVERYTHING }));
    expect(processes).toMatchObject([
      { pid: 42, rssKib: 400 },
      { pid: 43, oomScoreAdj: 0, cgroup: "/" },
    ]);
  });
});

describe("/proc mounted with hidepid", () => {
  test("=1: other users' processes are listed, and nothing of them can be read", () => {
    const sys = new FakeSys().add({ pid: 42 }, { pid: 43 });
    for (const name of FILES) {
      sys.files.set(`/proc/42/${name}`, -Errno.EPERM);
    }
    expect(pidsOf(sys, { needs: EVERYTHING })).toEqual([43]);
  });

  test.each(FILES)("without %s alone it is left out, and no text is another file's", (name) => {
    const sys = new FakeSys().add({ pid: 42, exe: "/bin/a", cmdline: "a b", cgroup: "/c" });
    sys.files.set(`/proc/42/${name}`, -Errno.EACCES);
    const [process] = scan(sys, plan({ needs: EVERYTHING })).processes;
    if (name === "oom_score_adj") {
      const all = { oomScoreAdj: 0, exe: "/bin/a", cmdline: "a b", cgroup: "/c" };
      expect(process).toMatchObject(all);
    } else {
      // Nobody could say whether a rule protects it.
      expect(process).toBeUndefined();
    }
  });
});

describe("a first thread that has ended while others live", () => {
  const zombie = {
    pid: 42,
    state: "Z",
    tasks: [42, 43, 44],
    rssKib: 10_000,
    swapKib: 500,
  } as const;

  test("its memory is what a living thread says", () => {
    const sys = new FakeSys().add(zombie);
    sys.files.set("/proc/42/task/43/status", -Errno.ENOENT);
    const sizes = { rssKib: 10_000, swapKib: 500, sizeKib: 10_500 };
    expect(scan(sys, plan()).processes).toMatchObject([{ state: "Z", threads: 3, ...sizes }]);
  });

  test.each(["", "RssAnon:", "RssAnon:\tx", "\0\0", " "])("a thread that says %j", (content) => {
    const sys = new FakeSys().add(zombie);
    for (const tid of [43, 44]) {
      sys.files.set(`/proc/42/task/${tid}/status`, content);
    }
    expect(scan(sys, plan()).processes).toMatchObject([{ rssKib: 0, sizeKib: 0 }]);
  });

  test("its threads cannot be listed", () => {
    const sys = new FakeSys().add(zombie);
    sys.refused.set("listTasks", Errno.ENOENT);
    expect(scan(sys, plan()).processes).toMatchObject([{ rssKib: 0 }]);
  });

  test("the processes behind it in the list are still read", () => {
    const sys = new FakeSys().add(zombie, { pid: 50 }, { pid: 51 });
    expect(pidsOf(sys)).toEqual([42, 50, 51]);
  });
});

describe("a scan that is broken off", () => {
  test.each([0, 1, 2, 5])("after it was asked %d times says so", (times) => {
    const crowd = Array.from({ length: 2000 }, (_item, i) => ({ pid: 100 + i, oomScore: 700 }));
    let asked = 0;
    const goOn = () => asked++ < times;
    const { isWhole, processes } = scan(new FakeSys().add(...crowd), plan({ goOn }));
    expect(isWhole).toBe(false);
    expect(processes.length).toBeLessThan(2000);
    expect(asked).toBe(times + 1);
  });

  test("is asked often enough, also while scores are read", () => {
    const crowd = Array.from({ length: 50_000 }, (_item, i) => ({ pid: 100 + i, oomScore: 667 }));
    const sys = new FakeSys().add(...crowd, { pid: 60_000, oomScore: 900 });
    sys.costMs = 0.02;
    let [lastMs, longestMs, asked] = [0, 0, 0];
    const goOn = () => {
      asked++;
      longestMs = Math.max(longestMs, sys.atMs - lastMs);
      lastMs = sys.atMs;
      return true;
    };
    expect(scan(sys, plan({ extent: "largest", goOn })).processes).toMatchObject([{ pid: 60_000 }]);
    expect(longestMs).toBeLessThan(10);
    expect(asked).toBeGreaterThan(150);
  });
});

test("more than 65,536 processes are seen, and the last one can be the victim", () => {
  const crowd = Array.from({ length: 70_000 }, (_item, i) => ({ pid: 100 + i, oomScore: 667 }));
  const sys = new FakeSys().add(...crowd, { pid: 3_000_000, oomScore: 900 });
  const snapshot = scan(sys, plan({ extent: "largest" }));
  expect(snapshot.processCount).toBe(70_001);
  expect(snapshot.processes.map(({ pid }) => pid)).toEqual([3_000_000]);
});

describe("before Linux 5.9", () => {
  test("a score of 0 exempts nobody who is small", () => {
    const sys = new FakeSys().add({ pid: 42, oomScore: 0, rssKib: 400 });
    sys.isOldScale = true;
    expect(pidsOf(sys, { isOldScale: true })).toEqual([42]);
    expect(pidsOf(sys, { isOldScale: false })).toEqual([]);
  });
});

describe("only the largest", () => {
  function crowd(scores: readonly number[]): FakeSys {
    return new FakeSys().add(...scores.map((oomScore, index) => ({ pid: 100 + index, oomScore })));
  }

  test("an idle crowd of one score stays out", () => {
    const sys = crowd([900, ...Array.from({ length: 500 }, () => 666), 800]);
    expect(pidsOf(sys, { extent: "largest" })).toEqual([100, 601]);
    expect(pidsOf(sys, { extent: "all" })).toHaveLength(502);
  });

  test("… unless it is all there is", () => {
    const sys = crowd(Array.from({ length: 500 }, () => 666));
    expect(pidsOf(sys, { extent: "largest" })).toHaveLength(500);
  });

  test("whoever is left out scores no more than all who are in", () => {
    const score = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 200 }), (scores) => {
        const sys = crowd(scores);
        const inside = new Set(pidsOf(sys, { extent: "largest" }));
        const isIn = (index: number) => inside.has(100 + index);
        const lowest = Math.min(...scores.filter((_score, index) => isIn(index)));
        const highest = Math.max(0, ...scores.filter((_score, index) => !isIn(index)));
        expect(Math.max(...scores) > 0).toBe(inside.size > 0);
        // Beyond what the kernel can say, all scores count as one.
        expect(Math.min(2047, highest)).toBeLessThanOrEqual(Math.min(2047, lowest));
      }),
    );
  });
});

test("files of any content never throw and never give what is no number", () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.string({ unit: fc.constantFrom(..."42 (a) SZ 0123456789-\n\0"), maxLength: 200 }),
    fc.constantFrom(-Errno.ENOENT, -Errno.ESRCH, -Errno.EACCES, -Errno.EPERM, "x".repeat(70_000)),
  );
  const contents = fc.tuple(...FILES.map(() => fc.option(content)));
  fc.assert(
    fc.property(contents, (files) => {
      const sys = new FakeSys().add({ pid: 42, rssKib: 400 });
      for (const [index, name] of FILES.entries()) {
        const given = files[index];
        if (given !== null && given !== undefined) {
          sys.files.set(`/proc/42/${name}`, given);
        }
      }
      const { processes, processCount, takenMs } = scan(sys, plan({ needs: EVERYTHING }));
      const numbers = processes.flatMap((process) =>
        Object.values(process).filter((value) => typeof value === "number"),
      );
      expect([processCount, takenMs, ...numbers].every(Number.isFinite)).toBe(true);
    }),
  );
});
