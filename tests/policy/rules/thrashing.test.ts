import { describe, expect, test } from "bun:test";
import * as limits from "../../../src/model/limits.ts";
import { after, judged, ruleOf, THRASHING } from "../../helpers/looked.ts";

const ROOMY = { memPercent: 30, stall: 0 } as const;

describe("thrashing", () => {
  test("acts when what is evicted comes back as fast, in one mixture or another", () => {
    for (const returnedPercent of [limits.RETURNED_PERCENT + 1, 100, 1000]) {
      for (const evicted of [0.5, 5, 50]) {
        const past = { ...THRASHING, returnedPercent, evicted };
        expect(ruleOf(judged(after(past)))).toBe("thrashing");
      }
    }
  });

  test("is none when most of what is evicted stays away, as of a program that settles", () => {
    const past = { ...THRASHING, returnedPercent: limits.RETURNED_PERCENT - 1 };
    expect(judged(after(past)).kind).toBe("calm");
  });

  test("acts before long, and not at once", () => {
    const ruleAfter = (forMs: number) =>
      ruleOf(judged(after({ ...THRASHING, forMs }, after(ROOMY))));
    const waitedMs = (100 * limits.THRASH_STALL_MS) / THRASHING.stall;
    expect(ruleAfter(waitedMs - 100)).not.toBe("thrashing");
    expect(ruleAfter(4000)).toBe("thrashing");
  });

  test.each([10, 25, 60])("-p %d is the share of time from which on it acts", (psiPercent) => {
    const verdictAt = (stall: number) =>
      judged(after({ ...THRASHING, stall }), { psiPercent }).kind;
    expect([verdictAt(psiPercent - 1), verdictAt(psiPercent + 0.01)]).toEqual(["calm", "act"]);
  });

  test("says what came back, beside its limit", () => {
    expect(judged(after(THRASHING))).toMatchObject({
      witnesses: [{ name: "stall" }, { name: "MemAvailable" }, { limit: limits.RETURNED_PERCENT }],
    });
  });
});
