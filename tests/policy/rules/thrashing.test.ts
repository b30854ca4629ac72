import { describe, expect, test } from "bun:test";
import {
  THRASH_ABOVE_TIMES,
  THRASH_LASTING_MS,
  THRASH_MOST_TIMES,
  THRASH_MS,
  THRASH_REFILLED_PERCENT,
  THRASH_SLICES,
  THRASH_SWAPPED_IN_PERCENT,
} from "../../../src/model/limits.ts";
import type { Taker } from "../../../src/model/selection.ts";
import { thrashing } from "../../../src/policy/rules/thrashing.ts";
import {
  after,
  aTaker,
  judged,
  type Looked,
  type Past,
  ruleOf,
  THRASHING,
  viewOf,
} from "../../helpers/looked.ts";
import { someOptions } from "../../helpers/nouns.ts";

const SLICE_MS = THRASH_MS / THRASH_SLICES;
const ROOMY = { memPercent: 30, freePercent: 4, stall: 0 } as const;
/** The rule that acts when it went on like this for so long, after memory was roomy. */
function ruleAfter(forMs: number, changes: Partial<Past> = {}, psiPercent = 25): string {
  return ruleOf(judged(after({ ...THRASHING, ...changes, forMs }, after(ROOMY)), { psiPercent }));
}

describe("thrashing", () => {
  test("acts when what is evicted comes back as fast, in one mixture or another", () => {
    for (const returnedPercent of [THRASH_REFILLED_PERCENT, 100, 110]) {
      for (const evicted of [0.5, 5, 50]) {
        expect(ruleOf(judged(after({ ...THRASHING, returnedPercent, evicted })))).toBe("thrashing");
      }
    }
  });

  test("is none when memory is filled with something new, as by a program that settles", () => {
    const past = { ...THRASHING, returnedPercent: THRASH_REFILLED_PERCENT - 0.1 };
    expect(judged(after(past)).kind).toBe("calm");
  });

  test("acts when it has gone on for so long, and not before", () => {
    expect(ruleAfter(THRASH_MS - 800)).not.toBe("thrashing");
    expect(ruleAfter(THRASH_MS + 100)).toBe("thrashing");
  });

  test("does not take for filled what is evicted and still free: it comes in bursts", () => {
    const evicted = 5;
    const stillFree = { ...THRASHING, evicted, returnedPercent: 30, freePercent: 1 };
    const evictedKibPerS = (evicted / 100) * 1_000_000;
    expect(judged(after(stillFree)).kind).toBe("calm");
    for (const [freedShare, isIt] of [
      [0.5, false],
      [1 - 0.3 / (THRASH_REFILLED_PERCENT / 100) + 0.001, true],
      [0.7, true],
      // More than that somebody else gave back.
      [0.9, false],
      [2, false],
    ] as const) {
      const past = { ...stillFree, freedKibPerS: evictedKibPerS * freedShare, forMs: 5000 };
      expect(ruleOf(judged(after(past))) === "thrashing").toBe(isIt);
    }
  });

  test("takes for filled what was free until then: who takes it is no working set", () => {
    const past = { ...THRASHING, returnedPercent: 100, freePercent: 9, forMs: 5000 };
    expect(ruleOf(judged(after({ ...past, freedKibPerS: -15_000 })))).toBe("thrashing");
    expect(ruleOf(judged(after({ ...past, freedKibPerS: -18_000 })))).not.toBe("thrashing");
  });

  test("is none when hardly anybody waited for a second of it: a newcomer that settles", () => {
    const stalled = (ms: number, looked?: Looked) => after({ ...THRASHING, forMs: ms }, looked);
    const ms = THRASH_MS + 100;
    const rested = after({ ...THRASHING, stall: 2, forMs: 1100 }, stalled(ms, after(ROOMY)));
    expect(judged(stalled(ms - 1000, rested)).kind).toBe("calm");
    expect(ruleOf(judged(stalled(ms, rested)))).toBe("thrashing");
  });

  test("acts when it lasts, by fits and starts: in each third tasks stalled enough", () => {
    const [calm, busy] = [
      { ...THRASHING, stall: 5, forMs: 1500 },
      { ...THRASHING, stall: 60, forMs: 1500 },
    ];
    const seconds = (pairs: number) => {
      let looked = after(ROOMY);
      for (let i = 0; i < pairs; i++) {
        looked = after(busy, after(calm, looked));
      }
      return ruleOf(judged(looked));
    };
    const pairs = THRASH_LASTING_MS / 3000;
    expect([seconds(pairs - 1), seconds(pairs)]).toEqual(["calm", "thrashing"]);
  });

  test("is none when hardly anything is evicted for what comes back, however all wait", () => {
    const roomy = { ...THRASHING, evicted: 0.01, stall: 95, forMs: THRASH_MS + 100 };
    const times = (count: number) => {
      // The rest comes of what was free.
      const freedKibPerS = (roomy.evicted / 100) * 1_000_000 * (1 - count);
      const past = { ...roomy, freedKibPerS, returnedPercent: 100 * count };
      return ruleOf(judged(after(past, after(ROOMY))));
    };
    expect(times(THRASH_MOST_TIMES + 1)).toBe("calm");
    expect(times(THRASH_MOST_TIMES - 1)).toBe("thrashing");
  });

  test("lets come back from swap what was idle for long, once all that is still there fits", () => {
    const forMs = THRASH_LASTING_MS + 200;
    const ruleWith = (inSwapPercent: number, swappedInPercent: number) => {
      const kibPerS = (-10_000_000 * (50 - inSwapPercent)) / forMs;
      const back = { returnedPercent: 100, swappedInPercent, kibPerS };
      return ruleAfter(forMs, { ...back, memPercent: 8, freePercent: 8 });
    };
    expect([ruleWith(7.9, 100), ruleWith(8.1, 100)]).toEqual(["calm", "thrashing"]);
    expect([ruleWith(7.9, 51), ruleWith(7.9, 49)]).toEqual(["calm", "thrashing"]);
  });

  describe("above the limit", () => {
    const limit = someOptions().mem.softPercent;
    /** Half of what comes back is of swap. */
    const HALF_OF_FILES: Partial<Past> = { swappedInPercent: 50 };
    const ABOVE: Partial<Past> = {
      memPercent: 35,
      freePercent: 5,
      returnedPercent: 95,
      swappedInPercent: THRASH_SWAPPED_IN_PERCENT + 1,
    };
    const ruleAbove = (changes: Partial<Past>, forMs = THRASH_MS + 200) =>
      ruleAfter(forMs, { ...ABOVE, ...changes });

    test("acts when what is available are files that are read back when they are evicted", () => {
      expect(ruleAbove({})).toBe("thrashing");
      expect(ruleAbove({ freePercent: limit + 0.5, returnedPercent: 1000 })).toBe("calm");
      // 5 percent are free, and 30 files: five sixths of them at least must be in use.
      const least = 50 + (50 * 5) / 6;
      expect(ruleAbove({ ...HALF_OF_FILES, returnedPercent: least - 0.5 })).toBe("calm");
      expect(ruleAbove({ ...HALF_OF_FILES, returnedPercent: least + 0.5 })).toBe("thrashing");
    });

    test("lets come back from swap what somebody turns to, where nobody needs the files", () => {
      const turn = { returnedPercent: 100, swappedInPercent: 100, stall: 95 };
      expect(ruleAbove(turn)).toBe("calm");
    });

    test("and where hardly any files are read, their few tell nothing of the others", () => {
      const few = { returnedPercent: 100, memPercent: 80, stall: 95 };
      expect(ruleAbove({ ...few, swappedInPercent: 91 })).toBe("calm");
      expect(ruleAbove({ ...few, swappedInPercent: 89 })).toBe("thrashing");
    });

    test("acts only when it lasts, and tasks stall all the time", () => {
      expect(ruleAbove({}, THRASH_MS - 800)).toBe("calm");
      const [least, longMs] = [25 * THRASH_ABOVE_TIMES, THRASH_LASTING_MS + 200];
      expect([ruleAbove({ stall: least - 1 }), ruleAbove({ stall: least + 1 })]).toEqual([
        "calm",
        "thrashing",
      ]);
      expect([ruleAbove({ stall: 24 }, longMs), ruleAbove({ stall: 26 }, longMs)]).toEqual([
        "calm",
        "thrashing",
      ]);
    });

    test("lets who reads a file larger than memory wait for itself: swap is not touched", () => {
      expect(ruleAbove({ swappedInPercent: 0 })).toBe("calm");
      expect(ruleAbove({ swappedInPercent: THRASH_SWAPPED_IN_PERCENT - 1 })).toBe("calm");
    });

    describe("is sure only of who took some of what was lost, and waits most for it:", () => {
      const looked = after({ ...THRASHING, ...ABOVE });
      const confirmed = (chosen: Taker | null, at = looked) => {
        const verdict = judged(at);
        return verdict.kind === "act"
          ? (thrashing.confirm?.(verdict, aTaker(1000), viewOf(at), chosen) ?? verdict)
          : verdict;
      };

      test("a tenth of the loss, and half of the major faults", () => {
        expect(ruleOf(confirmed(aTaker(1000, { faultShare: 0.5, share: 0.1 })))).toBe("thrashing");
        expect(ruleOf(confirmed(aTaker(1000, { faultShare: 0.49 })))).toBe("calm");
        expect(ruleOf(confirmed(aTaker(1000, { faultShare: 1, share: 0.09 })))).toBe("calm");
        expect(ruleOf(confirmed(aTaker(1000)))).toBe("calm");
        expect(ruleOf(confirmed(null))).toBe("calm");
      });

      test("and says so", () => {
        const verdict = confirmed(aTaker(1000, { faultShare: 0.8 }));
        const last = verdict.kind === "act" ? verdict.witnesses.at(-1) : null;
        expect(last).toMatchObject({ name: "major faults that are its own", value: 80, limit: 50 });
      });
    });

    describe("below it", () => {
      const looked = after(THRASHING);
      const confirmed = (chosen: Taker | null, at = looked) => {
        const verdict = judged(at);
        return verdict.kind === "act"
          ? (thrashing.confirm?.(verdict, aTaker(1000), viewOf(at), chosen) ?? verdict)
          : verdict;
      };
      const nobodysDoing = { share: 0, latelyShare: 0 };

      const briefly = after({ ...THRASHING, forMs: THRASH_MS + 100 }, after(ROOMY));

      test("is sure at once of who took half of what was lost, and goes on", () => {
        const goesOn = { pace: 0.1, confinedShare: 0.9 };
        expect(ruleOf(confirmed(aTaker(1000, { share: 0.5, ...goesOn }), briefly))).toBe(
          "thrashing",
        );
        expect(ruleOf(confirmed(aTaker(1000, { share: 0.49, ...goesOn }), briefly))).toBe("calm");
        expect(ruleOf(confirmed(aTaker(1000, { share: 1 })))).toBe("calm");
        expect(ruleOf(confirmed(null))).toBe("calm");
      });

      test.each([
        ["goes on", { pace: 0.1, faultShare: 0.3 }],
        ["waits most", { pace: 0, faultShare: 0.5 }],
      ])("once it is known who waits, of who took a tenth and %s", (_what, atIt) => {
        const ruleOfShare = (share: number) =>
          ruleOf(confirmed(aTaker(1000, { share, ...atIt }), briefly));
        expect([ruleOfShare(0.1), ruleOfShare(0.09)]).toEqual(["thrashing", "calm"]);
      });

      test("waits to see whether it lasts where he has what he wants, as a newcomer has", () => {
        const settled = aTaker(1000, { share: 1, pace: 0.09, faultShare: 0.49 });
        expect(ruleOf(confirmed(settled, briefly))).toBe("calm");
        expect(ruleOf(confirmed(settled))).toBe("thrashing");
      });

      test("is sure of anybody, once it is known who waits, and says when he does", () => {
        const last = (changes: Partial<Taker>) => {
          const verdict = confirmed(aTaker(1000, { ...nobodysDoing, ...changes }));
          return verdict.kind === "act" ? verdict.witnesses.at(-1)?.name : "calm";
        };
        expect(last({ faultShare: 0 })).toBe("filled memory that was evicted before");
        expect(last({ faultShare: 0.02 })).toBe("major faults that are its own");
        expect(last({ faultShare: 0.1, share: 0.2 })).toBe("what was lost that it took");
      });

      test("is none when most who wait are in cgroups at their own limits", () => {
        const inBox = { ...nobodysDoing, faultShare: 0.24, confinedShare: 0.5 };
        expect(ruleOf(confirmed(aTaker(1000, inBox)))).toBe("calm");
        expect(ruleOf(confirmed(aTaker(1000, { ...inBox, confinedShare: 0.49 })))).toBe(
          "thrashing",
        );
        expect(ruleOf(confirmed(aTaker(1000, { ...inBox, faultShare: 0.25 })))).toBe("thrashing");
      });
    });

    test("says what is available by the kernel's count, and is not", () => {
      const verdict = judged(after({ ...THRASHING, ...ABOVE }));
      const witnesses = verdict.kind === "act" ? verdict.witnesses : [];
      const [, unused, , swappedIn] = witnesses;
      expect(unused?.name).toBe("MemAvailable without files in use");
      expect([unused?.limit, swappedIn?.limit]).toEqual([limit, THRASH_SWAPPED_IN_PERCENT]);
      const swapped = THRASH_SWAPPED_IN_PERCENT + 1;
      const unusedFiles = 1 - (95 - swapped) / (100 - swapped);
      expect(unused?.value).toBeCloseTo(5 + 30 * unusedFiles, 6);
    });
  });

  test("counts what tasks wait for to be read, where MGLRU does not count it as in use", () => {
    const mglru = { ...THRASHING, returnedPercent: 3 };
    expect(ruleOf(judged(after(mglru)))).not.toBe("thrashing");
    expect(ruleOf(judged(after({ ...mglru, majorPercent: THRASH_REFILLED_PERCENT + 1 })))).toBe(
      "thrashing",
    );
  });

  test("is none when what comes back was not missed for a second of it", () => {
    const slice = { ...THRASHING, forMs: SLICE_MS };
    const before = after(slice, after(ROOMY));
    const lessFor = (returnedPercent: number) =>
      ruleOf(judged(after(slice, after({ ...slice, returnedPercent }, before))));
    expect(lessFor(THRASH_REFILLED_PERCENT - 1)).toBe("calm");
    expect(lessFor(THRASH_REFILLED_PERCENT + 1)).toBe("thrashing");
  });

  test.each([10, 25, 60])("-p %d is the share of time from which on it acts", (psiPercent) => {
    const ruleAt = (stall: number) => ruleAfter(10_000, { stall }, psiPercent);
    expect([ruleAt(psiPercent - 1), ruleAt(psiPercent + 0.01)]).toEqual(["calm", "thrashing"]);
  });

  test("says what came back in the second in which that was least, and its limit", () => {
    const slice = { ...THRASHING, forMs: SLICE_MS };
    const before = after({ ...slice, returnedPercent: 80, stall: 40 }, after(ROOMY));
    const verdict = judged(after(slice, after({ ...slice, returnedPercent: 90 }, before)));
    const witnesses = verdict.kind === "act" ? verdict.witnesses : [];
    expect(witnesses.map(({ limit, name, value }) => [name, Math.round(value), limit])).toEqual([
      ["stall", 40, 25],
      ["MemAvailable", 8, 10],
      ["filled memory that was evicted before", 80, THRASH_REFILLED_PERCENT],
    ]);
  });
});
