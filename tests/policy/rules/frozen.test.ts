import { describe, expect, test } from "bun:test";
import * as limits from "../../../src/model/limits.ts";
import type { Taker } from "../../../src/model/selection.ts";
import { frozen } from "../../../src/policy/rules/frozen.ts";
import { after, aTaker, FROZEN, judged, type Past, ruleOf, viewOf } from "../../helpers/looked.ts";

const ROOMY = { memPercent: 30, stall: 0 } as const;
/** KiB per second by which what is left moves by its limit within the window, of 1,000,000 KiB. */
const LIMIT_KIB_PER_S = (limits.FROZEN_MOVED_PERCENT * 10_000 * 1000) / limits.FROZEN_WINDOW_MS;

describe("frozen", () => {
  test("acts when nearly all wait, for long, and what is left stands still", () => {
    expect(ruleOf(judged(after(FROZEN)))).toBe("frozen");
  });

  test("waits for all of its window", () => {
    const kindAfter = (forMs: number) => judged(after({ ...FROZEN, forMs }, after(ROOMY))).kind;
    expect(kindAfter(limits.FROZEN_WINDOW_MS - 500)).toBe("calm");
    expect(kindAfter(limits.FROZEN_WINDOW_MS + 500)).toBe("act");
  });

  test("waits while memory moves, up or down: something comes of waiting", () => {
    for (const kibPerS of [-2 * LIMIT_KIB_PER_S, -1e5]) {
      expect(judged(after({ ...FROZEN, kibPerS })).kind).toBe("calm");
    }
    expect(ruleOf(judged(after({ ...FROZEN, kibPerS: 2 * LIMIT_KIB_PER_S })))).not.toBe("frozen");
    expect(ruleOf(judged(after({ ...FROZEN, kibPerS: -LIMIT_KIB_PER_S / 2 })))).toBe("frozen");
  });

  test("waits while what is read back is from swap, and the rest fits and comes as well", () => {
    const back = { evicted: 1, returnedPercent: 100, swappedInPercent: 100, kibPerS: -48_000 };
    const swapping = () => after({ ...FROZEN, ...back, stall: 99 }, after(ROOMY));
    const still = {
      ...FROZEN,
      ...back,
      stall: 99,
      kibPerS: -1000,
      forMs: limits.FROZEN_WINDOW_MS + 500,
    };
    const ruleWith = (changes: Partial<Past>) =>
      ruleOf(judged(after({ ...still, ...changes }, swapping())));
    expect(ruleWith({})).toBe("calm");
    expect(ruleWith({ swappedInPercent: 0 })).not.toBe("calm");
    expect(ruleWith({ kibPerS: 0 })).not.toBe("calm");
  });

  test("is none when it gets better", () => {
    const better = after({ ...FROZEN, stall: 40, forMs: limits.STALL_WINDOW_MS }, after(FROZEN));
    expect(judged(better).kind).toBe("calm");
  });

  test("takes a higher -p for its own limit, and never a lower one", () => {
    const kindAt = (stall: number, psiPercent: number) =>
      judged(after({ ...FROZEN, stall }), { psiPercent }).kind;
    expect(kindAt(limits.FROZEN_PERCENT - 1, 5)).toBe("calm");
    expect(kindAt(limits.FROZEN_PERCENT + 1, 5)).toBe("act");
    expect(kindAt(85, 90)).toBe("calm");
  });

  test("takes nobody who neither took some of what was lost nor waits: size is no reason", () => {
    const confirmed = (changes: Partial<Taker> | null) => {
      const looked = after(FROZEN);
      const verdict = judged(looked);
      const chosen = changes === null ? null : aTaker(1000, { share: 0, ...changes });
      return ruleOf(
        verdict.kind === "act"
          ? (frozen.confirm?.(verdict, aTaker(1000), viewOf(looked), chosen) ?? verdict)
          : verdict,
      );
    };
    expect(confirmed({ faultShare: 0.02 })).toBe("frozen");
    expect(confirmed({ faultShare: 0, share: 0.1 })).toBe("frozen");
    expect(confirmed({ faultShare: 0.019, share: 0.09 })).toBe("calm");
    expect(confirmed({ faultShare: 0.2, share: 0.4, confinedShare: 0.5 })).toBe("calm");
    // Nobody knows yet who waits.
    expect(confirmed({ faultShare: -1, share: 1 })).toBe("calm");
    expect(confirmed(null)).toBe("calm");
  });

  test("says the limit that it compared", () => {
    expect(judged(after(FROZEN))).toMatchObject({
      witnesses: [
        { name: "stall", limit: limits.FROZEN_PERCENT },
        { name: "MemAvailable", limit: 10 },
        { name: "change of what is left", limit: limits.FROZEN_MOVED_PERCENT },
      ],
    });
  });
});
