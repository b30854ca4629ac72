import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Limits, Options } from "../../../src/model/options.ts";
import type { Reading } from "../../../src/model/reading.ts";
import { emptyCourse } from "../../../src/policy/course.ts";
import { isHard } from "../../../src/policy/levels.ts";
import { judged, urgencyOf } from "../../helpers/looked.ts";
import { readingAt, someOptions } from "../../helpers/nouns.ts";

function verdictAt(reading: Reading, options: Partial<Options> = {}) {
  return judged({ reading, course: emptyCourse() }, options);
}

function limitsOf(text: string): Limits {
  const [softPercent = 0, hardPercent = 0] = text.split(",").map(Number);
  return { softPercent, hardPercent };
}

describe("without swap", () => {
  test.each([
    [100, "calm"],
    [10.01, "calm"],
    [10, "term"],
    [5.01, "term"],
    [5, "kill"],
    [0, "kill"],
  ])("%d %% available: %s", (memPercent, expected) => {
    const reading = readingAt(memPercent);
    expect(urgencyOf(verdictAt(reading))).toBe(expected);
    expect(isHard(reading, someOptions())).toBe(expected === "kill");
  });
});

describe("with swap both must be used up", () => {
  test.each([
    [10, 10, "term"],
    [10.01, 10, "calm"],
    [10, 10.01, "calm"],
    [0, 100, "calm"],
    [100, 0, "calm"],
    [5, 10, "term"],
    [10, 5, "term"],
    [5, 5.01, "term"],
    [5.01, 5, "term"],
    [5, 5, "kill"],
    [0, 0, "kill"],
  ])("%d %% available, %d %% of swap free: %s", (memPercent, swapPercent, expected) => {
    const reading = readingAt(memPercent, swapPercent);
    expect(urgencyOf(verdictAt(reading))).toBe(expected);
    expect(isHard(reading, someOptions())).toBe(expected === "kill");
  });
});

describe("limits of the user's own", () => {
  test.each([
    ["30,20", "10,5", 25, 0, "term"],
    ["30,20", "10,5", 20, 0, "kill"],
    ["30,20", "50,50", 25, 50, "term"],
    ["30,20", "100,100", 20, 100, "kill"],
    // Soft 0 switches the rule off, with whatever else is given.
    ["0,0", "10,5", 0, 0, "calm"],
    ["0,5", "10,5", 0, 0, "calm"],
    // earlyoom: swap 0 acts only when not a page of swap is left.
    ["10,5", "0,0", 3, 0, "kill"],
    ["10,5", "0,0", 3, 0.1, "calm"],
    // A hard limit of 0 leaves SIGKILL for when nothing at all is left.
    ["10,0", "10,0", 0.1, 0, "term"],
    ["10,0", "10,0", 0, 0, "kill"],
  ])("-m %s -s %s at %d %% and %d %%: %s", (mem, swap, memPercent, swapPercent, expected) => {
    const options = { mem: limitsOf(mem), swap: limitsOf(swap) };
    const reading = readingAt(memPercent, swapPercent);
    expect(urgencyOf(verdictAt(reading, options))).toBe(expected);
    expect(isHard(reading, someOptions(options))).toBe(expected === "kill");
  });
});

describe("a verdict carries the numbers it was made from", () => {
  test("the soft limits", () => {
    expect(verdictAt(readingAt(8, 7))).toMatchObject({
      kind: "act",
      rule: "exhaustion",
      urgency: "term",
      witnesses: [
        { name: "MemAvailable", value: 8, limit: 10, unit: "%" },
        { name: "free swap", value: 7, limit: 10, unit: "%" },
      ],
    });
  });

  test("the hard limits, and nothing of swap where there is none", () => {
    expect(verdictAt(readingAt(4))).toMatchObject({
      rule: "exhaustion",
      urgency: "kill",
      witnesses: [{ name: "MemAvailable", value: 4, limit: 5, unit: "%" }],
    });
  });
});

describe("whatever is read", () => {
  const percent = fc.double({ min: 0, max: 100, noNaN: true });
  const optionsArbitrary = fc
    .record({ soft: percent, hard: percent, swapSoft: percent, swapHard: percent })
    .map(({ hard, soft, swapHard, swapSoft }) => ({
      psiPercent: 0,
      mem: { softPercent: soft, hardPercent: Math.min(soft, hard) },
      swap: { softPercent: swapSoft, hardPercent: Math.min(swapSoft, swapHard) },
    }));

  test("every witness stands on the wrong side of its limit", () => {
    fc.assert(
      fc.property(percent, fc.option(percent), optionsArbitrary, (mem, swap, options) => {
        const verdict = verdictAt(readingAt(mem, swap), options);
        for (const { limit, value } of verdict.kind === "act" ? verdict.witnesses : []) {
          expect(value).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  test("who acts with this much acts with less, and no gentler", () => {
    const order = ["calm", "term", "kill"];
    const two = fc.tuple(percent, percent);
    fc.assert(
      fc.property(two, two, optionsArbitrary, (mem, swap, options) => {
        const more = verdictAt(readingAt(Math.max(...mem), Math.max(...swap)), options);
        const less = verdictAt(readingAt(Math.min(...mem), Math.min(...swap)), options);
        expect(order.indexOf(urgencyOf(less))).toBeGreaterThanOrEqual(
          order.indexOf(urgencyOf(more)),
        );
      }),
    );
  });
});
