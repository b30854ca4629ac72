import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Errno } from "../../src/model/errno.ts";
import type { Needs } from "../../src/model/process.ts";
import { scan, type Plan } from "../../src/readings/processes.ts";
import type { ProcessFile } from "../../src/sys/sys.ts";
import { FakeSys } from "../helpers/fake-sys.ts";

const NOTHING: Needs = {
  uid: false,
  exe: false,
  exeProtects: false,
  cmdline: false,
  cgroup: false,
};
const EVERYTHING: Needs = { uid: true, exe: true, exeProtects: true, cmdline: true, cgroup: true };
const TOTAL_KIB = 8 * 1024 * 1024;
const FILES: readonly ProcessFile[] = [
  "oom_score",
  "oom_score_adj",
  "stat",
  "cmdline",
  "cgroup",
  "exe",
];

function plan(changes: Partial<Plan> = {}): Plan {
  return {
    needs: NOTHING,
    depth: "all",
    before: null,
    totalKib: TOTAL_KIB,
    leftKib: 0,
    ...changes,
  };
}

function pidsOf(sys: FakeSys, changes: Partial<Plan> = {}): number[] {
  return scan(sys, plan(changes)).processes.map(({ pid }) => pid);
}

describe("scan", () => {
  test("tells all about a process", () => {
    const sys = new FakeSys().add({
      pid: 42,
      comm: "Web Content",
      state: "D",
      ppid: 41,
      pgid: 40,
      sessionId: 39,
      flags: 0x400100,
      threads: 12,
      startMs: 123_450,
      oomScore: 700,
      oomScoreAdj: -17,
      rssKib: 4000,
      uid: 1000,
      exe: "/usr/lib/firefox/firefox (deleted)",
      cmdline: "firefox -contentproc",
      cgroup: "/user.slice/firefox.scope",
    });
    sys.atMs = 2500;
    const snapshot = scan(sys, plan({ needs: EVERYTHING }));
    expect(snapshot.takenMs).toBe(1_002_500);
    expect(snapshot.processCount).toBe(1);
    expect(snapshot.processes).toEqual([
      {
        pid: 42,
        comm: "Web Content",
        state: "D",
        ppid: 41,
        pgid: 40,
        sessionId: 39,
        flags: 0x400100,
        threads: 12,
        startMs: 123_450,
        oomScore: 700,
        oomScoreAdj: -17,
        rssKib: 4000,
        sizeKib: ((700 * 1.5 - 1000 + 17) * TOTAL_KIB) / 1000,
        grownKib: 0,
        uid: 1000,
        exe: "/usr/lib/firefox/firefox (deleted)",
        cmdline: "firefox -contentproc",
        cgroup: "/user.slice/firefox.scope",
        managedPreference: "none",
      },
    ]);
  });

  test("reads nothing that no rule asks for", () => {
    const sys = new FakeSys().add({ pid: 42, uid: 1000 });
    for (const name of ["exe", "cmdline", "cgroup", "status", "environ"]) {
      sys.files.set(`/proc/42/${name}`, () => expect.unreachable(name));
    }
    const nothing = { uid: -1, exe: "", cmdline: "", cgroup: "" };
    expect(scan(sys, plan()).processes).toMatchObject([nothing]);
  });

  test("leaves out whom the kernel would never end, and counts them", () => {
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

  test.each([4, 5, 6])("after %d reads harms nobody", (vanishesAfterReads) => {
    const sys = new FakeSys().add({ pid: 42, vanishesAfterReads, rssKib: 400 }, { pid: 43 });
    const { processes } = scan(sys, plan({ needs: EVERYTHING }));
    expect(processes.map(({ pid }) => pid)).toEqual([42, 43]);
    expect(processes[0]).toMatchObject({ oomScore: 666, rssKib: 400 });
    expect(processes[1]).toMatchObject({ oomScoreAdj: 0, cgroup: "/" });
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
  const zombie = { pid: 42, state: "Z", tasks: [42, 43, 44], rssKib: 0 } as const;

  test("its memory is what a living thread says", () => {
    const sys = new FakeSys().add(zombie);
    sys.files.set("/proc/42/task/43/statm", -Errno.ENOENT);
    sys.files.set("/proc/42/task/44/statm", "9000 2500 100 1 0 800 0\n");
    expect(scan(sys, plan()).processes).toMatchObject([{ state: "Z", threads: 3, rssKib: 10_000 }]);
  });

  test.each(["", "9000", "9000 ", "9000 x", "\0\0", " "])("a thread that says %j", (content) => {
    const sys = new FakeSys().add(zombie);
    sys.files.set("/proc/42/task/44/statm", content);
    expect(scan(sys, plan()).processes).toMatchObject([{ rssKib: 0 }]);
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

describe("only the largest", () => {
  function crowd(scores: readonly number[]): FakeSys {
    return new FakeSys().add(...scores.map((oomScore, index) => ({ pid: 100 + index, oomScore })));
  }

  test("an idle crowd of one score stays out", () => {
    const sys = crowd([900, ...Array.from({ length: 500 }, () => 666), 800]);
    expect(pidsOf(sys, { depth: "largest" })).toEqual([100, 601]);
    expect(pidsOf(sys, { depth: "all" })).toHaveLength(502);
  });

  test("… unless it is all there is", () => {
    const sys = crowd(Array.from({ length: 500 }, () => 666));
    expect(pidsOf(sys, { depth: "largest" })).toHaveLength(500);
  });

  test("whoever is left out scores no more than all who are in", () => {
    const score = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 200 }), (scores) => {
        const sys = crowd(scores);
        const inside = new Set(pidsOf(sys, { depth: "largest" }));
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
    fc.property(contents, fc.option(content), (files, uptime) => {
      const sys = new FakeSys().add({ pid: 42, rssKib: 400 });
      for (const [index, name] of FILES.entries()) {
        const given = files[index];
        if (given !== null && given !== undefined) {
          sys.files.set(`/proc/42/${name}`, given);
        }
      }
      if (uptime !== null) {
        sys.files.set("/proc/uptime", uptime);
      }
      const { processes, processCount, takenMs } = scan(sys, plan({ needs: EVERYTHING }));
      const numbers = processes.flatMap((process) =>
        Object.values(process).filter((value) => typeof value === "number"),
      );
      expect([processCount, takenMs, ...numbers].every(Number.isFinite)).toBe(true);
    }),
  );
});
