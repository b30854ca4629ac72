import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LOSS_POINTS } from "../../src/model/limits.ts";
import type { Effect, Match, Options, Rule } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import type { Selection } from "../../src/model/selection.ts";
import { attribute, sharingOf } from "../../src/policy/attribution.ts";
import { type Context, isAvoided, lossPoints, toCandidate } from "../../src/policy/ranking.ts";
import { rank, selectVictims } from "../../src/policy/victim.ts";
import { aContext, aLoss, aProcess } from "../helpers/nouns.ts";

const GIB = 1024 * 1024;

function rule(effect: Effect, comm: string, match: Match = {}): Rule {
  const byName: Match = { comm: [{ kind: "glob", source: comm }], ...match };
  return { origin: `test: ${comm}`, match: byName, effect };
}

function namesOf(processes: readonly Process[], options: Partial<Options> = {}): string[] {
  return rank(processes, aContext({}, options)).candidates.map(({ process }) => process.comm);
}

describe("the order", () => {
  /** Of all sizes, and each worth it. */
  const sized = (kib: number) => ({ rssKib: kib, sizeKib: kib });

  /** First the one to be killed first, as in earlyoom's test of is_larger. */
  const ordered = [
    aProcess(10, { comm: "largest score", oomScore: 900, ...sized(20_000) }),
    aProcess(11, { comm: "larger", oomScore: 800, ...sized(60_000) }),
    aProcess(12, { comm: "younger", oomScore: 800, ...sized(40_000), startMs: 90_000 }),
    aProcess(14, { comm: "larger pid", oomScore: 800, ...sized(40_000), startMs: 50_000 }),
    aProcess(13, { comm: "smaller pid", oomScore: 800, ...sized(40_000), startMs: 50_000 }),
    aProcess(15, { comm: "smallest", oomScore: 800, ...sized(17_000) }),
    aProcess(16, { comm: "small score", oomScore: 1, ...sized(GIB) }),
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
      "larger",
      "younger",
      "larger pid",
      "smaller pid",
      "largest score",
      "smallest",
    ]);
  });

  test("the second is next in line", () => {
    const { victims, next } = selectVictims(ordered, aContext());
    expect(victims[0]?.process.comm).toBe("largest score");
    expect(next?.process.comm).toBe("larger");
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
    const [candidate] = rank([a, b], aContext({}, { rules })).candidates;
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
    const [raised] = rank([spared], aContext({}, { rules: raise })).candidates;
    expect(raised).toMatchObject({ score: 600, points: [] });
    const lower = [points("spared", -50), percent("spared", 50)];
    expect(rank([spared], aContext({}, { rules: lower })).candidates[0]?.score).toBe(250);
  });

  test("ManagedOOMPreference=avoid comes after all others, and before nobody", () => {
    const avoid = aProcess(13, { comm: "avoid", oomScore: 1333, managedPreference: "avoid" });
    expect(namesOf([avoid, a, b, spared])).toEqual(["a", "b", "spared", "avoid"]);
    expect(namesOf([avoid])).toEqual(["avoid"]);
  });
});

/** A choice among these, after so much was lost. */
function choose(
  processes: readonly Process[],
  lostKib: number,
  changes: Partial<Context> = {},
  options: Partial<Options> = {},
): Selection {
  const loss = aLoss(lostKib, { latelyKib: lostKib / 2 });
  return selectVictims(processes, aContext({ loss, ...changes }, options));
}

function chosen(...args: Parameters<typeof choose>): string {
  return choose(...args).victims[0]?.process.comm ?? "";
}

describe("who took what was lost", () => {
  const old = aProcess(10, { comm: "old", oomScore: 1300, rssKib: 5 * GIB, sizeKib: 5 * GIB });

  function leak(tookKib: number, changes: Partial<Process> = {}): Process {
    const sizes = { rssKib: tookKib, sizeKib: tookKib, grownKib: tookKib, latelyKib: tookKib / 2 };
    return aProcess(11, { comm: "leak", oomScore: 670, ...sizes, ...changes });
  }

  test("goes before an old program, however large that is", () => {
    for (const tookKib of [40_000, 200_000, GIB]) {
      expect(chosen([old, leak(tookKib)], tookKib)).toBe("leak");
    }
  });

  test("also when it took half, or a third, and has stopped since", () => {
    for (const part of [0.9, 0.5, 0.4]) {
      const stopped = leak(part * GIB, { latelyKib: 0 });
      expect(chosen([{ ...old, oomScore: 850 }, stopped], GIB)).toBe("leak");
    }
  });

  test("is not who took next to nothing of it", () => {
    expect(chosen([old, leak(0.02 * GIB)], GIB)).toBe("old");
  });

  test("does not matter where nothing was lost: then size decides", () => {
    expect(chosen([old, leak(GIB)], 0)).toBe("old");
  });

  test("is told in the points, beside what rules gave", () => {
    const { victims } = choose([old, leak(GIB)], GIB);
    const points = [{ origin: "took what was lost", points: LOSS_POINTS }];
    expect(victims).toMatchObject([{ points, tookKib: GIB, share: 1, latelyShare: 1 }]);
  });

  test("gets more for more of it, and nobody gets more than for all", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (some, more, latelyShare) => {
        const pointsOf = (of: number) => lossPoints({ share: of, latelyShare }, 0);
        const [least, most] = [Math.min(some, more), Math.max(some, more)];
        expect(pointsOf(most)).toBeGreaterThanOrEqual(pointsOf(least));
        expect(pointsOf(most)).toBeWithin(0, LOSS_POINTS + 1);
      }),
    );
  });

  test("of whom rules or systemd want to live is no reason to choose them", () => {
    const avoid = rule({ kind: "points", points: -300 }, "leak");
    expect(chosen([old, leak(GIB)], GIB, {}, { rules: [avoid] })).toBe("old");
    expect(chosen([old, leak(GIB, { managedPreference: "avoid" })], GIB)).toBe("old");
    expect(lossPoints({ share: 1, latelyShare: 1 }, -300)).toBe(0);
  });

  test("but one that is avoided is chosen when it is all there is", () => {
    const avoid = rule({ kind: "points", points: -300 }, "leak");
    expect(chosen([leak(GIB)], GIB, {}, { rules: [avoid] })).toBe("leak");
  });

  test("weighs more of whom rules prefer, and not more than twice as much", () => {
    const took = { tookKib: 1, share: 0.5, latelyShare: 0.5 };
    expect(lossPoints(took, 300)).toBe(2 * lossPoints(took, 0));
    expect(lossPoints(took, 3000)).toBe(2 * lossPoints(took, 0));
  });
});

describe("decoys: kills gave back nothing of what is missing", () => {
  /** Mallory's: a positive adjustment on next to nothing, born again and again. */
  const decoys = Array.from({ length: 5 }, (_item, i) =>
    aProcess(100 + i, {
      comm: "decoy",
      oomScore: 1330,
      oomScoreAdj: 1000,
      rssKib: 20_000,
      sizeKib: 20_000,
    }),
  );
  const hog = aProcess(50, { comm: "hog", oomScore: 900, rssKib: 4 * GIB, sizeKib: 4 * GIB });

  test("adjustments and small sizes do not count any more: the largest goes", () => {
    expect(chosen([...decoys, hog], 0)).toBe("decoy");
    expect(chosen([...decoys, hog], 0, { isInVain: true })).toBe("hog");
  });

  test("but who may not be killed is not, and who is avoided goes last", () => {
    const context = { isInVain: true };
    const exempt = { ...hog, oomScoreAdj: -1000 };
    expect(chosen([...decoys, exempt], 0, context)).toBe("decoy");
    const protect = rule({ kind: "protect" }, "hog");
    expect(chosen([...decoys, hog], 0, context, { rules: [protect] })).toBe("decoy");
    const avoided = { ...hog, managedPreference: "avoid" } as const;
    expect(chosen([...decoys, avoided], 0, context)).toBe("decoy");
  });
});

describe("whether somebody is to be killed later than its size says", () => {
  const judged = (changes: Partial<Process>, rules: readonly Rule[]) => {
    const process = aProcess(42, { comm: "a", grownKib: GIB, latelyKib: GIB, ...changes });
    const loss = aLoss(GIB);
    const context = aContext({ loss }, { rules });
    return isAvoided(
      toCandidate(process, attribute(process, loss, sharingOf([process], loss)), context),
    );
  };

  test.each([
    [{}, [], false],
    [{}, [rule({ kind: "points", points: -10 }, "a")], true],
    [{}, [rule({ kind: "points", points: 10 }, "a")], false],
    [{}, [rule({ kind: "percent", percent: 50 }, "a")], true],
    [{ managedPreference: "avoid" }, [], true],
    [{ managedPreference: "avoid" }, [rule({ kind: "points", points: 3000 }, "a")], false],
  ] as const)("%j by rules %#", (changes, rules, expected) => {
    expect(judged(changes, rules)).toBe(expected);
  });
});
