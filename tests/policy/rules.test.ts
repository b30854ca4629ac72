import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Comparison, Condition, Limits, Options } from "../../src/model/options.ts";
import { availablePercent, type Reading } from "../../src/model/reading.ts";
import type { Verdict } from "../../src/model/verdict.ts";
import { confirm, decide, isHard } from "../../src/policy/decide.ts";
import { emptyTrend } from "../../src/policy/trend.ts";
import { aReading, aSelection, readingAt, someOptions } from "../helpers/nouns.ts";

const NO_TREND = emptyTrend();

function judged(reading: Reading, options: Partial<Options> = {}): Verdict {
  return decide(reading, NO_TREND, someOptions(options));
}

/** `calm`, `term` or `kill`. */
function word(verdict: Verdict): string {
  return verdict.kind === "calm" ? "calm" : verdict.urgency;
}

function limitsOf(text: string): Limits {
  const [softPercent = 0, hardPercent = 0] = text.split(",").map(Number);
  return { softPercent, hardPercent };
}

describe("exhaustion without swap", () => {
  test.each([
    [100, "calm"],
    [10.01, "calm"],
    [10, "term"],
    [5.01, "term"],
    [5, "kill"],
    [0, "kill"],
  ])("%d %% available: %s", (memPercent, expected) => {
    expect(word(judged(readingAt(memPercent)))).toBe(expected);
    const reading = readingAt(memPercent);
    expect(isHard(reading, someOptions())).toBe(expected === "kill");
  });
});

describe("what is available is a share of", () => {
  test.each([
    ["all memory", 100_000, 0, 10],
    ["what is not in tmpfs, which nobody's end gives back", 100_000, 500_000, 20],
    [
      "no less than itself, where the kernel's numbers contradict each other",
      900_000,
      500_000,
      100,
    ],
    ["nothing, where nothing is known", 0, 1_000_000, 100],
  ])("%s", (_what, availableKib, setAsideKib, expected) => {
    const reading = aReading({ totalKib: 1_000_000, availableKib, setAsideKib });
    expect(availablePercent(reading)).toBe(expected);
  });
});

describe("exhaustion with swap needs both used up", () => {
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
    expect(word(judged(reading))).toBe(expected);
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
    expect(word(judged(reading, options))).toBe(expected);
    expect(isHard(reading, someOptions(options))).toBe(expected === "kill");
  });
});

describe("a verdict carries the numbers it was made from", () => {
  test("the soft limits", () => {
    expect(judged(readingAt(8, 7))).toEqual({
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
    expect(judged(readingAt(4))).toEqual({
      kind: "act",
      rule: "exhaustion",
      urgency: "kill",
      witnesses: [{ name: "MemAvailable", value: 4, limit: 5, unit: "%" }],
    });
  });
});

describe("a look that was not close", () => {
  const blind = { ...readingAt(0), detailed: false, someAvg10: 100 };
  const always: Condition = {
    text: "mem >= 0",
    allOf: [{ metric: "mem", operator: ">=", value: 0 }],
  };
  test.each([[{}], [{ when: [always] }]])("decides nothing %#", (options) => {
    expect(judged(blind, options)).toEqual({ kind: "calm" });
  });
});

/** Conditions, each of comparisons such as `mem<=10`. */
function when(...conditions: readonly string[]): Condition[] {
  return conditions.map((text) => ({
    text,
    allOf: text.split(" and ").map((part) => {
      const [, metric, operator, value] = /^([\w.]+) ([<>]=?) (.*)$/.exec(part) ?? [];
      return { metric, operator, value: Number(value) } as Comparison;
    }),
  }));
}

describe("conditions of the user's own", () => {
  const reading = { ...readingAt(20, 50), someAvg10: 30 };

  test.each([
    ["mem < 20", "calm"],
    ["mem <= 20", "term"],
    ["mem > 20", "calm"],
    ["mem >= 20", "term"],
    ["swap < 50", "calm"],
    ["swap <= 50", "term"],
    ["psi.avg10 >= 30", "term"],
    ["psi.avg10 > 30", "calm"],
    ["mem <= 20 and swap <= 50", "term"],
    ["mem <= 20 and swap < 50", "calm"],
    ["mem < 20 and swap <= 50", "calm"],
    ["mem <= 20 and swap <= 50 and psi.avg10 >= 25", "term"],
  ])("%s: %s", (text, expected) => {
    const verdict = judged(reading, { when: when(text) });
    expect(word(verdict)).toBe(expected);
    expect(verdict.kind === "calm" || verdict.rule === "when").toBe(true);
  });

  test("stand in place of all rules", () => {
    expect(judged(readingAt(0), { when: [] })).toEqual({ kind: "calm" });
    expect(judged(readingAt(0), { when: when("mem > 50") })).toEqual({ kind: "calm" });
  });

  test("the first that holds is said, with its numbers", () => {
    const verdict = judged(reading, {
      when: when("mem < 5", "mem < 30 and swap < 60", "mem < 90"),
    });
    expect(verdict).toMatchObject({
      rule: "when",
      witnesses: [
        { name: "mem", value: 20, limit: 30 },
        { name: "swap", value: 50, limit: 60 },
      ],
    });
  });

  test("the hard limits still mean SIGKILL", () => {
    expect(word(judged(readingAt(5), { when: when("mem < 50") }))).toBe("kill");
    expect(word(judged(readingAt(6), { when: when("mem < 50") }))).toBe("term");
  });
});

describe("confirm", () => {
  test("leaves every verdict but a leak as it is", () => {
    const exhaustion = judged(readingAt(8));
    const nobody = aSelection([]);
    expect(confirm(exhaustion, nobody, readingAt(8))).toEqual(exhaustion);
    expect(confirm({ kind: "calm" }, nobody, readingAt(8))).toEqual({ kind: "calm" });
  });
});

describe("whatever is read", () => {
  const percent = fc.double({ min: 0, max: 100, noNaN: true });
  const optionsArbitrary = fc
    .record({ soft: percent, hard: percent, swapSoft: percent, swapHard: percent })
    .map(({ hard, soft, swapHard, swapSoft }) =>
      someOptions({
        psiPercent: 0,
        mem: { softPercent: soft, hardPercent: Math.min(soft, hard) },
        swap: { softPercent: swapSoft, hardPercent: Math.min(swapSoft, swapHard) },
      }),
    );

  test("every witness stands on the wrong side of its limit", () => {
    fc.assert(
      fc.property(percent, fc.option(percent), optionsArbitrary, (mem, swap, options) => {
        const verdict = decide(readingAt(mem, swap), NO_TREND, options);
        for (const { limit, value } of verdict.kind === "act" ? verdict.witnesses : []) {
          expect(value).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  test("who acts with this much acts with less, and no gentler", () => {
    const order = ["calm", "term", "kill"];
    fc.assert(
      fc.property(
        fc.tuple(percent, percent),
        fc.tuple(percent, percent),
        optionsArbitrary,
        (mem, swap, options) => {
          const more = decide(readingAt(Math.max(...mem), Math.max(...swap)), NO_TREND, options);
          const less = decide(readingAt(Math.min(...mem), Math.min(...swap)), NO_TREND, options);
          expect(order.indexOf(word(less))).toBeGreaterThanOrEqual(order.indexOf(word(more)));
        },
      ),
    );
  });
});
