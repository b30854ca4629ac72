import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Options } from "../../src/model/options.ts";
import { identityOf, type Process } from "../../src/model/process.ts";
import type { Selection } from "../../src/model/selection.ts";
import { compareCandidates, type Context } from "../../src/policy/ranking.ts";
import { rank, selectVictims } from "../../src/policy/victim.ts";
import { aContext } from "../helpers/nouns.ts";
import {
  lossArbitrary,
  optionsArbitrary,
  struckArbitrary,
  tableArbitrary,
  whySacred,
} from "../helpers/tables.ts";

/** A choice with any options, whatever was lost and done before. */
const contextArbitrary: fc.Arbitrary<Context> = fc
  .record({
    options: optionsArbitrary,
    loss: lossArbitrary,
    struck: struckArbitrary,
    isInVain: fc.boolean(),
    isOldScale: fc.boolean(),
  })
  .map((changes) => aContext({ takenMs: 10_000, processCount: 30, ...changes }));

function refusing(context: Context, refused: readonly Process[]): Context {
  return { ...context, refused: new Set(refused.map(identityOf)) };
}

const shuffledArbitrary = tableArbitrary.chain((table) =>
  fc.tuple(
    fc.constant(table),
    fc.shuffledSubarray([...table], { minLength: table.length, maxLength: table.length }),
  ),
);

/** The first victim is the one that the log names; those that die with it are in no order. */
function summaryOf({ group, next, taker, victims }: Selection) {
  const [first, ...others] = victims.map(({ process }) => process.pid);
  const sorted = others.toSorted((a, b) => a - b);
  return { first, others: sorted, next: next?.process.pid, taker, group };
}

/** Whether killing one helps on any machine. */
function isWorthy({ shmemGrownKib, sizeKib }: Process): boolean {
  return sizeKib + shmemGrownKib >= 16 * 1024;
}

function mayBeKilled(table: readonly Process[], options: Options): Process[] {
  return table.filter((process) => whySacred(process, options) === null);
}

describe("whatever the table, the options, what was lost and who was killed before", () => {
  test("nobody is killed, or next, who must not be", () => {
    fc.assert(
      fc.property(tableArbitrary, contextArbitrary, (table, context) => {
        const { victims, next } = selectVictims(table, context);
        for (const { process } of next === null ? victims : [...victims, next]) {
          expect(whySacred(process, context.options)).toBeNull();
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("everybody is a candidate or spared with a reason, and the table is left as it is", () => {
    fc.assert(
      fc.property(tableArbitrary, contextArbitrary, (table, context) => {
        const before = structuredClone(table);
        const { candidates, spared } = rank(table, context);
        const all = [...candidates, ...spared].map(({ process }) => process.pid);
        expect(all.toSorted()).toEqual(table.map(({ pid }) => pid).toSorted());
        for (const { process } of spared) {
          expect(whySacred(process, context.options)).not.toBeNull();
        }
        expect(table).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  test("somebody is chosen whenever somebody may be whose end helps, or all of theirs", () => {
    fc.assert(
      fc.property(tableArbitrary, contextArbitrary, (table, context) => {
        const may = mayBeKilled(table, context.options);
        const isChosen = selectVictims(table, context).victims.length > 0;
        expect(isChosen && may.length === 0).toBe(false);
        expect(isChosen || !may.some(isWorthy)).toBe(true);
        const allKib = may.reduce((sum, { sizeKib }) => sum + sizeKib, 0);
        const { needKib } = context.loss;
        expect(isChosen || needKib === 0 || allKib < needKib).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("nobody is killed twice, and none of the victims is next", () => {
    fc.assert(
      fc.property(tableArbitrary, contextArbitrary, (table, context) => {
        const { next, victims } = selectVictims(table, context);
        const pids = victims.map(({ process }) => process.pid);
        expect(new Set(pids).size).toBe(pids.length);
        expect(pids).not.toContain(next?.process.pid ?? -1);
      }),
      { numRuns: 1000 },
    );
  });

  test("the order of the table does not matter", () => {
    fc.assert(
      fc.property(shuffledArbitrary, contextArbitrary, ([table, shuffled], context) => {
        expect(summaryOf(selectVictims(shuffled, context))).toEqual(
          summaryOf(selectVictims(table, context)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  test("what `victims` lists begins with whom the daemon would take", () => {
    fc.assert(
      fc.property(tableArbitrary, contextArbitrary, (table, context) => {
        const { victims } = selectVictims(table, context);
        const taken = victims.map(({ process }) => process.pid);
        const listed = rank(table, context).candidates.map(({ process }) => process.pid);
        expect(listed.slice(0, taken.length).toSorted()).toEqual(taken.toSorted());
      }),
      { numRuns: 1000 },
    );
  });

  test("the first victim and the next one have the best scores of those whose end helps", () => {
    const alone = contextArbitrary.map((context) => ({
      ...context,
      options: { ...context.options, scope: "process" as const },
    }));
    fc.assert(
      fc.property(tableArbitrary, alone, (table, context) => {
        const { group, next, victims } = selectVictims(table, context);
        const worthy = rank(table, context).candidates.filter(({ process }) => isWorthy(process));
        const best = worthy.toSorted(compareCandidates)[0];
        const [first] = victims;
        if (group === null && first !== undefined && best !== undefined) {
          expect(compareCandidates(first, best)).toBeLessThanOrEqual(0);
        }
        for (const other of worthy) {
          const isVictim = victims.some(({ process }) => process.pid === other.process.pid);
          expect(isVictim || next === null || compareCandidates(next, other) <= 0).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("who could not be killed is left out, and who is next takes the place", () => {
    fc.assert(
      fc.property(tableArbitrary, contextArbitrary, (table, context) => {
        const { victims, next } = selectVictims(table, context);
        const refused = victims.map(({ process }) => process);
        const again = selectVictims(table, refusing(context, refused));
        for (const victim of again.victims) {
          expect(refused).not.toContain(victim.process);
        }
        expect(again.victims.length > 0 || next === null || !isWorthy(next.process)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("the order is total: of two, one always goes before", () => {
    fc.assert(
      fc.property(tableArbitrary, contextArbitrary, (table, context) => {
        const candidates = rank(table, context).candidates.toSorted(compareCandidates);
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
      fc.property(tableArbitrary, contextArbitrary, (table, context) => {
        const without = { ...context, options: { ...context.options, rules: [] } };
        const plain = new Map(
          rank(table, without).candidates.map(({ process, score }) => [process.pid, score]),
        );
        for (const { process, score } of rank(table, context).candidates) {
          expect(process.oomScoreAdj >= 0 || score <= (plain.get(process.pid) ?? 0)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("no group took more than was lost, or than what must come back", () => {
    fc.assert(
      fc.property(tableArbitrary, contextArbitrary, (table, context) => {
        const { group } = selectVictims(table, context);
        const { lostKib, needKib } = context.loss;
        expect(group?.tookKib ?? 0).toBeLessThanOrEqual(Math.max(lostKib, needKib));
      }),
      { numRuns: 1000 },
    );
  });
});
