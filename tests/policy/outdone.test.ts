import { describe, expect, test } from "bun:test";
import type { Process } from "../../src/model/process.ts";
import type { Candidate, Group } from "../../src/model/selection.ts";
import { isOutdone } from "../../src/policy/groups.ts";
import { attribute, sharingOf, takingMs } from "../../src/policy/attribution.ts";
import { choose, crowd, desktop, pidsOf, shell } from "../helpers/crowds.ts";
import { aCandidate, aLoss, aProcess } from "../helpers/nouns.ts";

const MIB = 1024;
const loss = { lostKib: 700 * MIB, latelyKib: 400 * MIB, sinceMs: 10_000, latelyMs: 5000 };

describe("one that alone took more than a group of heaps that fill again", () => {
  const heaps = crowd(5, () => ({
    ppid: 2,
    comm: "java",
    grownKib: 60 * MIB,
    latelyKib: 60 * MIB,
  }));
  const chosen = (changes: Partial<Process>, more = {}) =>
    pidsOf(
      choose([shell, desktop, ...heaps, aProcess(42, { comm: "leak", ...changes })], {
        loss: { ...loss, ...more },
      }),
    );
  const isHeap = (pid: number) => heaps.some((heap) => heap.pid === pid);

  test("dies in their place while it goes on", () => {
    const took = (grownKib: number, latelyKib: number) =>
      chosen({ sizeKib: grownKib, grownKib, latelyKib });
    expect(took(400 * MIB, 100 * MIB)).toEqual([42]);
    expect(took(400 * MIB, 0).every(isHeap)).toBe(true);
  });

  test("also when what it takes is shared memory", () => {
    const shared = { shmemKib: 400 * MIB, latelyShmemKib: 100 * MIB };
    const leak = { shmemGrownKib: 400 * MIB, shmemLatelyKib: 100 * MIB, shmemHeldKib: 400 * MIB };
    expect(chosen({ sizeKib: 0, ...leak }, shared)).toEqual([42]);
  });
});

describe("one outdoes a group", () => {
  const group: Group = { tie: "kind", id: "1000 java", count: 5, tookKib: 350, isStorm: false };
  const lossOf700 = aLoss(700, { sinceMs: 10_000, latelyMs: 5000, latelyKib: 400 });

  /** Whether it does who took 400 of 700 KiB in 10 s, 100 of them in the last 5. */
  function outdoes(
    by: Partial<Candidate>,
    changes: Partial<Group> = {},
    memberScores: readonly number[] = [800, 900],
  ): boolean {
    const members = memberScores.map((score, i) => aCandidate(aProcess(50 + i), { score }));
    const shares = { share: 350 / 700, latelyShare: 1 };
    const found = { group: { ...group, ...changes }, victims: [], members, ...shares, score: 2000 };
    const took = { score: 901, tookKib: 400, share: 4 / 7, latelyShare: 100 / 400 };
    return isOutdone(found, aCandidate(aProcess(42), { ...took, ...by }), lossOf700);
  }

  test.each([
    ["that took half of what was lost", { share: 0.5 }, 0.499],
    ["that took no less than all of them", { tookKib: 350, latelyShare: 0.5 }, 349],
    ["that goes on at half of its own pace", { latelyShare: 100 / 400 }, 99 / 400],
    ["that would be killed before each of them", { score: 901 }, 900],
  ] as const)("%s, and not with less", (_name, enough, less) => {
    const [key] = Object.keys(enough);
    expect([outdoes(enough), outdoes({ ...enough, [String(key)]: less })]).toEqual([true, false]);
  });

  test("of whom the last has a lower score, and not if another has a higher one", () => {
    expect(outdoes({}, {}, [902, 900])).toBe(false);
  });

  test("but no storm", () => {
    expect(outdoes({}, { isStorm: true })).toBe(false);
  });
});

describe("one that took at once what it wanted, beside a leak of an hour", () => {
  const HOUR_MS = 3_600_000;
  const long = {
    ...loss,
    lostKib: 1000 * MIB,
    latelyKib: 10 * MIB,
    sinceMs: HOUR_MS,
    baseMs: 9000,
  };
  const settled = aProcess(50, {
    comm: "editor",
    sizeKib: 3900 * MIB,
    oomScore: 990,
    grownKib: 450 * MIB,
    latelyKib: 2 * MIB,
  });
  const leak = { sizeKib: 560 * MIB, grownKib: 550 * MIB, latelyKib: MIB };
  const carriedMs = HOUR_MS - long.baseMs;

  test("lives, for only the leak goes on as ever", () => {
    const processes = [shell, settled, aProcess(42, { comm: "leak", ...leak, carriedMs })];
    expect(pidsOf(choose(processes, { loss: long }))).toEqual([42]);
  });

  test("goes on no faster for the other one's sake", () => {
    const lost = aLoss(long.lostKib, long);
    const { goesOn } = attribute(settled, lost, sharingOf([], lost));
    expect(goesOn).toBeCloseTo((2 / 450) * (9000 / 5000), 9);
  });
});

test("what several took counts for as long as it took them in the mean", () => {
  const took = (pid: number, tookKib: number, carriedMs: number) =>
    aCandidate(aProcess(pid, { carriedMs }), { tookKib });
  const ofBoth = (baseMs: number) =>
    takingMs([took(1, 900, 90_000), took(2, 900, 0)], aLoss(2000, { baseMs }));
  expect(ofBoth(10_000)).toBe(18_182);
  expect(takingMs([took(1, 900, 0)], aLoss(2000, { baseMs: 10_000 }))).toBe(10_000);
  expect(takingMs([], aLoss(2000, { baseMs: 10_000 }))).toBe(10_000);
});
