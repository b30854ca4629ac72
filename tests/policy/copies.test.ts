import { describe, expect, test } from "bun:test";
import { STORM_MS } from "../../src/model/limits.ts";
import type { Rule } from "../../src/model/options.ts";
import { identityOf, PF_FORKNOEXEC, type Process } from "../../src/model/process.ts";
import type { Loss } from "../../src/model/selection.ts";
import type { Context } from "../../src/policy/ranking.ts";
import { rank, selectVictims } from "../../src/policy/victim.ts";
import { choose, crowd, desktop, pidsOf, protect, shell } from "../helpers/crowds.ts";
import { aContext, aLoss, aProcess } from "../helpers/nouns.ts";

const MIB = 1024;

/** Redis, and its child that writes a snapshot while keys change (seen with Redis 7, BGSAVE). */
const redis = aProcess(8, {
  comm: "redis-server",
  oomScore: 700,
  sizeKib: 1206 * MIB,
  rssKib: 1206 * MIB,
  grownKib: 16 * MIB,
  latelyKib: 8 * MIB,
});
const snapshot = aProcess(41, {
  ...redis,
  pid: 41,
  ppid: 8,
  flags: PF_FORKNOEXEC,
  startMs: 900_000,
  oomScore: 697,
  sizeKib: 1118 * MIB,
  heirKib: 1118 * MIB,
  grownKib: 0,
  latelyKib: 0,
});
const table = [shell, desktop, redis, snapshot];
const loss = { lostKib: 350 * MIB, latelyKib: 200 * MIB };

describe("a forked copy that writes a snapshot", () => {
  test("dies for what is copied meanwhile, before its parent and who is larger", () => {
    const selection = choose(table, { loss });
    expect(pidsOf(selection)).toEqual([41]);
    expect(selection.victims[0]).toMatchObject({ tookKib: 334 * MIB });
    expect(selection.taker).toMatchObject({ pid: 41, tookKib: 334 * MIB });
    expect(selection.unknownKib).toBe(0);
  });

  test("is of many the youngest of those that copied for longest, in whatever order", () => {
    const { takenMs } = aContext();
    const workers = crowd(20, (i) => {
      const startMs = takenMs - Math.round(100_000 * 0.96 ** i);
      return { ...snapshot, pid: 100 + i, startMs };
    });
    const long = { ...loss, sinceMs: 100_000, latelyMs: 3000 };
    const choice = (copies: readonly Process[]) =>
      pidsOf(choose([shell, desktop, redis, ...copies], { loss: long }));
    expect([choice(workers), choice(workers.toReversed())]).toEqual([[101], [101]]);
  });

  test("dies although a client that comes and goes took most of the little lost of late", () => {
    // Seen with Redis 7 on 620 MiB: 114 of 121 MiB are nobody's, 5.7 of 13.0 MiB of late.
    const client = aProcess(99, { comm: "redis-cli", ppid: 90, oomScore: 678, sizeKib: 7021 });
    const born = { ...client, startMs: aContext().takenMs - 300, grownKib: 7021, latelyKib: 7020 };
    const quiet = { grownKib: 0, latelyKib: 0, sizeKib: 295 * MIB, rssKib: 295 * MIB };
    const parent = { ...redis, ...quiet, oomScore: 1009 };
    const child = { ...snapshot, ...quiet, heirKib: 292_456, oomScore: 1000 };
    const young = { ...child, startMs: aContext().takenMs - 14_000 };
    const small = { lostKib: 121_233, latelyKib: 12_956, latelyMs: 1406, sinceMs: 13_856 };
    expect(pidsOf(choose([shell, parent, young, born], { loss: small }))).toEqual([41]);
  });

  test("stands first in the order", () => {
    const [first] = rank(table, aContext({ loss: aLoss(loss.lostKib, loss) })).candidates;
    expect(first?.process.pid).toBe(41);
    expect(first?.points).toMatchObject([{ origin: "took what was lost" }]);
  });

  test("with what it took itself, and of the rest no more than it has from its parent", () => {
    const own = { grownKib: 20 * MIB, latelyKib: 10 * MIB };
    const [first] = choose([redis, { ...snapshot, ...own }], { loss }).victims;
    expect(first).toMatchObject({ tookKib: 334 * MIB, share: 334 / 350, latelyShare: 192 / 200 });
    const less = choose([redis, { ...snapshot, ...own, heirKib: 180 * MIB }], { loss });
    expect(less).toMatchObject({ blamedKib: 180 * MIB, taker: { mostKib: 0 } });
    expect(less.victims[0]).toMatchObject({ tookKib: 200 * MIB, latelyShare: 190 / 200 });
    const need = choose([redis, snapshot], { loss: { ...loss, needKib: 600 * MIB } });
    expect(need.victims[0]).toMatchObject({ share: 334 / 600 });
    expect(need.taker).toMatchObject({ mostKib: (1118 - 334) * MIB });
  });

  test("of several that a parent forked may be the one, where none of them is as large", () => {
    const parent = aProcess(8, { comm: "pool", oomScore: 690, sizeKib: 100 * MIB });
    const worker = (pid: number) =>
      aProcess(pid, {
        comm: "pool",
        ppid: 8,
        flags: PF_FORKNOEXEC,
        startMs: 9_950_000 + pid,
        oomScore: 690,
        sizeKib: 100 * MIB,
      });
    const editor = aProcess(70, {
      ...desktop,
      pid: 70,
      comm: "editor",
      grownKib: 44 * MIB,
      latelyKib: 40 * MIB,
    });
    const pool = [shell, desktop, parent, ...[31, 32, 33, 34, 35].map(worker)];
    const selection = choose([...pool, editor], { loss });
    expect(pidsOf(selection)).toEqual([35]);
    // Each may have copied a fifth of what nobody took.
    expect(selection.blamedKib).toBeCloseTo((306 * MIB) / 5);
    expect(selection.victims[0]?.share).toBeCloseTo(306 / 350);
    expect(pidsOf(choose(pool.slice(0, 4), { loss }))).not.toEqual([31]);
    const rules = [protect("pool-parent")];
    const spared = pool.map((one) => (one === parent ? { ...parent, comm: "pool-parent" } : one));
    expect(pidsOf(choose([...spared, editor], { loss, options: { rules } }))).toEqual([35]);
  });

  test("of several is blamed for no more than was lost since they were forked", () => {
    const { takenMs } = aContext();
    const fresh = [31, 32, 33, 34].map((pid) =>
      aProcess(pid, { ...snapshot, pid, startMs: takenMs - 3000, heirKib: 150 * MIB }),
    );
    const long = { ...loss, sinceMs: 95_000, latelyMs: 3000, latelyKib: 60 * MIB };
    expect(choose([shell, desktop, redis, ...fresh], { loss: long }).blamedKib).toBe(0);
  });

  test("of several is no parent of theirs that is such a one itself, of another", () => {
    const forked = { comm: "pool", flags: PF_FORKNOEXEC, oomScore: 690 };
    const first = aProcess(7, { comm: "first", oomScore: 690, sizeKib: 190 * MIB });
    const parent = aProcess(8, {
      ...forked,
      ppid: 7,
      startMs: 9_940_000,
      sizeKib: 400 * MIB,
    });
    const workers = [31, 32].map((pid) =>
      aProcess(pid, { ...forked, ppid: 8, startMs: 9_950_000 + pid, sizeKib: 180 * MIB }),
    );
    expect(pidsOf(choose([shell, desktop, first, parent, ...workers], { loss }))).toEqual([32]);
  });

  test("of several has most of what it has from their parent: a browser's tabs have not", () => {
    const zygote = aProcess(8, { comm: "zygote", oomScore: 670, sizeKib: 14 * MIB });
    const tabs = Array.from({ length: 40 }, (_item, i) =>
      aProcess(100 + i, {
        comm: "tab",
        ppid: 8,
        flags: PF_FORKNOEXEC,
        startMs: 9_950_000,
        oomScore: 680,
        sizeKib: 60 * MIB,
      }),
    );
    expect(pidsOf(choose([shell, desktop, zygote, ...tabs], { loss }))).toEqual([60]);
  });

  test("is killed, and not its parent, though that waits for memory that is read back", () => {
    const parent = { ...redis, oomScore: 800, sizeKib: 2400 * MIB, rssKib: 2400 * MIB };
    const others = Array.from({ length: 6 }, (_item, i) => {
      const its = { sizeKib: 60 * MIB, grownKib: 20 * MIB, latelyKib: 14 * MIB };
      return aProcess(100 + i, { ...its, uid: 2000 + i, cgroup: `/${i}`, oomScore: 680 });
    });
    const faults = {
      isTold: true,
      shares: new Map([[identityOf(parent), 0.9]]),
      confinedShare: 0,
      mostKib: 0.9 * parent.rssKib,
      tookKib: new Map(),
      overMs: 1000,
    };
    const context = aContext({
      faults,
      loss: aLoss(350 * MIB, { latelyKib: 200 * MIB, needKib: 428 * MIB, sharedOfKib: 428 * MIB }),
    });
    const waiting = [shell, desktop, parent, snapshot, ...others];
    expect(pidsOf(selectVictims(waiting, context))).toEqual([41]);
  });

  test("is not blamed for what somebody else took, or tmpfs has", () => {
    const leak = { ...desktop, pid: 61, comm: "leak", grownKib: 300 * MIB, latelyKib: 180 * MIB };
    expect(pidsOf(choose([...table, leak], { loss }))).toEqual([61]);
    const rules = [protect("leak")];
    expect(choose([...table, leak], { loss, options: { rules } }).blamedKib).toBe(0);
    expect(choose(table, { loss: { ...loss, shmemKib: 300 * MIB } }).blamedKib).toBe(0);
  });

  const blamed = (changes: Partial<typeof snapshot>, more: Partial<Loss> = {}) =>
    choose([shell, desktop, redis, { ...snapshot, ...changes }], { loss: { ...loss, ...more } });

  test("nor for what others took of late, or for little beside what is missing", () => {
    const older = { ...desktop, pid: 61, comm: "late", oomScore: 680 };
    const late = { ...older, grownKib: 150 * MIB, latelyKib: 93 * MIB };
    const claimed = (one: typeof late) =>
      choose([redis, snapshot, one], { loss }).candidates.find(({ process }) => process.pid === 41)
        ?.tookKib;
    expect(claimed(late)).toBe(0);
    expect(claimed({ ...late, latelyKib: 92 * MIB })).toBe(184 * MIB);
    expect(blamed({}, { needKib: 668 * MIB }).blamedKib).toBe(334 * MIB);
    expect(blamed({}, { needKib: 669 * MIB }).blamedKib).toBe(0);
    expect(blamed({}, { lostKib: 0, latelyKib: 0 }).blamedKib).toBe(0);
  });

  test("nor a small one, an old one, or one that was born when most was lost already", () => {
    expect(blamed({ heirKib: 175 * MIB }).blamedKib).toBe(175 * MIB);
    const small = blamed({ heirKib: 175 * MIB - 4 });
    expect(pidsOf(small)).toEqual([60]);
    expect(small.unknownKib).toBe(334 * MIB);
    const { takenMs } = aContext();
    const { sinceMs } = aLoss(loss.lostKib, loss);
    const before = takenMs - sinceMs - STORM_MS;
    expect(blamed({ heirKib: 0, startMs: before }).blamedKib).toBe(0);
    expect(blamed({ heirKib: 0, startMs: before + 1 }).blamedKib).toBe(334 * MIB);
    expect(blamed({ heirKib: 0, startMs: before + 1, flags: 0 }).blamedKib).toBe(0);
    expect(blamed({ startMs: takenMs - sinceMs }).blamedKib).toBe(334 * MIB);
    expect(blamed({ startMs: takenMs - 1000 }, { latelyMs: 1000 }).blamedKib).toBe(192 * MIB);
    expect(blamed({ startMs: takenMs - 999 }, { latelyMs: 1000 }).blamedKib).toBe(192 * MIB);
    expect(blamed({ startMs: takenMs - 500 }, { latelyMs: 1000 }).blamedKib).toBe(192 * MIB);
    expect(blamed({ startMs: takenMs - 499 }, { latelyMs: 1000 }).blamedKib).toBe(0);
  });

  test("nor while somebody is dying, after it was in vain, or when its group would die", () => {
    const among = (changes: Partial<Context>, options = {}) =>
      selectVictims(table, aContext({ loss: aLoss(loss.lostKib, loss), ...changes }, options));
    expect(among({}).blamedKib).toBe(334 * MIB);
    for (const selection of [
      among({ dying: new Set(["7:1"]) }),
      among({ refused: new Set(["7:1"]) }),
      among({ mayBlame: false }),
      among({ isInVain: true }),
      among({}, { scope: "process-group" }),
    ]) {
      expect(selection.blamedKib).toBe(0);
    }
    const { match } = protect("redis-server");
    const rules: Rule[] = [{ origin: "r", match, effect: { kind: "group", scope: "cgroup" } }];
    expect(pidsOf(choose(table, { loss, options: { rules } }))).toEqual([60]);
    const other: Rule[] = [{ ...rules[0]!, match: protect("desktop").match }];
    expect(pidsOf(choose(table, { loss, options: { rules: other } }))).toEqual([41]);
  });

  test("and has taken nothing where another one is chosen all the same", () => {
    const kept = choose([redis, { ...snapshot, oomScore: 50, oomScoreAdj: -900 }, desktop], {
      loss: { ...loss, needKib: 600 * MIB },
      options: { rules: [{ ...protect("desktop"), effect: { kind: "points", points: 3000 } }] },
    });
    expect(pidsOf(kept)).toEqual([60]);
    expect(kept.unknownKib).toBe(334 * MIB);
    expect(kept.candidates.map(({ tookKib }) => tookKib)).toEqual([16 * MIB, 0, 0]);
  });

  test("nor one that rules want to live: another one is", () => {
    const rules: Rule[] = [{ ...protect("spared"), effect: { kind: "points", points: -300 } }];
    const spared = { ...snapshot, pid: 43, comm: "spared", startMs: 901_000 };
    const selection = choose([...table, spared], { loss, options: { rules } });
    expect(pidsOf(selection)).toEqual([41]);
  });

  test("of several it is the one that may have taken most, then the youngest", () => {
    const younger = { ...snapshot, pid: 43, startMs: 901_000, heirKib: 180 * MIB };
    expect(pidsOf(choose([...table, younger], { loss }))).toEqual([41]);
    expect(pidsOf(choose([younger, ...table], { loss }))).toEqual([41]);
    const workers = crowd(4, (i) => ({ ...snapshot, pid: 100 + i, startMs: 900_000 + i }));
    expect(pidsOf(choose([shell, desktop, redis, ...workers], { loss }))).toEqual([103]);
    const alike = workers.map((one) => ({ ...one, startMs: 900_000 }));
    expect(pidsOf(choose([redis, ...alike.toReversed()], { loss }))).toEqual([103]);
  });

  test("of several it is the one that copied for longest: the youngest has hardly begun", () => {
    const workers = crowd(4, (i) => ({
      ...snapshot,
      pid: 100 + i,
      startMs: 9_900_000 + 20_000 * i,
    }));
    expect(pidsOf(choose([shell, desktop, redis, ...workers], { loss }))).toEqual([100]);
  });
});

test("where all is known, nobody is blamed, also for nothing", () => {
  const selection = choose([redis, { ...desktop, startMs: 999_000 }], {
    loss: { lostKib: 0, latelyKib: 0 },
  });
  expect(pidsOf(selection)).toEqual([60]);
  const first = choose([{ ...redis, oomScore: 900, startMs: 999_000 }, desktop], {
    loss: { lostKib: 0, latelyKib: 0 },
  });
  expect(first).toMatchObject({ taker: { pid: 8, mostKib: Infinity } });
});
