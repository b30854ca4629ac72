import { expect, test } from "bun:test";
import { areManyDying, isAwaitedAlone } from "../../src/crisis/crisis.ts";
import type { Group } from "../../src/model/selection.ts";
import { aSelection } from "../helpers/nouns.ts";

type Going = Parameters<typeof isAwaitedAlone>[1];

const STORM: Group = { tie: "parent", id: "50 a", count: 9, tookKib: 9000, isStorm: true };

function going(group: Group | null, isHopeless = false): Going {
  return { selection: aSelection([], { group }), isHopeless } as unknown as Going;
}

test("what comes back is one kill's, or that of all kills of one storm", () => {
  const alone = going(null);
  expect(isAwaitedAlone([alone], alone)).toBe(true);
  expect(isAwaitedAlone([alone, going(null, true)], alone)).toBe(true);
  expect(isAwaitedAlone([alone, going(null)], alone)).toBe(false);
  expect(isAwaitedAlone([going(null, true)], going(null, true))).toBe(false);
  const storm = going(STORM);
  expect(isAwaitedAlone([storm, going({ ...STORM })], storm)).toBe(true);
  expect(isAwaitedAlone([storm, going({ ...STORM, id: "51 a" })], storm)).toBe(false);
  expect(isAwaitedAlone([storm, going({ ...STORM, isStorm: false })], storm)).toBe(false);
});

test("many are dying when SIGKILL was sent to all, and more than 16 are still there", () => {
  const dying = (left: number, gone: number, sigkillAtMs = 5) => {
    const targets = Array.from({ length: left + gone }, (_item, i) => ({ isGone: i >= left }));
    return { kill: { sigkillAtMs, targets } } as unknown as Going;
  };
  expect(areManyDying([])).toBe(false);
  expect(areManyDying([dying(16, 100)])).toBe(false);
  expect(areManyDying([dying(17, 0)])).toBe(true);
  expect(areManyDying([dying(9, 0), dying(8, 3)])).toBe(true);
  expect(areManyDying([dying(17, 0), dying(1, 0, -1)])).toBe(false);
});
