import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PATIENT_STRIKES } from "../../src/model/limits.ts";
import type { Rule } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import { NOT_STRUCK } from "../../src/policy/ranking.ts";
import { selectVictims } from "../../src/policy/victim.ts";
import { choose, crowd, desktop, pidsOf, producer, protect, shell } from "../helpers/crowds.ts";
import { aContext, aLoss, aProcess, OWN_PID } from "../helpers/nouns.ts";

const MIB = 1024;
const TOTAL_KIB = 8 * 1024 * MIB;

describe("a crowd beside a bystander that is larger than each of it", () => {
  test("loses one at a time, the newest first, and the bystander lives", () => {
    const selection = choose([shell, desktop, producer, ...crowd(20)]);
    expect(pidsOf(selection)).toEqual([119]);
    expect(selection.group).toEqual({
      tie: "parent",
      id: "50 worker",
      count: 20,
      tookKib: 600 * MIB,
      isStorm: false,
    });
    expect(selection.taker).toMatchObject({ count: 20, isStorm: false, tookKib: 600 * MIB });
  });

  test.each([20, 40])("the newest of those of 60 MiB: those of %d give less back", (mib) => {
    const members = crowd(20, (i) => ({ grownKib: (i < 15 ? 60 : mib) * MIB }));
    expect(pidsOf(choose([desktop, ...members]))).toEqual([114]);
  });

  test("those who have stopped growing come last, however much they took", () => {
    const stopped = { ppid: 2, comm: "editor", grownKib: 70 * MIB, latelyKib: 0 };
    const leaks = { grownKib: 40 * MIB, latelyKib: 20 * MIB };
    const members = crowd(3, (i) => ({ ...(i === 2 ? stopped : leaks), pgid: 100 + i }));
    const ofOneUser = members.map((member) => ({ ...member, sessionId: member.pid, uid: 1000 }));
    const selection = choose(ofOneUser);
    expect(selection.group).toMatchObject({ tie: "user", count: 3 });
    expect(pidsOf(selection)).toEqual([101]);
  });

  test("one that goes on comes before newer ones that have settled, if it is not small", () => {
    const members = (grownKib: number) =>
      crowd(4, (i) =>
        i === 0 ? { grownKib, latelyKib: MIB } : { grownKib: 60 * MIB, latelyKib: 0 },
      );
    const first = (grownKib: number, loss = {}) =>
      pidsOf(choose([desktop, ...members(grownKib)], { loss }));
    expect([first(59 * MIB), first(31 * MIB), first(29 * MIB)]).toEqual([[100], [100], [103]]);
    // Others take more of late.
    expect(first(59 * MIB, { latelyKib: 3 * MIB })).toEqual([103]);
  });

  test("while all of them rest, who goes on a little lives, unless it took an eighth", () => {
    const members = crowd(10, { grownKib: 60 * MIB, latelyKib: 0 });
    const first = (grownKib: number) => {
      const noisy = aProcess(70, { sizeKib: grownKib, grownKib, latelyKib: 9 * MIB });
      const loss = { lostKib: 600 * MIB + grownKib, latelyKib: 9 * MIB };
      return pidsOf(choose([...members, noisy], { loss }));
    };
    expect([first(20 * MIB), first(80 * MIB)]).toEqual([[109], [109]]);
    expect(first(200 * MIB)).toEqual([70]);
  });

  test("those that took next to nothing are there by chance, and not counted", () => {
    const members = crowd(20, (i) => ({ grownKib: i < 5 ? 120 * MIB : MIB }));
    expect(choose([desktop, ...members]).group?.count).toBe(5);
  });

  test("who starts the others comes last, and is left while there are others", () => {
    const parent = { ...producer, grownKib: 50 * MIB, latelyKib: 25 * MIB, startMs: 990_000 };
    expect(pidsOf(choose([desktop, parent, ...crowd(6, { ppid: 50, pgid: 50 })]))).not.toContain(
      50,
    );
    const struck = { ...NOT_STRUCK, name: "parent 50 worker", kills: 3, victims: 6, sinceMs: 0 };
    const circumstances = { struck, loss: { needKib: 1e9 } };
    expect(pidsOf(choose([desktop, parent, ...crowd(6)], circumstances))).not.toContain(50);
  });

  test("who starts them by a helper that took nothing is left: a browser, by its zygote", () => {
    const tie = { pgid: 50, sessionId: 40, comm: "browser" };
    const main = { ...producer, ...tie, grownKib: 600 * MIB, latelyKib: 300 * MIB };
    const zygote = aProcess(51, { ...tie, ppid: 50 });
    const tabs = crowd(20, { ...tie, ppid: 51, grownKib: 150 * MIB });
    const selection = choose([main, zygote, ...tabs]);
    expect([selection.group?.tie, pidsOf(selection)]).toEqual(["process-group", [119]]);
    const struck = { ...NOT_STRUCK, name: "process-group 50 browser", kills: 1, victims: 1 };
    const all = choose([main, zygote, ...tabs], { struck, loss: { needKib: 1e9 } });
    expect(pidsOf(all)).not.toContain(50);
  });

  test("what nobody took is not told of beside it", () => {
    const loss = { lostKib: 1100 * MIB };
    expect(choose([desktop, ...crowd(20)], { loss })).toMatchObject({
      group: { tookKib: 600 * MIB },
      unknownKib: 0,
    });
  });

  test("knows what was left when one of it was killed, and of another group nothing", () => {
    const struckKib = (name: string) =>
      choose([desktop, ...crowd(20)], { struck: { ...NOT_STRUCK, name, leftKib: 5000 } }).taker
        ?.struckKib;
    expect(struckKib("parent 50 worker")).toBe(5000);
    expect(struckKib("parent 51 worker")).toBe(-1);
  });

  test("knows which part of it still grows", () => {
    const growing = (latelyKib: (index: number) => number) =>
      choose([desktop, ...crowd(20, (i) => ({ latelyKib: latelyKib(i) }))]).taker?.growingShare;
    expect(growing(() => 10 * MIB)).toBe(1);
    expect(growing((i) => (i < 15 ? 0 : 30 * MIB))).toBe(0.25);
    expect(growing((i) => (i < 15 ? 1 * MIB : 30 * MIB))).toBe(0.25);
  });

  test("more at once when the others take much until one is gone", () => {
    const loss = { latelyKib: 400 * MIB, latelyMs: 1000 };
    expect(pidsOf(choose([desktop, ...crowd(20)], { loss })).length).toBeGreaterThan(1);
  });

  test("several at once, as many as give back what is missing, when one was not enough", () => {
    const name = "parent 50 worker";
    const struck = {
      ...NOT_STRUCK,
      name,
      kills: PATIENT_STRIKES,
      victims: PATIENT_STRIKES,
      sinceMs: 9_990_000,
    };
    const loss = { needKib: 99 * MIB, latelyMs: 1e9 };
    expect(pidsOf(choose([desktop, ...crowd(20)], { struck, loss }))).toEqual([119, 118, 117, 116]);
    expect(pidsOf(choose([desktop, ...crowd(20)], { loss }))).toHaveLength(1);
    // Half of what was lost will do, with what is lost meanwhile; below the hard limits all of it.
    const far = { needKib: 500 * MIB, lostKib: 600 * MIB, latelyMs: 1e9 };
    expect(pidsOf(choose([desktop, ...crowd(20)], { struck, loss: far }))).toHaveLength(11);
    const hard = aContext({ loss: aLoss(far.lostKib, far), isHard: true });
    expect(selectVictims([desktop, ...crowd(20)], hard).victims).toHaveLength(17);
    const shared = crowd(20, { grownKib: 1024, shmemGrownKib: 30 * MIB, shmemLatelyKib: 1024 });
    const ofShared = { ...loss, shmemKib: 600 * MIB, lostKib: 620 * MIB };
    expect(pidsOf(choose([desktop, ...shared], { struck, loss: ofShared }))).toHaveLength(4);
    const other = { ...struck, name: "parent 51 worker" };
    expect(pidsOf(choose([desktop, ...crowd(20)], { struck: other, loss }))).toHaveLength(1);
  });

  test.each([
    ["parent", {}, "50 worker"],
    ["process-group", { ppid: 1 }, "50 worker"],
    ["session", { ppid: 1, pgid: 0 }, "40 worker"],
    ["kind", { ppid: 1, pgid: 0, sessionId: 0 }, "1000 worker"],
  ] as const)("is known by the narrowest tie: %s", (tie, changes, id) => {
    const selection = choose([shell, desktop, ...crowd(20, changes)]);
    expect(selection.group).toMatchObject({ tie, id, count: 20 });
  });
});

describe("unrelated leakers of one kind", () => {
  const loners = (count: number, changes: Partial<Process> = {}) =>
    crowd(count, (i) => ({
      ppid: 1,
      pgid: 100 + i,
      sessionId: 100 + i,
      grownKib: 80 * MIB,
      ...changes,
    }));

  test.each([3, 8, 20])("%d of them go before one bystander that is larger than each", (count) => {
    const selection = choose([desktop, ...loners(count)]);
    expect(pidsOf(selection)).toEqual([100 + count - 1]);
    expect(selection.group?.tie).toBe("kind");
  });

  test("are one kind by their executable, whatever they call themselves", () => {
    const named = loners(8).map((process, i) => ({ ...process, comm: `w${i}`, exe: "/opt/leak" }));
    expect(choose([desktop, ...named]).group).toMatchObject({ tie: "kind", count: 8 });
  });

  test("of several kinds in one cgroup are known by that, and of one user by that", () => {
    const kinds = loners(9).map((process, i) => ({ ...process, comm: `kind ${i}`, uid: 1001 }));
    const ofUser = choose([desktop, ...kinds]);
    expect(ofUser.group).toMatchObject({ tie: "user", id: "1001", count: 9 });
    const contained = kinds.map((process) => ({ ...process, cgroup: "/a.scope" }));
    expect(choose([desktop, ...contained]).group).toMatchObject({ tie: "cgroup", count: 9 });
    expect([ofUser, choose([desktop, ...contained])].map(({ victims }) => victims.length)).toEqual([
      1, 1,
    ]);
  });

  test("of root are no group for being root's", () => {
    const kinds = loners(9).map((process, i) => ({ ...process, comm: `kind ${i}`, uid: 0 }));
    expect(choose(kinds).group).toBeNull();
  });
});

describe("who is no member", () => {
  test("one of the same name that took nothing", () => {
    const old = aProcess(90, { comm: "worker", ppid: 50, grownKib: 0, startMs: 999_999 });
    const { group } = choose([old, ...crowd(20)]);
    expect(group?.count).toBe(20);
  });

  test("the protected, ourselves, init and the exempt, though they have all its marks", () => {
    const marks = { ...crowd(1)[0], grownKib: 30 * MIB, startMs: 999_999 };
    const table = [
      aProcess(1, { ...marks, pid: 1, ppid: 0 }),
      aProcess(OWN_PID, { ...marks, pid: OWN_PID }),
      aProcess(70, { ...marks, pid: 70, oomScoreAdj: -1000 }),
      aProcess(71, { ...marks, pid: 71, managedPreference: "omit" }),
      ...crowd(20),
    ];
    const selection = choose(table);
    expect(pidsOf(selection)).toEqual([119]);
    expect(selection.group?.count).toBe(20);
    const spared = choose([producer, desktop, ...crowd(20)], {
      options: { rules: [protect("worker")] },
    });
    expect([spared.group, pidsOf(spared)]).toEqual([null, [60]]);
  });

  const avoid: Rule = { ...protect("worker"), effect: { kind: "points", points: -300 } };

  test("whom rules or systemd want to live as long as may be", () => {
    const byRule = choose([desktop, shell, ...crowd(8)], { options: { rules: [avoid] } });
    expect([byRule.group, pidsOf(byRule)]).toEqual([null, [60]]);
    const told = crowd(8, { managedPreference: "avoid" });
    expect(pidsOf(choose([desktop, shell, ...told]))).toEqual([60]);
  });

  test("of whom some are avoided: the others go first, one after the other", () => {
    const half = crowd(8, (i) => ({ managedPreference: i < 4 ? "none" : "avoid" }));
    expect(pidsOf(choose([shell, ...half]))[0]).toBeLessThan(104);
  });
});

describe("what is no group", () => {
  const cases: readonly (readonly [string, readonly Process[]])[] = [
    ["two of a kind", crowd(2)],
    [
      "one that did nearly all of it",
      crowd(20, (i) => ({ grownKib: i === 0 ? 900 * MIB : MIB, latelyKib: i === 0 ? 4e5 : 0 })),
    ],
    [
      "a small part of what was lost",
      [{ ...desktop, grownKib: 2000 * MIB, latelyKib: 1000 * MIB }, ...crowd(10)],
    ],
    [
      "different programs of different users",
      crowd(20, (i) => ({ comm: `program ${i}`, uid: 1000 + i })),
    ],
  ];
  test.each(cases)("%s", (_name, table) => {
    const selection = choose([shell, ...table]);
    expect(selection.group).toBeNull();
    expect(selection.victims).toHaveLength(1);
  });
});

describe("no group took more than was lost", () => {
  test("a browser of 21 processes that share most of what they have", () => {
    const tabs = crowd(21, { grownKib: 140 * MIB });
    const { group } = choose(tabs, { loss: { lostKib: 800 * MIB, needKib: 50 * MIB } });
    expect(group?.tookKib).toBe(800 * MIB);
  });

  test("workers that touch the same shared memory are no group for that", () => {
    const nothing = { grownKib: 0, latelyKib: 0, sizeKib: 20 * MIB, shmemGrownKib: 250 * MIB };
    const workers = crowd(6, nothing);
    const leak = aProcess(70, {
      comm: "leak",
      sizeKib: 400 * MIB,
      grownKib: 400 * MIB,
      latelyKib: 200 * MIB,
    });
    const loss = { lostKib: 420 * MIB, latelyKib: 200 * MIB, shmemKib: 0 };
    expect(pidsOf(choose([...workers, leak], { loss }))).toEqual([70]);
    const grew = { ...loss, lostKib: 650 * MIB, shmemKib: 250 * MIB };
    expect(pidsOf(choose([...workers, leak], { loss: grew }))).toEqual([70]);
  });
});

test("however large the crowd and the bystander are, the bystander lives", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 200 }),
      fc.integer({ min: 40 * MIB, max: 100 * MIB }),
      fc.integer({ min: 668, max: 1300 }),
      fc.constantFrom({}, { ppid: 1 }, { ppid: 1, pgid: 0 }, { ppid: 1, pgid: 0, sessionId: 0 }),
      (count, grownKib, oomScore, ties) => {
        const members = crowd(count, { grownKib, latelyKib: grownKib / 2, ...ties });
        const sizeKib = ((oomScore * 1.5 - 1000) * TOTAL_KIB) / 1000;
        const selection = choose([{ ...desktop, oomScore, sizeKib }, shell, ...members]);
        expect(selection.victims[0]?.process.pid).toBe(100 + count - 1);
        expect(pidsOf(selection)).not.toContain(desktop.pid);
      },
    ),
  );
});
