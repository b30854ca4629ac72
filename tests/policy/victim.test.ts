import { describe, expect, test } from "bun:test";
import type { Effect, Match, Options, Rule } from "../../src/model/options.ts";
import { PF_EXITING, PF_KTHREAD, type Process } from "../../src/model/process.ts";
import type { SparedBecause } from "../../src/model/selection.ts";
import type { Context } from "../../src/policy/guilt.ts";
import { identityOf, rank, selectVictims } from "../../src/policy/victim.ts";
import { aProcess, someOptions } from "../helpers/nouns.ts";

const GIB = 1024 * 1024;
const OWN_PID = 999;

function aContext(options: Partial<Options> = {}, refused: readonly string[] = []): Context {
  return {
    options: someOptions(options),
    ownPid: OWN_PID,
    takenMs: 10_000_000,
    totalKib: 8 * GIB,
    processCount: 100,
    refused: new Set(refused),
    earlierFamily: 0,
  };
}

function rule(effect: Effect, comm: string, match: Match = {}): Rule {
  const byName: Match = { comm: [{ kind: "glob", source: comm }], ...match };
  return { origin: `test: ${comm}`, match: byName, effect };
}

function namesOf(processes: readonly Process[], options: Partial<Options> = {}): string[] {
  return rank(processes, aContext(options)).candidates.map(({ process }) => process.comm);
}

describe("who is never chosen, however large", () => {
  const refused = aProcess(51);
  const rows: readonly (readonly [SparedBecause, Process])[] = [
    ["init", aProcess(1, { ppid: 0 })],
    ["itself", aProcess(OWN_PID)],
    ["kernel-thread", aProcess(50, { flags: PF_KTHREAD })],
    ["oom-score-adj-minus-1000", aProcess(50, { oomScoreAdj: -1000 })],
    ["exiting", aProcess(50, { flags: PF_EXITING })],
    ["exiting", aProcess(50, { flags: PF_EXITING, state: "Z" })],
    ["refused-before", refused],
    ["root", aProcess(50, { uid: 0 })],
    ["managed-oom-omit", aProcess(50, { managedPreference: "omit" })],
    ["protected", aProcess(50, { comm: "sshd" })],
  ];
  const context = aContext({ ignoreRootUser: true, rules: [rule({ kind: "protect" }, "ssh?")] }, [
    identityOf(refused),
  ]);

  test.each(rows)("%s %#", (because, process) => {
    const huge = { ...process, oomScore: 1999, rssKib: 7 * GIB, sizeKib: 7 * GIB, grownKib: GIB };
    const small = aProcess(60, { comm: "small", oomScore: 1, rssKib: 4 });
    const origin = because === "protected" ? "test: ssh?" : "";
    for (const table of [
      [huge, small],
      [small, huge],
    ]) {
      const { victims, spared } = selectVictims(table, context);
      expect(victims.map((victim) => victim.process.pid)).toEqual([60]);
      expect(spared).toEqual([{ process: huge, because, origin }]);
    }
    const alone = selectVictims([huge], context);
    expect(alone).toMatchObject({ victims: [], next: null, family: null });
  });

  test("root, where nobody asked to spare root", () => {
    expect(namesOf([aProcess(50, { comm: "root's", uid: 0 })])).toEqual(["root's"]);
  });

  test("an empty table", () => {
    expect(selectVictims([], aContext())).toMatchObject({ victims: [], spared: [] });
  });
});

describe("who may well be chosen", () => {
  test("a first thread that has ended while others go on", () => {
    const leader = aProcess(50, { flags: PF_EXITING, state: "Z", threads: 2, comm: "led" });
    expect(namesOf([leader])).toEqual(["led"]);
  });

  test("a later user of a pid that was refused", () => {
    const process = aProcess(50, { startMs: 5000 });
    const later = selectVictims([process], aContext({}, ["50:1000"]));
    expect(later.victims).toHaveLength(1);
  });

  test("an adj of -999", () => {
    expect(namesOf([aProcess(50, { oomScoreAdj: -999, oomScore: 1 })])).toEqual(["paper"]);
  });
});

describe("the order", () => {
  /** Most guilty first, as earlyoom's test of is_larger. */
  const ordered = [
    aProcess(10, { comm: "largest score", oomScore: 900, rssKib: 5 }),
    aProcess(11, { comm: "larger RSS", oomScore: 800, rssKib: 3000 }),
    aProcess(12, { comm: "younger", oomScore: 800, rssKib: 2000, startMs: 90_000 }),
    aProcess(14, { comm: "larger pid", oomScore: 800, rssKib: 2000, startMs: 50_000 }),
    aProcess(13, { comm: "smaller pid", oomScore: 800, rssKib: 2000, startMs: 50_000 }),
    aProcess(15, { comm: "no RSS", oomScore: 800, rssKib: 0 }),
    aProcess(16, { comm: "small score", oomScore: 1, rssKib: GIB }),
  ];

  test("every pair compares by its place in the list", () => {
    for (const [i, a] of ordered.entries()) {
      for (const b of ordered.slice(i + 1)) {
        expect(namesOf([a, b])).toEqual([a.comm, b.comm]);
        expect(namesOf([b, a])).toEqual([a.comm, b.comm]);
      }
    }
  });

  test("by RSS when that is asked for", () => {
    expect(namesOf(ordered, { sortBy: "rss" })).toEqual([
      "small score",
      "larger RSS",
      "younger",
      "larger pid",
      "smaller pid",
      "largest score",
      "no RSS",
    ]);
  });

  test("the second is next in line", () => {
    const { victims, next } = selectVictims(ordered, aContext());
    expect(victims[0]?.process.comm).toBe("largest score");
    expect(next?.process.comm).toBe("larger RSS");
  });
});

describe("oom_score_adj", () => {
  /** What the kernel makes of a share of all memory. */
  function sized(memPercent: number, oomScoreAdj: number): Process {
    const oomScore = Math.floor(((1000 + oomScoreAdj + 10 * memPercent) * 2) / 3);
    return aProcess(memPercent, { comm: `${memPercent} %`, oomScore, oomScoreAdj });
  }
  const processes = [sized(5, 300), sized(20, 0), sized(60, -600)];

  test.each([
    ["respect", ["5 %", "20 %", "60 %"]],
    ["discount-positive", ["20 %", "5 %", "60 %"]],
    ["ignore", ["60 %", "20 %", "5 %"]],
  ] as const)("%s", (adjPolicy, expected) => {
    expect(namesOf(processes, { adjPolicy })).toEqual([...expected]);
  });
});

describe("rules", () => {
  const a = aProcess(10, { comm: "a", oomScore: 800 });
  const b = aProcess(11, { comm: "b", oomScore: 700 });
  const spared = aProcess(12, { comm: "spared", oomScore: 600, oomScoreAdj: -100 });
  const points = (of: string, n: number) => rule({ kind: "points", points: n }, of);
  const percent = (of: string, n: number) => rule({ kind: "percent", percent: n }, of);

  test.each([
    [[points("b", 101)], ["b", "a"]],
    [[points("b", 99)], ["a", "b"]],
    [[points("a", -101)], ["b", "a"]],
    [[percent("b", 120)], ["b", "a"]],
    [[percent("a", 50)], ["b", "a"]],
    [
      [points("b", 60), points("b", 60)],
      ["b", "a"],
    ],
    [
      [points("b", 200), points("?", -150), points("a", 150)],
      ["a", "b"],
    ],
    [[rule({ kind: "protect" }, "a"), points("a", 500)], ["b"]],
  ])("%#", (rules, expected) => {
    expect(namesOf([a, b], { rules })).toEqual(expected);
  });

  test("each rule's points are kept beside its origin, to explain them", () => {
    const rules = [points("a", -101), percent("?", 110), points("z", 5)];
    const [candidate] = rank([a, b], aContext({ rules })).candidates;
    expect(candidate).toMatchObject({
      score: 800 - 101 + 80,
      points: [
        { origin: "test: a", points: -101 },
        { origin: "test: ?", points: 80 },
      ],
    });
  });

  test("nothing raises who asked to be spared; what lowers still counts", () => {
    const raise = [points("spared", 500), percent("spared", 300)];
    const [raised] = rank([spared], aContext({ rules: raise })).candidates;
    expect(raised).toMatchObject({ score: 600, points: [] });
    const lower = [points("spared", -50), percent("spared", 50)];
    expect(rank([spared], aContext({ rules: lower })).candidates[0]?.score).toBe(250);
  });

  test("ManagedOOMPreference=avoid comes after all others, and before nobody", () => {
    const avoid = aProcess(13, { comm: "avoid", oomScore: 1333, managedPreference: "avoid" });
    expect(namesOf([avoid, a, b, spared])).toEqual(["a", "b", "spared", "avoid"]);
    expect(namesOf([avoid])).toEqual(["avoid"]);
  });
});

describe("growth", () => {
  test("who takes the memory goes before who has had it for long", () => {
    const old = aProcess(10, { comm: "old", oomScore: 850, grownKib: 0 });
    const leak = aProcess(11, { comm: "leak", oomScore: 700, grownKib: GIB });
    expect(namesOf([old, leak])).toEqual(["leak", "old"]);
  });

  test("what is small beside the machine is noise", () => {
    const old = aProcess(10, { comm: "old", oomScore: 701 });
    const busy = aProcess(11, { comm: "busy", oomScore: 700, grownKib: 0.01 * 8 * GIB });
    expect(namesOf([old, busy])).toEqual(["old", "busy"]);
  });

  test("who reads a file back that was evicted is no match for the largest", () => {
    const large = aProcess(10, { comm: "large", oomScore: 869 });
    const innocent = aProcess(11, { comm: "innocent", oomScore: 710, grownKib: 0.013 * 8 * GIB });
    expect(namesOf([large, innocent])).toEqual(["large", "innocent"]);
  });

  test("a slow leak still goes before one who is larger by a tenth of all memory", () => {
    const old = aProcess(10, { comm: "old", oomScore: 800 });
    const leak = aProcess(11, { comm: "leak", oomScore: 733, grownKib: 0.02 * 8 * GIB });
    expect(namesOf([old, leak])).toEqual(["leak", "old"]);
  });

  test("who grew most is known even when nobody may end it", () => {
    const sshd = aProcess(10, { comm: "sshd", grownKib: 500, sizeKib: 900 });
    const rules = [rule({ kind: "protect" }, "sshd")];
    const { grower, victims } = selectVictims([sshd, aProcess(11)], aContext({ rules }));
    expect(grower).toEqual({ name: "sshd", pid: 10, sizeKib: 900, grownKib: 500 });
    expect(victims[0]?.process.pid).toBe(11);
  });
});

describe("who dies with the victim", () => {
  const hog = aProcess(10, { comm: "hog", oomScore: 900, pgid: 10, cgroup: "/app.scope" });
  const inGroup = aProcess(11, { comm: "in group", pgid: 10, cgroup: "/other.scope" });
  const inCgroup = aProcess(12, { comm: "in cgroup", cgroup: "/app.scope" });
  const other = aProcess(13, { comm: "other" });
  const table = [hog, inGroup, inCgroup, other];
  const scopes = [
    ["process", ["hog"]],
    ["process-group", ["hog", "in group"]],
    ["cgroup", ["hog", "in cgroup"]],
  ] as const;

  test.each(scopes)("%s", (scope, expected) => {
    const { victims, next } = selectVictims(table, aContext({ scope }));
    expect(victims.map(({ process }) => process.comm)).toEqual([...expected]);
    expect(victims.map(({ process }) => process)).not.toContain(next?.process);
    const rules = [rule({ kind: "group", scope }, "hog")];
    expect(selectVictims(table, aContext({ rules })).victims).toHaveLength(expected.length);
  });

  test("the protected of its group live on", () => {
    const options = { scope: "process-group", rules: [rule({ kind: "protect" }, "in group")] };
    const { victims } = selectVictims(table, aContext(options as Partial<Options>));
    expect(victims.map(({ process }) => process.comm)).toEqual(["hog"]);
  });

  test("the root cgroup is nobody's own", () => {
    const rooted = table.map((process) => ({ ...process, cgroup: "/" }));
    expect(selectVictims(rooted, aContext({ scope: "cgroup" })).victims).toHaveLength(1);
  });
});

describe("who holds next to nothing", () => {
  test("is not ended, because that helps nobody, but is named", () => {
    const small = aProcess(10, { oomScore: 900, rssKib: 2000, sizeKib: 2000 });
    const selection = selectVictims([small], aContext());
    expect(selection.victims).toEqual([]);
    expect(selection.next?.process.pid).toBe(10);
  });

  test("makes way for a larger one, even when it is preferred", () => {
    const small = aProcess(10, { oomScore: 900, rssKib: 2000, sizeKib: 2000 });
    const large = aProcess(11, { oomScore: 700, rssKib: 90_000, sizeKib: 90_000 });
    const { victims } = selectVictims([small, large], aContext());
    expect(victims.map(({ process }) => process.pid)).toEqual([11]);
  });
});
