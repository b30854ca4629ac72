import { describe, expect, test } from "bun:test";
import * as limits from "../../src/model/limits.ts";
import type { Condition, Metric, Options } from "../../src/model/options.ts";
import type { Reading } from "../../src/model/reading.ts";
import type { Grower } from "../../src/model/selection.ts";
import type { Verdict } from "../../src/model/verdict.ts";
import { confirm, decide } from "../../src/policy/decide.ts";
import { clearTrend, emptyTrend, remember, type Trend } from "../../src/policy/trend.ts";
import { aCandidate, aProcess, aReading, aSelection, someOptions } from "../helpers/nouns.ts";

const TOTAL_KIB = 1_000_000;
const SWAP_KIB = 1_000_000;
const STEP_MS = 50;

/** How the last seconds went, evenly. */
interface Course {
  readonly memPercent: number;
  /** Share of time in which some task stalled, percent. */
  readonly stall: number;
  readonly fullStall?: number;
  /** Memory read back after it was evicted in use, percent of RAM per second. */
  readonly refault?: number;
  /** By which free swap shrinks. */
  readonly kibPerS?: number;
  readonly forMs?: number;
}

interface Looked {
  readonly reading: Reading;
  readonly trend: Trend;
}

/** Looks at a machine that goes on like this, and at the end has half of its swap left. */
function after(course: Course, before: Looked | null = null): Looked {
  const trend = before?.trend ?? emptyTrend();
  const start = before?.reading ?? aReading();
  const { forMs = 10_000, fullStall = 0, kibPerS = 0, memPercent, refault = 0, stall } = course;
  let reading = start;
  for (let ms = before === null ? 0 : STEP_MS; ms <= forMs; ms += STEP_MS) {
    reading = aReading({
      atMs: start.atMs + ms,
      totalKib: TOTAL_KIB,
      availableKib: (memPercent * TOTAL_KIB) / 100,
      swapTotalKib: SWAP_KIB,
      swapFreeKib: SWAP_KIB / 2 + ((forMs - ms) * kibPerS) / 1000,
      someAvg10: stall,
      someTotalUs: start.someTotalUs + 10 * ms * stall,
      fullTotalUs: start.fullTotalUs + 10 * ms * fullStall,
      refaults: start.refaults + (((ms / 1000) * refault) / 100) * (TOTAL_KIB / 4),
    });
    remember(trend, reading);
  }
  return { reading, trend };
}

function judged({ reading, trend }: Looked, options: Partial<Options> = {}): Verdict {
  return decide(reading, trend, someOptions(options));
}

function ruleOf(verdict: Verdict): string {
  return verdict.kind === "calm" ? "calm" : verdict.rule;
}

const MUCH_REFAULT = 2 * limits.REFAULT_PERCENT;
const LEAK = { memPercent: 5.5, stall: 60, kibPerS: 20_000 } as const;
const THRASHING = { memPercent: 8, stall: 60, refault: MUCH_REFAULT } as const;
const FROZEN = { memPercent: 4, stall: 95 } as const;

test.each([
  ["leak", LEAK],
  ["thrashing", THRASHING],
  ["frozen", FROZEN],
] as const)("-m 0 leaves the rule of pressure as it is: %s", (rule, course) => {
  expect(ruleOf(judged(after(course), { mem: { softPercent: 0, hardPercent: 0 } }))).toBe(rule);
});

describe("tasks stall, and", () => {
  test.each([
    ["somebody takes what is left", LEAK, "leak"],
    ["what is in use is evicted and read back", THRASHING, "thrashing"],
    ["hardly anything has gone on for long, whatever the reason", FROZEN, "frozen"],
    [
      "there is plenty: heavy input and output, a cgroup at its limit",
      { memPercent: 50, stall: 100 },
      "calm",
    ],
    ["much is read, with a warm page cache", { memPercent: 60, stall: 40, refault: 20 }, "calm"],
    [
      "little is available, but nothing shrinks and nothing is evicted",
      { memPercent: 8, stall: 40 },
      "calm",
    ],
  ])("%s", (_name, course, expected) => {
    const verdict = judged(after(course));
    expect(ruleOf(verdict)).toBe(expected);
    expect(verdict.kind === "calm" || verdict.urgency === "term").toBe(true);
  });

  test.each([LEAK, THRASHING, FROZEN])(
    "every witness stands on the wrong side of its limit %#",
    (course) => {
      const verdict = judged(after(course));
      const witnesses = verdict.kind === "act" ? verdict.witnesses : [];
      expect(witnesses.length).toBeGreaterThanOrEqual(2);
      for (const { limit, name, value } of witnesses) {
        const isWrong = name === "MemAvailable" ? value <= limit : value >= limit;
        expect(isWrong).toBe(true);
      }
    },
  );
});

describe("nobody dies", () => {
  const guilty = [LEAK, THRASHING, FROZEN];

  test.each(guilty)("without stalls %#", (course) => {
    expect(judged(after({ ...course, stall: 0 }))).toEqual({ kind: "calm" });
  });

  test.each(guilty)("of stalls that are over, however high avg10 still is %#", (course) => {
    const calm = after({ ...course, stall: 0, refault: 0, forMs: 1000 }, after(course));
    const reading = { ...calm.reading, someAvg10: 99 };
    expect(judged({ ...calm, reading })).toEqual({ kind: "calm" });
  });

  test.each(guilty)("of stalls that were over a moment ago %#", (course) => {
    const forMs = limits.STILL_WINDOW_MS + STEP_MS;
    const calm = after({ ...course, stall: 0, forMs }, after(course));
    expect(judged(calm)).toEqual({ kind: "calm" });
  });

  test.each([
    [LEAK, limits.STILL_WINDOW_MS],
    [THRASHING, limits.STALL_WINDOW_MS],
    [FROZEN, limits.STALL_WINDOW_MS],
  ])("of a stall of a moment %#", (course, windowMs) => {
    const before = after({ ...course, stall: 0 });
    const forMs = (windowMs * 2) / 3;
    const short = after({ ...course, stall: 30, forMs }, before);
    expect(judged(short)).toEqual({ kind: "calm" });
  });

  test("as frozen, when some memory is left, or when it gets better", () => {
    expect(ruleOf(judged(after({ ...FROZEN, memPercent: 6 })))).toBe("calm");
    const better = after({ ...FROZEN, stall: 40, forMs: limits.STILL_WINDOW_MS }, after(FROZEN));
    expect(ruleOf(judged(better))).toBe("calm");
  });

  test.each(guilty)("of stalls from before the last kill %#", (course) => {
    const { reading, trend } = after(course);
    clearTrend(trend);
    remember(trend, reading);
    expect(judged({ reading, trend })).toEqual({ kind: "calm" });
  });

  test.each(guilty)("of what avg10 says alone %#", (course) => {
    const reading = { ...after(course).reading, someAvg10: 100 };
    expect(judged({ reading, trend: emptyTrend() })).toEqual({ kind: "calm" });
  });

  test.each(guilty)("when the rule is switched off, or the kernel has no PSI %#", (course) => {
    const { reading, trend } = after(course);
    expect(judged({ reading, trend }, { psiPercent: 0 })).toEqual({ kind: "calm" });
    const blind = { ...reading, hasPressure: false };
    expect(judged({ reading: blind, trend })).toEqual({ kind: "calm" });
  });
});

describe("-p is the share of time from which on it acts", () => {
  test.each([10, 25, 60])("%d", (psiPercent) => {
    const verdictAt = (stall: number) => ruleOf(judged(after({ ...LEAK, stall }), { psiPercent }));
    expect(verdictAt(psiPercent - 1)).toBe("calm");
    expect(verdictAt(psiPercent + 0.01)).toBe("leak");
  });

  test("half a second of looks is enough for a storm out of the blue", () => {
    expect(ruleOf(judged(after({ ...LEAK, forMs: 600 })))).toBe("leak");
  });

  test("it acts within two seconds of the stalls, long before avg10 gets there", () => {
    const calm = after({ memPercent: 12, stall: 0 });
    const soon = after({ ...LEAK, stall: 40, forMs: 2000 }, calm);
    expect(ruleOf(judged(soon))).toBe("leak");
  });
});

describe("a leak is told from a newcomer by who grows", () => {
  const { reading, trend } = after(LEAK);
  const suspicion = judged({ reading, trend });
  const leftKib = reading.availableKib + reading.swapFreeKib;

  function confirmed(grower: Grower | null): string {
    return ruleOf(confirm(suspicion, aSelection([], { grower }), reading));
  }

  function aGrower(sizeKib: number, grownKib = sizeKib): Grower {
    return { name: "grower", pid: 42, sizeKib, grownKib };
  }

  test("one who would use up all that is left by growing on", () => {
    expect(confirmed(aGrower(3 * leftKib))).toBe("leak");
  });

  test("one for whom there is enough", () => {
    expect(confirmed(aGrower(leftKib / 2))).toBe("calm");
  });

  /** Recorded on 1 GiB with zram of half of that: sizes and what is left in MiB, a tenth off. */
  test.each([
    ["leaks 20 MiB/s, at the first stall", 575 * 0.9, 515, "leak"],
    ["leaks 60 MiB/s", 606 * 0.9, 493, "leak"],
    ["leaks 120 MiB/s", 619 * 0.9, 485, "leak"],
    ["leaks 250 MiB/s", 631 * 0.9, 463, "leak"],
    ["wants 200 MiB, when it has them", 200, 478 * 0.9, "calm"],
    ["wants 270 MiB", 270, 369 * 0.9, "calm"],
    ["wants 330 MiB", 330, 260 * 0.9, "calm"],
    ["wants 400 MiB", 400, 154 * 0.9, "calm"],
    ["is nearly as large as RAM", 971, 1900, "calm"],
    ["is as large", 972, 1900, "leak"],
    ["is as large, where more is left", 972, 2000, "calm"],
  ])("as measured: one who %s", (_name, sizeMib, leftMib, expected) => {
    const measured = { totalKib: 972 * 1024, availableKib: 0, swapFreeKib: leftMib * 1024 };
    const selection = aSelection([], { grower: aGrower(sizeMib * 1024) });
    expect(ruleOf(confirm(suspicion, selection, { ...reading, ...measured }))).toBe(expected);
  });

  test("one who is large but has stopped growing, and nobody", () => {
    expect(confirmed(aGrower(3 * leftKib, 0))).toBe("calm");
    expect(confirmed(null)).toBe("calm");
  });

  test("what was left stands in the verdict", () => {
    const verdict = confirm(suspicion, aSelection([], { grower: aGrower(3 * leftKib) }), reading);
    const left = verdict.kind === "act" ? verdict.witnesses.at(-1) : null;
    expect(left).toMatchObject({ value: leftKib / 1024, unit: "MiB" });
  });

  test("the other rules need no grower", () => {
    for (const course of [THRASHING, FROZEN]) {
      const looked = after(course);
      const verdict = judged(looked);
      expect(confirm(verdict, aSelection([]), looked.reading)).toEqual(verdict);
    }
  });
});

test("a family gets no time to start another member, whatever the rule", () => {
  const family = {
    tie: "parent",
    id: 40,
    count: 9,
    sizeKib: 900_000,
    grownKib: 900_000,
    growthPercent: 99,
  } as const;
  const grower = { name: "storm", pid: 42, sizeKib: 900_000, grownKib: 900_000 };
  const selection = aSelection([aCandidate(aProcess(42))], { family, grower });
  for (const course of [LEAK, THRASHING, FROZEN, { memPercent: 8, stall: 0 }]) {
    const { reading, trend } = after(course);
    const usedUp = { ...reading, swapFreeKib: Math.min(reading.swapFreeKib, SWAP_KIB / 12) };
    const verdict = decide(usedUp, trend, someOptions());
    expect(confirm(verdict, selection, usedUp)).toMatchObject({ urgency: "kill" });
  }
});

describe("conditions of the user's own", () => {
  function holds(looked: Looked, metric: Metric, operator: "<" | ">=", value: number): boolean {
    const condition: Condition = { text: "", allOf: [{ metric, operator, value }] };
    return judged(looked, { when: [condition] }).kind === "act";
  }

  test("psi.some and psi.full are shares of stalled time", () => {
    const looked = after({ memPercent: 50, stall: 60, fullStall: 20 });
    expect([59, 61].map((value) => holds(looked, "psi.some", ">=", value))).toEqual([true, false]);
    expect([19, 21].map((value) => holds(looked, "psi.full", ">=", value))).toEqual([true, false]);
    expect(holds(looked, "psi.avg10", ">=", 60)).toBe(true);
  });

  test("what nobody knows yet is neither much nor little", () => {
    const { reading } = after({ memPercent: 50, stall: 60 });
    const looked = { reading, trend: emptyTrend() };
    for (const metric of ["psi.some", "psi.full"] as const) {
      expect(holds(looked, metric, ">=", 0)).toBe(false);
      expect(holds(looked, metric, "<", 50)).toBe(false);
    }
  });

  test.each([
    ["much available", { memPercent: 50, stall: 0 }, 50, false],
    ["little available", { memPercent: 9, stall: 0 }, 50, true],
    ["swap nearly full", { memPercent: 50, stall: 0 }, 9, true],
    ["what is in use evicted", { memPercent: 50, stall: 0, refault: MUCH_REFAULT }, 50, true],
  ])("scarce: %s", (_name, course, swapPercent, expected) => {
    const { reading, trend } = after(course);
    const swapFreeKib = (swapPercent * SWAP_KIB) / 100;
    const looked = { reading: { ...reading, swapFreeKib }, trend };
    expect(holds(looked, "scarce", ">=", 1)).toBe(expected);
    expect(holds(looked, "scarce", "<", 1)).toBe(!expected);
  });
});
