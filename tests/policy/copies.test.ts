import { describe, expect, test } from "bun:test";
import { PF_FORKNOEXEC } from "../../src/model/process.ts";
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

  test("is shown first by who asks who would be killed", () => {
    const [first] = rank(table, aContext({ loss: aLoss(loss.lostKib, loss) })).candidates;
    expect(first?.process.pid).toBe(41);
    expect(first?.points).toMatchObject([{ origin: "took what was lost" }]);
  });

  test("is not blamed for what somebody else took, or tmpfs has", () => {
    const leak = { ...desktop, pid: 61, comm: "leak", grownKib: 300 * MIB, latelyKib: 180 * MIB };
    expect(pidsOf(choose([...table, leak], { loss }))).toEqual([61]);
    const rules = [protect("leak")];
    const spared = choose([...table, leak], { loss, options: { rules } });
    expect(pidsOf(spared)).not.toEqual([41]);
    expect(pidsOf(choose(table, { loss: { ...loss, shmemKib: 300 * MIB } }))).not.toEqual([41]);
  });

  test("nor when who takes it of late is somebody else", () => {
    const late = { ...desktop, pid: 61, comm: "late", grownKib: 150 * MIB, latelyKib: 150 * MIB };
    expect(pidsOf(choose([...table, late], { loss }))).not.toEqual([41]);
  });

  test("nor a small one, an old one, or one beside somebody who is dying", () => {
    const small = { ...snapshot, heirKib: 150 * MIB };
    expect(pidsOf(choose([shell, desktop, redis, small], { loss }))).toEqual([60]);
    expect(choose([shell, desktop, redis, small], { loss }).unknownKib).toBe(334 * MIB);
    const old = { ...snapshot, heirKib: 0 };
    expect(pidsOf(choose([shell, desktop, redis, old], { loss }))).toEqual([60]);
    const context = aContext({ loss: aLoss(loss.lostKib, loss), dying: new Set(["7:1"]) });
    expect(pidsOf(selectVictims(table, context))).toEqual([60]);
  });

  test("nor where nothing was lost", () => {
    expect(pidsOf(choose(table, { loss: { lostKib: 0, latelyKib: 0 } }))).toEqual([60]);
  });

  test("of many, the youngest dies first", () => {
    const workers = crowd(4, (i) => ({ ...snapshot, pid: 100 + i, startMs: 900_000 + i }));
    expect(pidsOf(choose([shell, desktop, redis, ...workers], { loss }))).toEqual([103]);
    const alike = workers.map((one) => ({ ...one, startMs: 900_000 }));
    expect(pidsOf(choose([redis, ...alike.toReversed()], { loss }))).toEqual([103]);
  });
});
