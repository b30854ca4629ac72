import { describe, expect, test } from "bun:test";
import * as limits from "../../src/model/limits.ts";
import { Depth } from "../../src/model/reading.ts";
import type { Group } from "../../src/model/selection.ts";
import { beginAnew, emptyCourse, remember } from "../../src/policy/course.ts";
import { askedOf } from "../../src/policy/pace.ts";
import { confirm, EVERY_RULE, rulesOf } from "../../src/policy/rules.ts";
import {
  after,
  aTaker,
  condition,
  FROZEN,
  judged,
  LEAKING,
  type Past,
  ruleOf,
  THRASHING,
  urgencyOf,
  viewOf,
} from "../helpers/looked.ts";
import {
  aCandidate,
  aProcess,
  aReading,
  aSelection,
  readingAt,
  someOptions,
} from "../helpers/nouns.ts";

const PASTS = [
  ["leak", LEAKING],
  ["thrashing", THRASHING],
  ["frozen", FROZEN],
] as const;
const CALM = { kind: "calm" } as const;

describe("the table of rules", () => {
  test("has each name once, and a reason in words", () => {
    const names = EVERY_RULE.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { because } of EVERY_RULE) {
      expect(because).toMatch(/^[a-z][^.]{10,}$/);
    }
  });

  test("the user's own conditions stand in place of all others", () => {
    const own = rulesOf(someOptions({ when: [condition("mem < 5")] }));
    expect(own.map(({ name }) => name)).toEqual(["when"]);
    expect(rulesOf(someOptions()).map(({ name }) => name)).not.toContain("when");
  });

  test("no rule asks for more than a look reads when it is asked for", () => {
    const wants = [
      someOptions(),
      someOptions({ psiPercent: 0 }),
      someOptions({ mem: { softPercent: 0, hardPercent: 0 } }),
      someOptions({ mem: { softPercent: 60, hardPercent: 5 } }),
      someOptions({ when: [condition("mem <= 30"), condition("swap < 5")] }),
    ];
    for (const options of wants) {
      const asked = askedOf(options, aReading());
      for (const rule of rulesOf(options)) {
        expect(rule.asksUpTo(options, aReading())).toBeLessThanOrEqual(asked.availablePercent);
      }
    }
  });
});

describe("each course has its rule", () => {
  test.each(PASTS)("%s", (rule, past) => {
    const verdict = judged(after(past));
    expect([ruleOf(verdict), urgencyOf(verdict)]).toEqual([rule, "term"]);
  });

  test.each(PASTS)("%s, also where -m 0 switches the limits of memory off", (rule, past) => {
    const mem = { softPercent: 0, hardPercent: 0 };
    expect(ruleOf(judged(after(past), { mem }))).toBe(rule);
  });

  test.each(PASTS)("%s: every witness stands on the wrong side of its limit", (_rule, past) => {
    const verdict = judged(after(past));
    const witnesses = verdict.kind === "act" ? verdict.witnesses : [];
    expect(witnesses.length).toBeGreaterThanOrEqual(2);
    for (const { limit, name, value } of witnesses) {
      const isUpper = ["MemAvailable", "change of what is left"].includes(name);
      expect(isUpper ? value <= limit : value >= limit).toBe(true);
    }
  });

  test("a program that settles has none: nobody misses what it drives out", () => {
    const settling = { memPercent: 6, stall: 40, evicted: 5, returnedPercent: 20, kibPerS: -100 };
    expect(judged(after(settling))).toEqual(CALM);
  });
});

describe("nobody is killed", () => {
  const guilty = PASTS.map(([, past]) => past);

  test.each(guilty)("without stalls %#", (past) => {
    expect(judged(after({ ...past, stall: 0 }))).toEqual(CALM);
  });

  test.each(PASTS)("while more than its limit is available, however all wait: %s", (name, past) => {
    const rule = EVERY_RULE.find((one) => one.name === name);
    const upTo = rule?.slowlyUpTo ?? rule?.asksUpTo;
    const most = upTo?.(someOptions(), readingAt(50)) ?? NaN;
    const above = after({ ...past, memPercent: most + 0.1, stall: 100 });
    expect(rule?.judge(viewOf(above))).toEqual(CALM);
  });

  test.each(guilty)("of stalls in a cgroup at its limit: the machine evicts nothing %#", (past) => {
    expect(judged(after({ ...past, evicted: 0 }))).toEqual(CALM);
  });

  test.each(guilty)("of stalls that are over, however high avg10 still is %#", (past) => {
    const calm = after({ ...past, stall: 0, evicted: 0, kibPerS: 0, forMs: 1000 }, after(past));
    const reading = { ...calm.reading, someAvg10: 99 };
    expect(judged({ ...calm, reading })).toEqual(CALM);
  });

  test.each(guilty)("of stalls that were over a moment ago %#", (past) => {
    const forMs = limits.STILL_WINDOW_MS + 50;
    expect(judged(after({ ...past, stall: 0, forMs }, after(past)))).toEqual(CALM);
  });

  test.each(guilty)("of stalls from before the last kill %#", (past) => {
    const { course, reading } = after(past);
    beginAnew(course, reading.atMs + 1);
    remember(course, { ...reading, atMs: reading.atMs + 1 });
    expect(judged({ reading, course })).toEqual(CALM);
  });

  test.each(guilty)("of what avg10 says alone %#", (past) => {
    const reading = { ...after(past).reading, someAvg10: 100 };
    expect(judged({ reading, course: emptyCourse() })).toEqual(CALM);
  });

  test.each(guilty)("when -p 0 switches the rule off, or the kernel has no PSI %#", (past) => {
    const { course, reading } = after(past);
    expect(judged({ reading, course }, { psiPercent: 0 })).toEqual(CALM);
    expect(judged({ reading: { ...reading, hasPressure: false }, course })).toEqual(CALM);
  });

  test.each([Depth.free, Depth.memory])("by a look that did not read stalls, depth %d", (depth) => {
    const reading = { ...readingAt(0), depth, someAvg10: 100 };
    const looked = { reading, course: emptyCourse() };
    expect(judged(looked)).toEqual(CALM);
    expect(judged(looked, { when: [condition("mem >= 0")] })).toEqual(CALM);
  });
});

describe("doubts", () => {
  const usedUp = { reading: readingAt(8), course: emptyCourse() };

  test("silence only the rule that had them, and only for a while", () => {
    const { course, reading } = after(LEAKING);
    const untilMs = reading.atMs + limits.SUSPECT_MS;
    course.doubts.set("leak", { untilMs, isLow: true });
    expect(judged({ reading, course })).toEqual(CALM);
    const later = { ...reading, atMs: untilMs };
    expect(ruleOf(judged({ reading: later, course }))).toBe("leak");
    for (const [rule, past] of [...PASTS.slice(1), ["exhaustion", null] as const]) {
      const looked = past === null ? usedUp : after(past);
      looked.course.doubts.set("leak", { untilMs: Infinity, isLow: true });
      expect(ruleOf(judged(looked))).toBe(rule);
    }
    usedUp.course.doubts.clear();
  });

  test("above the limit are none below it", () => {
    const { course, reading } = after(THRASHING);
    course.doubts.set("thrashing", { untilMs: Infinity, isLow: false });
    expect(ruleOf(judged({ reading, course }))).toBe("thrashing");
    course.doubts.set("thrashing", { untilMs: Infinity, isLow: true });
    expect(ruleOf(judged({ reading, course }))).not.toBe("thrashing");
  });

  test("are only those of the rule that acts", () => {
    const verdict = judged(usedUp);
    expect(verdict.kind).toBe("act");
    if (verdict.kind === "act") {
      expect(confirm(verdict, aSelection([]), viewOf(usedUp))).toEqual(verdict);
    }
  });
});

test("a storm gets no time to start another process; any other group does", () => {
  const group: Group = { tie: "parent", id: "40 a", count: 9, tookKib: 9e5, isStorm: true };
  const members = [aCandidate(aProcess(42))];
  const pasts: readonly Past[] = [LEAKING, THRASHING, FROZEN];
  for (const looked of [...pasts.map((past) => after(past)), usedUpSlowly()]) {
    const verdict = judged(looked);
    for (const isStorm of [true, false]) {
      const taker = aTaker(3_000_000, { faultShare: 0 });
      const selection = aSelection(members, { group: { ...group, isStorm }, taker });
      const confirmed =
        verdict.kind === "act" ? confirm(verdict, selection, viewOf(looked)) : verdict;
      expect(urgencyOf(confirmed)).toBe(isStorm ? "kill" : "term");
    }
  }
});

function usedUpSlowly() {
  return { reading: readingAt(8), course: emptyCourse() };
}
