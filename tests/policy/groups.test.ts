import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Options, Rule } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import type { Selection } from "../../src/model/selection.ts";
import { selectVictims } from "../../src/policy/victim.ts";
import { aProcess, someOptions } from "../helpers/nouns.ts";
import { OWN_PID, TOTAL_KIB } from "../helpers/tables.ts";

const MIB = 1024;

/** Many small processes of one making; each differs in what is given. */
function storm(
  count: number,
  changes: Partial<Process> | ((index: number) => Partial<Process>) = {},
): Process[] {
  return Array.from({ length: count }, (_item, i) =>
    aProcess(100 + i, {
      comm: "storm",
      ppid: 50,
      pgid: 50,
      sessionId: 40,
      oomScore: 668,
      rssKib: 30 * MIB,
      sizeKib: 30 * MIB,
      grownKib: 30 * MIB,
      ...(typeof changes === "function" ? changes(i) : changes),
    }),
  );
}

const shell = aProcess(40, { comm: "bash", ppid: 30, sessionId: 40 });
const producer = aProcess(50, { comm: "storm", ppid: 40, pgid: 50, sessionId: 40, oomScore: 667 });
const desktop = aProcess(60, { comm: "desktop", oomScore: 850, sizeKib: 2000 * MIB });

function choose(
  table: readonly Process[],
  options: Partial<Options> = {},
  earlierFamily = 0,
): Selection {
  return selectVictims(table, {
    options: someOptions(options),
    ownPid: OWN_PID,
    takenMs: 1_000_000,
    totalKib: TOTAL_KIB,
    processCount: table.length,
    refused: new Set(),
    earlierFamily,
  });
}

function pidsOf({ victims }: Selection): number[] {
  return victims.map(({ process }) => process.pid).toSorted((a, b) => a - b);
}

function protect(comm: string): Rule {
  return {
    origin: "-u",
    match: { comm: [{ kind: "glob", source: comm }] },
    effect: { kind: "protect" },
  };
}

describe("a fork storm beside a bystander that is larger than each of it", () => {
  test("dies whole, its producer first, and the bystander lives", () => {
    const members = storm(20);
    const selection = choose([shell, desktop, producer, ...members]);
    expect(pidsOf(selection)).toEqual([50, ...members.map(({ pid }) => pid)]);
    expect(selection.victims[0]?.process.pid).toBe(50);
    expect(selection.next?.process.comm).toBe("desktop");
    expect(selection.family).toEqual({
      tie: "parent",
      id: 50,
      count: 21,
      sizeKib: 600 * MIB,
      grownKib: 600 * MIB,
      growthPercent: 100,
    });
    expect(selection.grower).toMatchObject({ sizeKib: 600 * MIB, grownKib: 600 * MIB });
  });

  test("takes its whole group along where that is asked for", () => {
    const leader = { ...producer, pid: 50, pgid: 50, sessionId: 50 };
    const table = [desktop, leader, ...storm(20)];
    expect(pidsOf(choose(table, { scope: "process-group" }))).toEqual([
      50,
      ...pidsOf(choose(table)),
    ]);
  });

  test.each([
    ["process-group", { ppid: 1 }, 50],
    ["session", { ppid: 1, pgid: 0 }, 40],
  ] as const)("orphans are known by their %s", (tie, changes, id) => {
    const selection = choose([shell, desktop, ...storm(20, changes)]);
    expect(selection.family).toMatchObject({ tie, id, count: 20 });
  });

  test("each its own parent's only child, as a bomb is, is known by its group", () => {
    const selection = choose([desktop, ...storm(20, (i) => ({ ppid: 99 + i }))]);
    expect(selection.family).toMatchObject({ tie: "process-group", count: 20 });
  });
});

describe("who is no member", () => {
  test("a producer that leads its session: a shell, a terminal, a desktop", () => {
    const leader = { ...shell, pid: 50, sessionId: 50 };
    expect(pidsOf(choose([leader, ...storm(20)]))).not.toContain(50);
  });

  test("unless its family was ended a short while ago, and it made another one", () => {
    const leader = { ...shell, pid: 50, sessionId: 50 };
    expect(pidsOf(choose([leader, ...storm(20)], {}, 50))).toContain(50);
    expect(pidsOf(choose([leader, ...storm(20)], {}, 51))).not.toContain(50);
    const spared = choose([leader, ...storm(20)], { rules: [protect("bash")] }, 50);
    expect(pidsOf(spared)).not.toContain(50);
  });

  test.each(["process-group", "session"] as const)(
    "the leader of the session, known by %s",
    (tie) => {
      const leads = { pid: 40, comm: "storm", ppid: 1, pgid: tie === "session" ? 0 : 40 };
      const leader = { ...shell, ...leads, grownKib: MIB };
      const members = storm(20, { ppid: 1, pgid: leads.pgid });
      const selection = choose([leader, ...members]);
      expect(selection.family?.tie).toBe(tie);
      expect(pidsOf(selection)).not.toContain(40);
    },
  );

  test("an innocent program that the same shell started", () => {
    const editor = { ...desktop, ppid: 50, pgid: 50, sessionId: 40, grownKib: MIB };
    expect(pidsOf(choose([editor, ...storm(20)]))).not.toContain(60);
  });

  test("one of the same name that does not grow", () => {
    const old = aProcess(90, { comm: "storm", ppid: 50, grownKib: 0 });
    expect(pidsOf(choose([old, ...storm(20)]))).not.toContain(90);
  });

  test("the protected, ourselves, init and the exempt, though they have all its marks", () => {
    const marks = { comm: "storm", ppid: 50, pgid: 50, sessionId: 40, grownKib: 30 * MIB };
    const table = [
      aProcess(1, { ...marks, ppid: 0 }),
      aProcess(OWN_PID, marks),
      aProcess(70, { ...marks, oomScoreAdj: -1000 }),
      aProcess(71, { ...marks, managedPreference: "omit" }),
      ...storm(20),
    ];
    expect(pidsOf(choose(table))).toEqual(storm(20).map(({ pid }) => pid));
    const spared = choose([producer, desktop, ...storm(20)], { rules: [protect("storm")] });
    expect(spared).toMatchObject({ family: null });
    expect(pidsOf(spared)).toEqual([60]);
  });

  test("the children of init, who have nothing else in common", () => {
    const strangers = storm(20, (i) => ({ ppid: 1, pgid: 100 + i, sessionId: 100 + i }));
    expect(choose(strangers).family).toBeNull();
  });
});

describe("what is no family", () => {
  const cases: readonly (readonly [string, readonly Process[]])[] = [
    ["three of a kind", storm(3)],
    ["one that did nearly all of it", storm(20, (i) => ({ grownKib: i === 0 ? 900 * MIB : MIB }))],
    ["a small part of the growth", [{ ...desktop, grownKib: 900 * MIB }, ...storm(20)]],
    ["growth that is nothing beside the machine", storm(20, { grownKib: MIB })],
    ["different programs of one shell", storm(20, (i) => ({ comm: `program ${i}` }))],
  ];
  test.each(cases)("%s", (_name, table) => {
    const selection = choose([shell, ...table]);
    expect(selection.family).toBeNull();
    expect(selection.victims).toHaveLength(1);
  });
});

test("whom rules or systemd want to die last is not made the first by its kin", () => {
  const avoid: Rule = {
    origin: "--avoid",
    match: { comm: [{ kind: "glob", source: "storm" }] },
    effect: { kind: "points", points: -300 },
  };
  expect(pidsOf(choose([desktop, shell, ...storm(8)], { rules: [avoid] }))).toEqual([60]);
  const told = storm(8, { managedPreference: "avoid" });
  expect(pidsOf(choose([desktop, shell, ...told]))).toEqual([60]);
});

test("a family that holds next to nothing is not ended in place of who holds all", () => {
  const small = { sizeKib: TOTAL_KIB / 450, grownKib: TOTAL_KIB / 450 };
  expect(pidsOf(choose([desktop, shell, ...storm(8, small)]))).toEqual([60]);
  expect(pidsOf(choose([desktop, shell, ...storm(10, small)]))).not.toContain(60);
});

test("however large the storm and the bystander are, the bystander lives", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 200 }),
      fc.integer({ min: 40 * MIB, max: 100 * MIB }),
      fc.integer({ min: 668, max: 1300 }),
      fc.constantFrom({}, { ppid: 1 }, { ppid: 1, pgid: 0 }),
      (count, grownKib, oomScore, ties) => {
        const members = storm(count, { grownKib, sizeKib: grownKib, ...ties });
        const selection = choose([{ ...desktop, oomScore }, shell, ...members]);
        expect(pidsOf(selection)).toEqual(members.map(({ pid }) => pid));
      },
    ),
  );
});
