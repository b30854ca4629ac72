import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import * as limits from "../../src/model/limits.ts";
import type { Condition, Metric, Options } from "../../src/model/options.ts";
import { Depth, type Reading } from "../../src/model/reading.ts";
import { emptyCourse } from "../../src/policy/course.ts";
import { askedOf, isNear, needKib, sleepMs } from "../../src/policy/pace.ts";
import { decide } from "../../src/policy/rules.ts";
import { aReading, readingAt, someOptions } from "../helpers/nouns.ts";

/** A condition of these comparisons, `mem<=10`. */
function when(...texts: readonly string[]): Condition {
  const allOf = texts.map((text) => {
    const [, metric = "", operator = "", value = ""] = /^([\w.]+)([<>]=?)(.*)$/.exec(text) ?? [];
    return { metric: metric as Metric, operator: operator as "<=", value: Number(value) };
  });
  return { text: texts.join(" and "), allOf };
}

const readingArbitrary: fc.Arbitrary<Reading> = fc
  .record({
    totalKib: fc.integer({ min: 100_000, max: 500_000_000 }),
    memShare: fc.double({ min: 0, max: 1, noNaN: true }),
    swapTotalKib: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100_000_000 })),
    swapShare: fc.double({ min: 0, max: 1, noNaN: true }),
    depth: fc.constantFrom(Depth.free, Depth.memory, Depth.stalls),
  })
  .map(({ depth, memShare, swapShare, swapTotalKib, totalKib }) =>
    aReading({
      totalKib,
      availableKib: Math.floor(totalKib * memShare),
      swapTotalKib,
      swapFreeKib: Math.floor(swapTotalKib * swapShare),
      depth,
    }),
  );

const USUAL = askedOf(someOptions(), aReading());

describe("sleepMs", () => {
  test("is long when much is free, and short at the limit and below", () => {
    expect(sleepMs(aReading({ totalKib: 128e6, availableKib: 100e6 }), USUAL)).toBe(
      limits.LONGEST_SLEEP_MS,
    );
    for (const memPercent of [10, 5, 0]) {
      expect(sleepMs(readingAt(memPercent), USUAL)).toBe(limits.SHORTEST_SLEEP_MS);
      expect(sleepMs(readingAt(memPercent, 0), USUAL)).toBe(limits.SHORTEST_SLEEP_MS);
    }
  });

  test("is never longer than the fastest machine takes to the limits, nor than allowed", () => {
    fc.assert(
      fc.property(readingArbitrary, (reading) => {
        const ms = sleepMs(reading, USUAL);
        expect(ms).toBeWithin(limits.SHORTEST_SLEEP_MS, limits.LONGEST_SLEEP_MS + 1);
        // Filled for so long, RAM first and swap behind it, both are above their limits still.
        const fillKib = (limits.FILL_MIB_PER_S * 1024 * ms) / 1000;
        const toLimitKib = reading.availableKib - reading.totalKib / 10;
        const swapKib = Math.max(0, reading.swapFreeKib - reading.swapTotalKib / 10);
        const swapMs = (1000 * swapKib) / 1024 / limits.SWAP_FILL_MIB_PER_S;
        const memMs = (1000 * Math.max(0, toLimitKib)) / 1024 / limits.FILL_MIB_PER_S;
        const isShortest = ms === limits.SHORTEST_SLEEP_MS;
        expect(isShortest || fillKib <= Math.max(0, toLimitKib) + 1 || swapMs > 0).toBe(true);
        expect(isShortest || ms <= memMs + swapMs + 1e-6).toBe(true);
      }),
    );
  });

  test("never grows when less is left", () => {
    fc.assert(
      fc.property(readingArbitrary, fc.nat(1_000_000), fc.nat(1_000_000), (more, mem, swap) => {
        const availableKib = Math.max(0, more.availableKib - mem);
        const swapFreeKib = Math.max(0, more.swapFreeKib - swap);
        const less = { ...more, availableKib, swapFreeKib };
        expect(sleepMs(less, USUAL)).toBeLessThanOrEqual(sleepMs(more, USUAL));
      }),
    );
  });

  test.each([
    ["mem<=60", 65, limits.SHORTEST_SLEEP_MS],
    ["mem<=60", 60, limits.SHORTEST_SLEEP_MS],
    ["mem<=60", 90, 73],
    ["swap<=60", 90, 195],
  ])("knows how soon %s could hold with %d %% available", (condition, memPercent, expected) => {
    const ms = sleepMs(
      readingAt(memPercent),
      askedOf(someOptions({ when: [when(condition)] }), aReading()),
    );
    expect(Math.round(ms)).toBe(expected);
  });

  test("while memory is scarce the daemon keeps looking, however large swap is", () => {
    const scarce = { ...readingAt(15), swapTotalKib: 100e6, swapFreeKib: 100e6 };
    expect(sleepMs(scarce, USUAL)).toBe(limits.NEAR_LOOK_MS);
  });
});

describe("enough free memory", () => {
  const rows: readonly (readonly [Partial<Options>, number])[] = [
    [{}, 40],
    [{ mem: { softPercent: 30, hardPercent: 5 } }, 60],
    [{ mem: { softPercent: 60, hardPercent: 5 } }, 101],
    [{ mem: { softPercent: 0, hardPercent: 0 } }, 40],
    [{ when: [when("mem<=10")] }, 40],
    [{ when: [when("mem<35", "swap<=10")] }, 70],
    [{ when: [when("mem<=35", "mem<=30")] }, 60],
    [{ when: [when("mem<=10"), when("psi.some>=20")] }, 101],
    [{ when: [when("mem>=10")] }, 101],
    [{ when: [] }, 40],
  ];
  test.each(rows)("%j: %d", (options, expected) => {
    expect(askedOf(someOptions(options), aReading()).freePercent).toBe(expected);
  });

  test("is so much that no rule could act, whatever else is true", () => {
    const conditionArbitrary = fc
      .array(
        fc.record({
          metric: fc.constantFrom<Metric>("mem", "swap", "psi.avg10"),
          operator: fc.constantFrom("<", "<=", ">", ">="),
          value: fc.integer({ min: 0, max: 100 }),
        }),
        { minLength: 1, maxLength: 3 },
      )
      .map((allOf): Condition => ({ text: "", allOf }));
    const optionsArbitrary = fc
      .record({
        softPercent: fc.integer({ min: 0, max: 100 }),
        when: fc.option(fc.array(conditionArbitrary, { maxLength: 3 })),
      })
      .map(({ softPercent, when: conditions }) =>
        someOptions({ mem: { softPercent, hardPercent: 0 }, when: conditions }),
      );
    fc.assert(
      fc.property(
        optionsArbitrary,
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 100 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (options, freePercent, swapPercent, someAvg10) => {
          const asked = askedOf(options, aReading());
          fc.pre(freePercent >= asked.freePercent || freePercent > asked.availablePercent);
          const reading = { ...readingAt(freePercent, swapPercent), someAvg10 };
          expect(decide({ reading, course: emptyCourse(), options }).kind).toBe("calm");
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test("near a limit is up to a tenth of memory above it, and not while much is free", () => {
  const near = [5, 10, 19.9, 20, 50].map((percent) => isNear(readingAt(percent), USUAL));
  expect(near).toEqual([true, true, true, false, false]);
  expect(isNear({ ...readingAt(15), depth: Depth.free }, USUAL)).toBe(false);
});

describe("what must come back for memory to be at ease", () => {
  test.each([
    [{}, 5, 100_000],
    [{}, 15, 0],
    [{}, 50, 0],
    [{ mem: { softPercent: 4, hardPercent: 2 } }, 3, 30_000],
    [{ mem: { softPercent: 30, hardPercent: 5 } }, 20, 150_000],
    [{ mem: { softPercent: 80, hardPercent: 5 } }, 60, 250_000],
    [{ mem: { softPercent: 98, hardPercent: 5 } }, 60, 400_000],
    [{ mem: { softPercent: 0, hardPercent: 0 } }, 5, 100_000],
  ])("with %j and %d %% available: %d KiB", (options, percent, kib) => {
    expect(needKib(readingAt(percent), someOptions(options))).toBeCloseTo(kib, 6);
  });
});
