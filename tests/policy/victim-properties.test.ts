import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Options } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import type { Selection } from "../../src/model/selection.ts";
import { compareCandidates, type Context } from "../../src/policy/guilt.ts";
import { identityOf, rank, selectVictims } from "../../src/policy/victim.ts";
import {
  optionsArbitrary,
  OWN_PID,
  tableArbitrary,
  TOTAL_KIB,
  whySacred,
} from "../helpers/tables.ts";

function contextOf(options: Options, refused: readonly Process[] = []): Context {
  return {
    options,
    ownPid: OWN_PID,
    takenMs: 10_000,
    totalKib: TOTAL_KIB,
    processCount: 30,
    refused: new Set(refused.map(identityOf)),
    earlierFamily: 0,
  };
}

const shuffledArbitrary = tableArbitrary.chain((table) =>
  fc.tuple(
    fc.constant(table),
    fc.shuffledSubarray([...table], { minLength: table.length, maxLength: table.length }),
  ),
);

/** The first victim is the one that the log names; those that die with it are in no order. */
function pidsOf({ victims, next, grower, family }: Selection) {
  const [first, ...others] = victims.map(({ process }) => process.pid);
  return {
    first,
    others: others.toSorted((a, b) => a - b),
    next: next?.process.pid,
    grower,
    family,
  };
}

/** Whoever holds this much is worth ending on any machine. */
const WORTH_KIB = 16 * 1024;

describe("whatever the table and the options", () => {
  test("nobody dies, or is next, who must not", () => {
    fc.assert(
      fc.property(tableArbitrary, optionsArbitrary, (table, options) => {
        const { victims, next } = selectVictims(table, contextOf(options));
        for (const { process } of next === null ? victims : [...victims, next]) {
          expect(whySacred(process, options)).toBeNull();
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("everybody is a candidate or spared with a reason, and the table is left as it is", () => {
    fc.assert(
      fc.property(tableArbitrary, optionsArbitrary, (table, options) => {
        const before = structuredClone(table);
        const { candidates, spared } = rank(table, contextOf(options));
        const all = [...candidates, ...spared].map(({ process }) => process.pid);
        expect(all.toSorted()).toEqual(table.map(({ pid }) => pid).toSorted());
        for (const { process } of spared) {
          expect(whySacred(process, options)).not.toBeNull();
        }
        expect(table).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  test("somebody is chosen whenever somebody may be who is worth it", () => {
    fc.assert(
      fc.property(tableArbitrary, optionsArbitrary, (table, options) => {
        const may = table.filter((process) => whySacred(process, options) === null);
        const isChosen = selectVictims(table, contextOf(options)).victims.length > 0;
        expect(isChosen && may.length === 0).toBe(false);
        expect(isChosen || may.every(({ sizeKib }) => sizeKib < WORTH_KIB)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("the order of the table does not matter", () => {
    fc.assert(
      fc.property(shuffledArbitrary, optionsArbitrary, ([table, shuffled], options) => {
        const context = contextOf(options);
        expect(pidsOf(selectVictims(shuffled, context))).toEqual(
          pidsOf(selectVictims(table, context)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  test("the first victim and the next one are the most guilty ones", () => {
    const alone = optionsArbitrary.map((options) => ({ ...options, scope: "process" as const }));
    fc.assert(
      fc.property(tableArbitrary, alone, (table, options) => {
        const { family, next, victims } = selectVictims(table, contextOf(options));
        const worthy = rank(table, contextOf(options)).candidates.filter(
          ({ process, scope }) => scope === "process" && process.sizeKib >= WORTH_KIB,
        );
        const [first] = victims;
        if (family === null && first?.scope === "process" && victims.length === 1) {
          expect(compareCandidates(first, worthy[0] ?? first)).toBeLessThanOrEqual(0);
        }
        for (const other of worthy) {
          const isVictim = victims.some(({ process }) => process.pid === other.process.pid);
          expect(isVictim || next === null || compareCandidates(next, other) <= 0).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("whoever could not be ended is left out, and the next in line takes the place", () => {
    fc.assert(
      fc.property(tableArbitrary, optionsArbitrary, (table, options) => {
        const { victims, next } = selectVictims(table, contextOf(options));
        const refused = victims.map(({ process }) => process);
        const again = selectVictims(table, contextOf(options, refused));
        for (const victim of again.victims) {
          expect(refused).not.toContain(victim.process);
        }
        const isNextWorth = next !== null && next.process.sizeKib >= WORTH_KIB;
        expect(again.victims.length > 0 || !isNextWorth).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("the order is total: of two, one always goes before", () => {
    fc.assert(
      fc.property(tableArbitrary, optionsArbitrary, (table, options) => {
        const { candidates } = rank(table, contextOf(options));
        for (const [i, a] of candidates.entries()) {
          for (const b of candidates.slice(i + 1)) {
            expect(compareCandidates(a, b)).toBeLessThan(0);
            expect(compareCandidates(b, a)).toBeGreaterThan(0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("no rule makes who asked to be spared a likelier victim", () => {
    fc.assert(
      fc.property(tableArbitrary, optionsArbitrary, (table, options) => {
        const without = rank(table, contextOf({ ...options, rules: [] })).candidates;
        for (const { process, score } of rank(table, contextOf(options)).candidates) {
          const plain = without.find((candidate) => candidate.process === process)?.score ?? 0;
          expect(process.oomScoreAdj >= 0 || score <= plain).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
