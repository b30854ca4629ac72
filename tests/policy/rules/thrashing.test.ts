import { describe, expect, test } from "bun:test";
import {
  THRASH_ABOVE,
  THRASH_SWAPPED_IN_PERCENT,
  THRASH_WINDOWS,
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

const ROOMY = { memPercent: 30, stall: 0 } as const;
const [SHORT, LONG] = THRASH_WINDOWS;
const MOST_RETURNED = Math.max(...THRASH_WINDOWS.map(({ returnedPercent }) => returnedPercent));
const LEAST_RETURNED = Math.min(...THRASH_WINDOWS.map(({ returnedPercent }) => returnedPercent));

/** The rule that acts when it went on like this for so long, after memory was roomy. */
function ruleAfter(forMs: number, changes: Partial<Past> = {}, psiPercent = 25): string {
  return ruleOf(judged(after({ ...THRASHING, ...changes, forMs }, after(ROOMY)), { psiPercent }));
}

describe("thrashing", () => {
  test("acts when what is evicted comes back as fast, in one mixture or another", () => {
    for (const returnedPercent of [MOST_RETURNED + 1, 100, 1000]) {
      for (const evicted of [0.5, 5, 50]) {
        expect(ruleOf(judged(after({ ...THRASHING, returnedPercent, evicted })))).toBe("thrashing");
      }
    }
  });

  test("is none when most of what is evicted stays away, as of a program that settles", () => {
    const past = { ...THRASHING, returnedPercent: LEAST_RETURNED - 1 };
    expect(judged(after(past)).kind).toBe("calm");
  });

  test("acts when it has gone on for the shortest window, and not before", () => {
    const windowMs = SHORT?.windowMs ?? 0;
    const all = { stall: 95 };
    expect(ruleAfter(windowMs / 3, all)).not.toBe("thrashing");
    expect(ruleAfter(windowMs + 100, all)).toBe("thrashing");
  });

  test("the longer it goes on the less must tasks stall for it", () => {
    const stall = 25 * (LONG?.stallTimes ?? 0) + 1;
    expect(ruleAfter((SHORT?.windowMs ?? 0) + 100, { stall })).not.toBe("thrashing");
    expect(ruleAfter((LONG?.windowMs ?? 0) + 100, { stall })).toBe("thrashing");
  });

  test("is none when hardly anybody waited for a second of it: a newcomer that settles", () => {
    const stalled = (ms: number, looked?: Looked) =>
      after({ ...THRASHING, stall: 95, forMs: ms }, looked);
    const rested = after({ ...THRASHING, stall: 2, forMs: 2100 }, stalled(2000, after(ROOMY)));
    expect(judged(stalled(1100, rested)).kind).toBe("calm");
    expect(ruleOf(judged(stalled(2100, rested)))).toBe("thrashing");
  });

  test("is none when hardly anything is evicted for what comes back, however all wait", () => {
    const before = after({ ...THRASHING, stall: 95, forMs: 2000 }, after(ROOMY));
    const roomy = { ...THRASHING, evicted: 0.01, returnedPercent: 2000, stall: 95, forMs: 1100 };
    expect(judged(after(roomy, before)).kind).toBe("calm");
    expect(ruleOf(judged(after({ ...roomy, evicted: 0.2, returnedPercent: 100 }, before)))).toBe(
      "thrashing",
    );
  });

  describe.each(THRASH_ABOVE)("above the limit, over %o", ({ windowMs, stallTimes }) => {
    const limit = someOptions().mem.softPercent;
    /** What is evicted is half of files and half of swap, of which all comes back. */
    const HALF_OF_FILES: Partial<Past> = { swappedInPercent: 50, swappedOutPercent: 50 };
    const ABOVE: Partial<Past> = {
      memPercent: 35,
      freePercent: 5,
      stall: 25 * stallTimes + 1,
      returnedPercent: 95,
      swappedInPercent: THRASH_SWAPPED_IN_PERCENT + 1,
      swappedOutPercent: THRASH_SWAPPED_IN_PERCENT + 1,
    };
    const ruleAbove = (changes: Partial<Past>, forMs = windowMs + 200) =>
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
      const turn = { returnedPercent: 100, swappedInPercent: 100, swappedOutPercent: 0 };
      expect(ruleAbove({ ...turn, stall: 95 })).toBe("calm");
      expect(ruleAbove({ ...turn, swappedOutPercent: 100, stall: 95 })).toBe("calm");
    });

    test("and where hardly any files are evicted, their few tell nothing of the others", () => {
      const few = { returnedPercent: 99, swappedInPercent: 88, swappedOutPercent: 91 };
      expect(ruleAbove({ ...few, memPercent: 80 })).toBe("calm");
      expect(ruleAbove({ ...few, memPercent: 80, swappedOutPercent: 89 })).toBe("thrashing");
    });

    test("acts only when it lasts, and tasks stall for most of it", () => {
      expect(ruleAbove({}, windowMs - 1100)).toBe("calm");
      expect(ruleAbove({ stall: 25 * stallTimes - 1 })).toBe("calm");
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

      const briefly = after({ ...THRASHING, forMs: 2100 }, after(ROOMY));

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
        expect(last({ faultShare: 0 })).toBe("evicted memory that is read back");
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
    expect(ruleOf(judged(after({ ...mglru, majorPercent: MOST_RETURNED + 1 })))).toBe("thrashing");
  });

  test("is none when what comes back was not missed for a second of it", () => {
    const burst = { ...THRASHING, stall: 95, returnedPercent: 10, forMs: 1000 };
    const back = { ...burst, returnedPercent: 130, forMs: 1000 };
    const before = after({ ...THRASHING, stall: 95, forMs: 1000 }, after(ROOMY));
    expect(ruleOf(judged(after(back, after(burst, before))))).toBe("calm");
    expect(ruleOf(judged(after(back, after({ ...burst, returnedPercent: 40 }, before))))).toBe(
      "thrashing",
    );
  });

  test("is none when less and less must wait for what comes back: a newcomer has settled", () => {
    const windowMs = SHORT?.windowMs ?? 0;
    const before = after({ ...THRASHING, stall: 95, forMs: windowMs }, after(ROOMY));
    // All of the window still comes to more than its limit.
    const fading = after({ ...THRASHING, stall: 35, forMs: 1100 }, before);
    expect(judged(fading).kind).toBe("calm");
    const lasting = after({ ...THRASHING, stall: 55, forMs: 1100 }, before);
    expect(ruleOf(judged(lasting))).toBe("thrashing");
  });

  test.each([10, 25, 60])("-p %d is the share of time from which on it acts", (psiPercent) => {
    const ruleAt = (stall: number) => ruleAfter(10_000, { stall }, psiPercent);
    const least = psiPercent * (LONG?.stallTimes ?? 0);
    expect([ruleAt(least - 1), ruleAt(least + 0.01)]).toEqual(["calm", "thrashing"]);
  });

  test("says what came back, beside the limit that it was held against", () => {
    const limits = THRASH_WINDOWS.map(({ returnedPercent }) => returnedPercent);
    const verdict = judged(after(THRASHING));
    const witnesses = verdict.kind === "act" ? verdict.witnesses : [];
    expect(witnesses.map(({ name }) => name)).toEqual([
      "stall",
      "MemAvailable",
      "evicted memory that is read back",
    ]);
    expect(limits).toContain(witnesses[2]?.limit ?? 0);
  });
});
