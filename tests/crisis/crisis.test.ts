import { describe, expect, test } from "bun:test";
import { emptyCrisis, forget, noteStruck } from "../../src/crisis/crisis.ts";
import { phaseOf } from "../../src/daemon-state.ts";
import { STRUCK_MS } from "../../src/model/limits.ts";
import type { Group } from "../../src/model/selection.ts";
import { NOT_STRUCK } from "../../src/policy/ranking.ts";
import { aCandidate, aProcess, aSelection } from "../helpers/nouns.ts";

const GROUP: Group = { tie: "parent", id: "50 a", count: 9, tookKib: 9000, isStorm: false };

function ofGroup(count: number, group: Group | null = GROUP) {
  const victims = Array.from({ length: count }, (_item, i) => aCandidate(aProcess(100 + i)));
  return aSelection(victims, { group });
}

describe("a group of which somebody was killed", () => {
  test("is remembered by its name, how many it were, since when, and what was left", () => {
    const crisis = emptyCrisis();
    noteStruck(crisis, ofGroup(1), 700, 5000, 1_005_000);
    noteStruck(crisis, ofGroup(3), 600, 6000, 1_006_000);
    expect(crisis.struck).toMatchObject({
      name: "parent 50 a",
      kills: 2,
      victims: 4,
      leftKib: 600,
      sinceMs: 1_005_000,
    });
  });

  test("counts who was started since the first kill, and how many there were", () => {
    const crisis = emptyCrisis();
    const kill = (startsMs: readonly number[], count: number, bootMs: number) => {
      const victims = startsMs.map((startMs, i) => aCandidate(aProcess(200 + i, { startMs })));
      noteStruck(crisis, { ...aSelection(victims), group: { ...GROUP, count } }, 1, 1, bootMs);
      return [crisis.struck.bornVictims, crisis.struck.firstCount];
    };
    expect(kill([900, 999], 30, 1000)).toEqual([0, 30]);
    expect(kill([900, 1000, 1500], 40, 2000)).toEqual([2, 30]);
    expect(kill([1700], 20, 3000)).toEqual([3, 30]);
  });

  test("is another one when another group is struck, and the same when somebody alone is", () => {
    const crisis = emptyCrisis();
    noteStruck(crisis, ofGroup(1), 700, 5000, 1_005_000);
    noteStruck(crisis, ofGroup(1, null), 600, 5500, 1_005_500);
    expect(crisis.struck.kills).toBe(1);
    noteStruck(crisis, ofGroup(1, { ...GROUP, id: "51 a" }), 600, 6000, 1_006_000);
    expect(crisis.struck).toMatchObject({ name: "parent 51 a", kills: 1, sinceMs: 1_006_000 });
  });

  test("is forgotten after a while in which none of it was", () => {
    const crisis = emptyCrisis();
    noteStruck(crisis, ofGroup(1), 700, 5000, 1_005_000);
    forget(crisis, 5000 + STRUCK_MS);
    expect(crisis.struck.kills).toBe(1);
    forget(crisis, 5001 + STRUCK_MS);
    expect(crisis.struck).toEqual(NOT_STRUCK);
  });
});

test("who could not be killed may be chosen again when the time is over", () => {
  const crisis = emptyCrisis();
  crisis.refused.set("1:1", 5000).set("2:2", 9000);
  forget(crisis, 5000);
  expect([...crisis.refused.keys()]).toEqual(["2:2"]);
});

test("the phase follows from what is remembered", () => {
  const crisis = emptyCrisis();
  expect(phaseOf({ crisis })).toBe("watching");
  crisis.lastAtMs = 5000;
  expect(phaseOf({ crisis })).toBe("cooling");
  crisis.kills.push({} as never);
  expect(phaseOf({ crisis })).toBe("acting");
});
