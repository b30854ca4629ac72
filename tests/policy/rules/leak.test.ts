import { describe, expect, test } from "bun:test";
import * as limits from "../../../src/model/limits.ts";
import { leftKib } from "../../../src/model/reading.ts";
import type { Taker } from "../../../src/model/selection.ts";
import type { Acting, Verdict } from "../../../src/model/verdict.ts";
import { confirm } from "../../../src/policy/rules.ts";
import {
  after,
  aTaker,
  judged,
  LEAKING,
  type Looked,
  type Past,
  ruleOf,
  viewOf,
} from "../../helpers/looked.ts";
import { aCandidate, aLoss, aProcess, aSelection } from "../../helpers/nouns.ts";

const ROOMY = { memPercent: 30, stall: 0 } as const;

/** The suspicion once it is known who took what. */
function confirmed(looked: Looked, taker: Taker | null): Verdict {
  const verdict = judged(looked);
  return verdict.kind === "calm"
    ? verdict
    : confirm(verdict, aSelection([], { taker }), viewOf(looked));
}

describe("a leak is suspected", () => {
  test("when tasks stall and memory and swap together shrink", () => {
    expect(ruleOf(judged(after(LEAKING)))).toBe("leak");
    expect(judged(after({ ...LEAKING, kibPerS: 0 })).kind).toBe("calm");
    expect(judged(after({ ...LEAKING, kibPerS: -20_000 })).kind).toBe("calm");
  });

  test("soon: half a second of looks is enough, long before avg10 gets there", () => {
    const soon = after({ ...LEAKING, forMs: 2000 }, after(ROOMY));
    expect(ruleOf(judged(soon))).toBe("leak");
  });

  test.each([10, 25, 60])("from the share of time on that -p says: %d", (psiPercent) => {
    const kindAt = (stall: number) => judged(after({ ...LEAKING, stall }), { psiPercent }).kind;
    expect([kindAt(psiPercent - 1), kindAt(psiPercent + 0.01)]).toEqual(["calm", "act"]);
  });
});

describe("a leak is told from a newcomer that settles by who took what:", () => {
  const looked = after(LEAKING);
  const left = leftKib(looked.reading);

  test("one who took many times what is left will want as much again", () => {
    expect(ruleOf(confirmed(looked, aTaker(5 * left)))).toBe("leak");
  });

  test("one for whom there is enough is let be", () => {
    expect(confirmed(looked, aTaker(left / 10)).kind).toBe("calm");
  });

  test("one who can take no more than fits, as a copy that is nearly done, is let be", () => {
    const kindWith = (mostKib: number) => confirmed(looked, aTaker(5 * left, { mostKib })).kind;
    expect([kindWith(left), kindWith(left - 1)]).toEqual(["act", "calm"]);
  });

  test("one who is large but took nothing lately is not the one", () => {
    expect(confirmed(looked, aTaker(5 * left, { latelyShare: 0.1 })).kind).toBe("calm");
  });

  test("a group of which most have stopped is a browser that restores its tabs", () => {
    const tabs = { count: 12, growingShare: limits.GROWING_SHARE - 0.1 };
    expect(confirmed(looked, aTaker(5 * left, tabs)).kind).toBe("calm");
    expect(confirmed(looked, aTaker(5 * left, { ...tabs, growingShare: 1 })).kind).toBe("act");
  });

  test("several who grow are judged together when none of them explains what goes on", () => {
    const lostKib = 5 * left;
    const growers = (latelyOf: (index: number) => number) => {
      const candidates = Array.from({ length: 8 }, (_item, i) => {
        const tookKib = lostKib / 8;
        const process = aProcess(100 + i, { sizeKib: tookKib, latelyKib: latelyOf(i) });
        return aCandidate(process, { tookKib, share: 1 / 8, latelyShare: 1 / 8 });
      });
      const loss = { ...aLoss(lostKib), latelyKib: 8000 };
      const taker = aTaker(lostKib / 8, { share: 1 / 8, latelyShare: 1 / 8 });
      return aSelection(candidates.slice(0, 1), { candidates, loss, taker });
    };
    const all = growers(() => 1000);
    expect(confirm(judged(looked) as Acting, all, viewOf(looked)).kind).toBe("act");
    // Programs that were started together, and have done but for one.
    const few = growers((i) => (i === 0 ? 8000 : 0));
    expect(confirm(judged(looked) as Acting, few, viewOf(looked)).kind).toBe("calm");
  });

  test("nobody is nobody", () => {
    expect(confirmed(looked, null).kind).toBe("calm");
  });

  test("one who was large before is judged by what it took, not by what it has", () => {
    const old = aTaker(left / 10, { sizeKib: 50 * left });
    expect(confirmed(looked, old).kind).toBe("calm");
  });

  test("what was left stands in the verdict, and the limit that it was held against", () => {
    const verdict = confirmed(looked, aTaker(5 * left));
    const rest = verdict.kind === "act" ? verdict.witnesses.at(-1) : null;
    expect(rest).toMatchObject({ value: left / 1024, unit: "MiB" });
    expect(rest?.limit ?? 0).toBeGreaterThanOrEqual(left / 1024);
  });
});

describe("how much somebody may take", () => {
  /** The smallest multiple of what is left that makes a leak, after so long a time of stalls. */
  function multipleAfter(
    stalledMs: number,
    past: Past,
    before: Past = ROOMY,
    taker: Partial<Taker> = {},
  ): number {
    const forMs = (100 * stalledMs) / past.stall;
    const looked = after({ ...past, forMs }, after(before));
    const left = leftKib(looked.reading);
    for (let times = 0.1; times < 6; times += 0.05) {
      if (confirmed(looked, aTaker(times * left, taker)).kind === "act") {
        return times;
      }
    }
    return Infinity;
  }

  const slowing: Past = { ...LEAKING, kibPerS: 500 };

  test("gets less the longer all wait for it", () => {
    const before = { ...ROOMY, kibPerS: 100_000 };
    const multiples = limits.LEAK_PATIENCE.slice(1).map(([stallMs]) =>
      multipleAfter(stallMs + 100, slowing, before, { count: 3 }),
    );
    expect(multiples.toSorted((a, b) => b - a)).toEqual(multiples);
    expect(multiples.at(-1)).toBeLessThan(2.2);
  });

  test("is no less because a cgroup has stalled at its own limit before", () => {
    const boxed = { memPercent: 5.5, stall: 90, evicted: 1 };
    const multiple = multipleAfter(1000, slowing, { ...boxed, forMs: 120_000 });
    expect(multiple).toBeGreaterThan(3);
    expect(multipleAfter(1000, slowing, { ...boxed, forMs: 120_000, kibPerS: 500 })).toBeLessThan(
      2,
    );
  });

  test("is less at once for one who goes on as fast as before anybody had to wait", () => {
    // At the limit from one look to the next, and not by a leap.
    const before = { memPercent: 10.01, stall: 0, kibPerS: 20_000 };
    const low = { ...LEAKING, memPercent: 10 };
    const steady = multipleAfter(1000, { ...low, kibPerS: 20_000 }, before);
    const slowed = multipleAfter(1000, { ...low, kibPerS: 2000 }, before);
    expect(steady).toBeLessThan(slowed);
    expect(steady).toBeCloseTo(limits.STEADY_TIMES, 1);
  });

  test("is no less for one who ran all its life: a newcomer takes as fast as it can", () => {
    const before = { memPercent: 10.01, stall: 0, kibPerS: 30_000 };
    const looked = after({ ...LEAKING, memPercent: 10, kibPerS: 30_000 }, after(before));
    const took = (seconds: number) => seconds * 30_000;
    const kindOf = (tookKib: number, busyShare: number) => {
      looked.course.suspectBusyShare = busyShare;
      return confirmed(looked, aTaker(tookKib)).kind;
    };
    const seconds = (limits.STEADY_MS + limits.BUSY_STEADY_MS) / 2000;
    const least = Math.max(took(seconds), limits.STEADY_TIMES * leftKib(looked.reading));
    const most = limits.LEAK_PATIENCE.at(-1)?.[1] ?? 0;
    expect(least).toBeLessThan(most * leftKib(looked.reading));
    expect([kindOf(least, limits.BUSY_SHARE - 0.1), kindOf(least, limits.BUSY_SHARE)]).toEqual([
      "act",
      "calm",
    ]);
    expect(kindOf(took(limits.BUSY_STEADY_MS / 1000) + least, 1)).toBe("act");
  });

  test("waits for one who ran all its life while what is left lasts for long at its rate", () => {
    const before = { memPercent: 10.01, stall: 0, kibPerS: 20_000 };
    const looked = after({ ...LEAKING, memPercent: 10, kibPerS: 20_000 }, after(before));
    const taker = aTaker(500_000);
    const kindOf = (busyShare: number, ownRateKibPerS: number, stallMs = 5000) => {
      const { course, reading } = looked;
      Object.assign(course, { ownRateKibPerS, suspectBusyShare: busyShare });
      course.troubleStallUs = reading.someTotalUs - 1000 * stallMs;
      return confirmed(looked, taker).kind;
    };
    const left = leftKib(looked.reading);
    const lasting = (1000 * left) / (limits.LASTS_MS + 1);
    expect(500_000).toBeGreaterThan(left);
    expect([kindOf(0.7, lasting), kindOf(0.5, lasting), kindOf(0.7, lasting * 1.01)]).toEqual([
      "calm",
      "act",
      "act",
    ]);
  });

  test("is no less for one at work than for anybody, and no more for a storm", () => {
    const before = { memPercent: 10.01, stall: 0, kibPerS: 20_000 };
    const { course, reading } = after({ ...LEAKING, memPercent: 10 }, after(before));
    const left = leftKib(reading);
    course.ownRateKibPerS = (1000 * left) / (limits.LASTS_MS + 1);
    course.suspectBusyShare = 1;
    const kindOf = (times: number, stallMs: number, changes: Partial<Taker> = {}) => {
      course.troubleStallUs = reading.someTotalUs - 1000 * stallMs;
      course.troubleFullUs = reading.fullTotalUs;
      return confirmed({ course, reading }, aTaker(times * left, changes)).kind;
    };
    const [endMs] = limits.WORK_PATIENCE[2];
    // It took for less long than would make it a leak, and is known for what it is by then.
    expect(kindOf(1.1, endMs)).toBe("calm");
    expect(kindOf(1.1, 60_000)).toBe("act");
    const storm = { count: 8, isStorm: true };
    expect(kindOf(1.1, 1000, { ...storm, isStorm: false })).toBe("calm");
    expect(kindOf(1.1, 1000, storm)).toBe("act");
  });

  test("is not waited for who takes faster than memory went before it was low", () => {
    const drift = { memPercent: 9, stall: 0, kibPerS: 4, forMs: 60_000 };
    const looked = after({ ...LEAKING, memPercent: 9, kibPerS: 40_000, forMs: 6000 }, after(drift));
    looked.course.suspectBusyShare = 1;
    expect(leftKib(looked.reading)).toBeLessThan(720_000);
    expect(confirmed(looked, aTaker(720_000)).kind).toBe("act");
  });

  test("waits for many that work while what is left lasts, unless all wait at once", () => {
    const before = { memPercent: 10.01, stall: 0, kibPerS: 20_000 };
    const { course, reading } = after({ ...LEAKING, memPercent: 10 }, after(before));
    const left = leftKib(reading);
    course.troubleStallUs = reading.someTotalUs - 90e6;
    const kindOf = (fullStallMs: number, lastsMs: number) => {
      course.troubleFullUs = reading.fullTotalUs - 1000 * fullStallMs;
      course.ownRateKibPerS = (1000 * left) / lastsMs;
      return confirmed({ course, reading }, aTaker(left, { count: 8 })).kind;
    };
    const [mostMs] = limits.WORK_PATIENCE[2];
    const lasts = limits.LASTS_MS + 1;
    expect([
      kindOf(mostMs - 1000, lasts),
      kindOf(mostMs, lasts),
      kindOf(mostMs - 1000, limits.LASTS_MS),
    ]).toEqual(["calm", "act", "act"]);
  });

  test.each(limits.GIANTS.map(({ patience, share }) => [share, patience] as const))(
    "is less for one who took %d of all RAM, and no more while everybody waits",
    (share, points) => {
      const before = { ...ROOMY, kibPerS: 100_000 };
      const { reading } = after(slowing);
      const giantTimes = (share * reading.totalKib) / leftKib(reading);
      for (const [stallMs, times] of points) {
        const multiple = multipleAfter(stallMs + 100, slowing, before);
        expect(multiple).toBeLessThan(Math.max(times, giantTimes) + 0.1);
      }
      const [[firstMs]] = points;
      expect(multipleAfter(firstMs - 100, slowing, before)).toBeGreaterThan(3);
    },
  );

  test("is less for a group that took again what one of it gave back a moment ago", () => {
    const before = { ...ROOMY, kibPerS: 100_000 };
    const { reading } = after({ ...slowing, forMs: 1000 }, after(before));
    const least = (struckKib: number) =>
      multipleAfter(LEAKING.stall * 10, slowing, before, { count: 8, struckKib });
    expect(least(leftKib(reading) * 0.9)).toBeGreaterThan(3);
    expect(least(leftKib(reading) * 1.1)).toBeCloseTo(limits.STEADY_TIMES, 1);
  });

  test("of one who took two thirds of all RAM, as a game does, 1.3 times is not enough", () => {
    const before = { ...ROOMY, kibPerS: 100_000 };
    const looked = (stalledMs: number) =>
      after({ ...slowing, forMs: (100 * stalledMs) / slowing.stall }, after(before));
    const kindAfter = (stalledMs: number) => {
      const now = looked(stalledMs);
      const tookKib = 0.67 * now.reading.totalKib;
      now.reading.availableKib = 0.012 * now.reading.totalKib;
      now.reading.swapTotalKib = 0.52 * now.reading.totalKib;
      now.reading.swapFreeKib = tookKib / 1.3 - now.reading.availableKib;
      return confirmed(now, aTaker(tookKib)).kind;
    };
    expect([3200, 5000, 9000].map(kindAfter)).toEqual(["calm", "calm", "calm"]);
  });

  test("does not matter before somebody has waited at all", () => {
    expect(multipleAfter(limits.LEAK_STALL_MS - 60, LEAKING)).toBe(Infinity);
    expect(multipleAfter(limits.LEAK_STALL_MS + 300, LEAKING)).toBeLessThan(5.1);
  });
});
