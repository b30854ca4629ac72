import { describe, expect, test } from "bun:test";
import { STORM_MS } from "../../src/model/limits.ts";
import { PF_FORKNOEXEC } from "../../src/model/process.ts";
import { NOT_STRUCK } from "../../src/policy/ranking.ts";
import { selectVictims } from "../../src/policy/victim.ts";
import { choose, crowd, desktop, pidsOf, producer, protect, shell } from "../helpers/crowds.ts";
import { aContext, aLoss, aProcess } from "../helpers/nouns.ts";

const MIB = 1024;

test("is none of servers' masters and the workers that they forked long ago", () => {
  const agesMs = [0, 2 * STORM_MS];
  const storms = agesMs.map((ageMs) => {
    const servers = crowd(40, (i) => ({
      ppid: 100 + i - (i % 5) || 1,
      comm: "gunicorn",
      flags: i % 5 > 0 ? PF_FORKNOEXEC : 0,
      startMs: 9_940_000 + i - ageMs,
      grownKib: 20 * MIB,
    }));
    return choose([shell, desktop, ...servers]).group?.isStorm;
  });
  expect(storms).toEqual([true, false]);
});

describe("a storm", () => {
  /** Each has started the next. */
  const storm = (count: number) =>
    crowd(count, (i) => ({ ppid: 99 + i, comm: "bomb", grownKib: 20 * MIB }));

  test("whose members start one another is killed as a whole", () => {
    const selection = choose([shell, desktop, ...storm(40)]);
    expect(selection.group).toMatchObject({ tie: "process-group", isStorm: true, count: 40 });
    expect(pidsOf(selection).toSorted((a, b) => a - b)).toEqual(storm(40).map(({ pid }) => pid));
    expect(selection.next?.process.comm).not.toBe("bomb");
  });

  describe("of forked processes that have as much as their parents", () => {
    const HEIR = 20 * MIB;
    /** The kernel does not tell what of it is their own. */
    const forks = (count: number, grownKib = 0) =>
      crowd(count, (i) => ({
        ppid: 99 + i,
        comm: "bomb",
        flags: PF_FORKNOEXEC,
        sizeKib: HEIR + grownKib,
        heirKib: HEIR,
        grownKib,
        latelyKib: grownKib,
      }));
    const loss = { lostKib: 400 * MIB, latelyKib: 200 * MIB };

    test("took what nobody else took: an old and larger one lives", () => {
      const selection = choose([shell, desktop, ...forks(40, MIB)], { loss });
      expect(selection.group).toMatchObject({ isStorm: true, count: 40, tookKib: 400 * MIB });
      expect(new Set(selection.victims.map(({ process }) => process.comm))).toEqual(
        new Set(["bomb"]),
      );
    });

    test("also when none of them shows anything that is new", () => {
      expect(choose([shell, desktop, ...forks(40)], { loss }).group?.isStorm).toBe(true);
    });

    test("took none of it where somebody else took it, or it is tmpfs", () => {
      const leak = { ...desktop, pid: 61, comm: "leak", grownKib: 390 * MIB, latelyKib: 195 * MIB };
      expect(pidsOf(choose([shell, desktop, leak, ...forks(40)], { loss }))).toEqual([61]);
      const rules = [protect("leak")];
      const spared = choose([shell, desktop, leak, ...forks(40)], { loss, options: { rules } });
      expect(spared.group).toBeNull();
      const tmpfs = { ...loss, shmemKib: 390 * MIB };
      expect(choose([shell, desktop, ...forks(40)], { loss: tmpfs }).group).toBeNull();
    });

    /** Servers that were there before, and workers that each of them forks. */
    const servers = (count: number, workers: number, grownKib = 0) => {
      const masters = Array.from({ length: count }, (_item, i) =>
        aProcess(1000 + i, { comm: "worker", ppid: 1, grownKib: 4, sizeKib: HEIR }),
      );
      return [
        ...masters,
        ...forks(count * workers, grownKib).map((one, i) => ({
          ...one,
          comm: "worker",
          ppid: 1000 + (i % count),
        })),
      ];
    };

    test.each([
      ["workers of one server", servers(1, 40)],
      ["of four of them", servers(4, 4)],
      ["of twelve of them, which take some of it", servers(12, 20, MIB / 2)],
      ["shards that each have a child", servers(6, 1)],
    ])("is none where servers start others: %s", (_whose, table) => {
      expect(choose([shell, desktop, ...table], { loss }).group?.isStorm ?? false).toBe(false);
    });

    test("is not said to have taken what somebody still holds who is dying", () => {
      const context = aContext({ loss: aLoss(loss.lostKib, loss), dying: new Set(["7:1"]) });
      expect(selectVictims([shell, desktop, ...forks(40)], context).group).toBeNull();
    });
  });

  test("is killed with who has taken nothing yet, but who was there long before", () => {
    const young = { ...storm(1)[0]!, pid: 300, grownKib: 0, latelyKib: 0, sizeKib: 100 };
    const old = { ...young, pid: 301, startMs: 900_000 - STORM_MS };
    const pids = pidsOf(choose([desktop, ...storm(40), young, old]));
    expect(pids).toHaveLength(41);
    expect(pids).toContain(300);
  });

  test("is one as long as it is remembered, however few are left", () => {
    const left = {
      ...NOT_STRUCK,
      name: "process-group 50 bomb",
      isStorm: true,
      kills: 3,
      victims: 40,
      leftKib: 9000,
      sinceMs: 903_000,
    };
    const selection = choose([desktop, ...storm(2)], { struck: left });
    expect(selection.group).toMatchObject({ isStorm: true, count: 2 });
    expect(pidsOf(selection)).toEqual([100, 101]);
  });

  test("is one when many have started others, however many each of them", () => {
    const crowded = (parents: number) =>
      crowd(400, (i) => ({
        ppid: i === 0 ? 99 : 100 + ((i - 1) % parents),
        comm: "bomb",
        flags: PF_FORKNOEXEC,
        grownKib: 20 * MIB,
      }));
    expect(choose([desktop, ...crowded(12)]).group?.isStorm).toBe(true);
    expect(choose([desktop, ...crowded(11)]).group?.isStorm).toBe(false);
  });

  test("a browser with a parent or two among its processes is none", () => {
    const tabs = crowd(21, (i) => ({ ppid: i < 3 ? 99 + i : 102 }));
    expect(choose([desktop, ...tabs]).group?.isStorm).toBe(false);
  });

  const struck = {
    ...NOT_STRUCK,
    name: "parent 50 worker",
    kills: 3,
    victims: 6,
    sinceMs: 900_500,
  };

  test("is none yet when many were killed at once, though as many were born since", () => {
    const once = { ...struck, kills: 1 };
    const selection = choose([shell, desktop, producer, ...crowd(20)], { struck: once });
    expect(selection.group?.isStorm).toBe(false);
    expect(pidsOf(selection)).not.toContain(50);
  });

  test("is one whose killed members are replaced, and its producer goes with it", () => {
    const selection = choose([shell, desktop, producer, ...crowd(20)], { struck });
    expect(selection.group?.isStorm).toBe(true);
    expect(pidsOf(selection)[0]).toBe(50);
    expect(selection.victims).toHaveLength(21);
  });

  test("is none when as many as were killed have not come back", () => {
    const old = crowd(20, (i) => ({ startMs: 800_000 + i }));
    expect(choose([desktop, producer, ...old], { struck }).group?.isStorm).toBe(false);
  });

  test.each([
    ["none yet", 20, 79, false],
    ["one", 20, 80, true],
    ["none yet", 5, 63, false],
    ["one", 5, 64, true],
  ])(
    "is %s when of %d members, while the newest are killed, %d more were started",
    (_is, firstCount, bornVictims, isStorm) => {
      const old = crowd(20, (i) => ({ startMs: 800_000 + i }));
      const mown = { ...struck, kills: 20, victims: 120, bornVictims, firstCount };
      const selection = choose([desktop, producer, ...old], { struck: mown });
      expect(selection.group?.isStorm).toBe(isStorm);
      expect(pidsOf(selection).includes(50)).toBe(isStorm);
    },
  );

  test("spares its producer when that leads a session: somebody's login, a desktop", () => {
    const leader = { ...producer, sessionId: 50 };
    expect(pidsOf(choose([leader, ...crowd(20)], { struck }))).not.toContain(50);
    const rules = [protect("producer")];
    const named = { ...producer, comm: "producer" };
    expect(pidsOf(choose([named, ...crowd(20)], { struck, options: { rules } }))).not.toContain(50);
  });

  test("programs of one user or cgroup are never one, however many start others", () => {
    const kinds = storm(40).map((process, i) => ({
      ...process,
      comm: `kind ${i}`,
      pgid: process.pid,
      sessionId: process.pid,
    }));
    expect(choose([desktop, ...kinds]).group).toMatchObject({ tie: "user", isStorm: false });
  });
});
