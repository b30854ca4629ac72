import { expect, test } from "bun:test";
import { OVER_MS, VAIN_KILLS } from "../../src/model/limits.ts";
import type { Selection, Taker } from "../../src/model/selection.ts";
import { emptyCrisis, forget, noteVain, tookLatelyKib } from "../../src/crisis/crisis.ts";
import { aCandidate, aLoss, aProcess, aSelection } from "../helpers/nouns.ts";

const victim = aCandidate(aProcess(42, { latelyKib: 30 }));
const loss = aLoss(400, { latelyKib: 200, needKib: 400 });
const ended = { isGone: true, isStillLow: true, tookMs: 0 };
const taker = { share: 0.5, latelyShare: 0.5 } as Taker;

/** A kill of what stands in `changes`, after which so much came back. */
function after(changes: Partial<Selection>, freedKib: number, how = {}) {
  const crisis = emptyCrisis();
  const selection = aSelection([victim], { loss, ...changes });
  noteVain(crisis, selection, freedKib, { ...ended, ...how });
  return [crisis.vainKills, crisis.isBlameVain];
}

test("a kill is in vain that explains nothing, and gives back next to nothing", () => {
  expect(after({}, 99)).toEqual([1, false]);
  expect(after({}, 100)).toEqual([0, false]);
  expect(after({}, 99, { isStillLow: false })).toEqual([0, false]);
  expect(after({}, 99, { isGone: false })).toEqual([1, false]);
  expect(after({ taker }, 0)).toEqual([0, false]);
});

test("so is a copy's that gives back next to nothing of its blame: no other is blamed", () => {
  expect(after({ taker, blamedKib: 200 }, 49)).toEqual([1, true]);
  expect(after({ taker, blamedKib: 200 }, 50)).toEqual([0, false]);
  expect(after({ taker, blamedKib: 4000 }, 100)).toEqual([0, false]);
  // What it has of its own comes back in any case.
  const own = aCandidate(aProcess(42, { sizeKib: 300, heirKib: 200 }));
  expect(after({ taker, blamedKib: 200, victims: [own] }, 149)).toEqual([1, true]);
  expect(after({ taker, blamedKib: 200, victims: [own] }, 150)).toEqual([0, false]);
  expect(after({ taker, blamedKib: 200 }, 0, { isGone: false })).toEqual([0, false]);
});

test("what its siblings copy meanwhile, at the pace of late, came back as well", () => {
  const one = aCandidate(victim.process, { tookKib: 50 });
  const copies = { taker, blamedKib: 200, victims: [one] };
  expect(after(copies, 34, { tookMs: 1000 })).toEqual([1, true]);
  expect(after(copies, 35, { tookMs: 1000 })).toEqual([0, false]);
  const alone = { ...copies, victims: [aCandidate(victim.process, { tookKib: 200 })] };
  expect(after(alone, 49, { tookMs: 1000 })).toEqual([1, true]);
});

test("which is forgotten when the crisis is over", () => {
  const crisis = { ...emptyCrisis(), isBlameVain: true, vainKills: VAIN_KILLS, lastAtMs: 5000 };
  noteVain(crisis, aSelection([victim], { loss }), 400, ended);
  expect(crisis).toMatchObject({ isBlameVain: true, vainKills: 0 });
  forget(crisis, 5000 + OVER_MS);
  expect(crisis.isBlameVain).toBe(true);
  forget(crisis, 5001 + OVER_MS);
  expect(crisis.isBlameVain).toBe(false);
});

test("what victims took of late is not all seen in a storm, or a copy", () => {
  const group = { tie: "parent", id: "1", count: 9, tookKib: 9, isStorm: true } as const;
  const lately = (changes: Partial<Selection>) =>
    tookLatelyKib(aSelection([victim, victim], { loss, taker, ...changes }));
  expect(lately({})).toBe(60);
  expect(lately({ group: { ...group, isStorm: false } })).toBe(60);
  expect(lately({ group })).toBe(100);
  const copy = (tookKib: number) => ({ blamedKib: 1, victims: [{ ...victim, tookKib }] });
  expect(lately(copy(200))).toBe(100);
  // Those that were forked beside it have the rest.
  expect(lately(copy(150))).toBe(75);
  expect(lately(copy(10))).toBe(30);
  expect(lately({ blamedKib: 1, taker: null })).toBe(60);
});
