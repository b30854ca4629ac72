import { describe, expect, test } from "bun:test";
import * as limits from "../../../src/model/limits.ts";
import { emptyCourse, noteRelief } from "../../../src/policy/course.ts";
import {
  after,
  condition,
  judged,
  type Looked,
  THRASHING,
  urgencyOf,
} from "../../helpers/looked.ts";
import { readingAt } from "../../helpers/nouns.ts";

function holds(looked: Looked, text: string): boolean {
  return judged(looked, { when: [condition(text)] }).kind === "act";
}

const looked = { reading: { ...readingAt(20, 50), someAvg10: 30 }, course: emptyCourse() };

describe("conditions of the user's own", () => {
  test.each([
    ["mem < 20", false],
    ["mem <= 20", true],
    ["mem > 20", false],
    ["mem >= 20", true],
    ["swap < 50", false],
    ["swap <= 50", true],
    ["psi.avg10 >= 30", true],
    ["psi.avg10 > 30", false],
    ["mem <= 20 and swap <= 50", true],
    ["mem <= 20 and swap < 50", false],
    ["mem < 20 and swap <= 50", false],
    ["mem <= 20 and swap <= 50 and psi.avg10 >= 25", true],
  ])("%s: %p", (text, expected) => expect(holds(looked, text)).toBe(expected));

  test.each(["psi.some < 50", "psi.full <= 0", "psi.avg10 < 50"])(
    "%s does not hold where the kernel tells of no stalls",
    (text) => {
      const told = after({ memPercent: 20, stall: 0 });
      const untold = { ...told, reading: { ...told.reading, hasPressure: false } };
      expect([holds(told, text), holds(untold, text)]).toEqual([true, false]);
    },
  );

  test("stand in place of all rules", () => {
    const usedUp = { reading: readingAt(0), course: emptyCourse() };
    expect(judged(usedUp, { when: [] }).kind).toBe("calm");
    expect(holds(usedUp, "mem > 50")).toBe(false);
  });

  test("the first that holds is said, with its numbers", () => {
    const texts = ["mem < 5", "mem < 30 and swap < 60", "mem < 90"];
    expect(judged(looked, { when: texts.map(condition) })).toMatchObject({
      rule: "when",
      witnesses: [
        { name: "mem", value: 20, limit: 30 },
        { name: "swap", value: 50, limit: 60 },
      ],
    });
  });

  test("the hard limits still mean SIGKILL", () => {
    const at = (percent: number) =>
      urgencyOf(
        judged(
          { reading: readingAt(percent), course: emptyCourse() },
          { when: [condition("mem < 50")] },
        ),
      );
    expect([at(5), at(6)]).toEqual(["kill", "term"]);
  });
});

describe("stalls", () => {
  test("psi.some and psi.full are shares of stalled time", () => {
    const stalled = after({ memPercent: 50, stall: 60, fullStall: 20 });
    const all = ["psi.some >= 59", "psi.some >= 61", "psi.full >= 19", "psi.full >= 21"];
    expect(all.map((text) => holds(stalled, text))).toEqual([true, false, true, false]);
    expect(holds(stalled, "psi.avg10 >= 60")).toBe(true);
  });

  test("that nobody knows yet are neither much nor little", () => {
    const { reading } = after({ memPercent: 50, stall: 60 });
    const unknown = { reading, course: emptyCourse() };
    for (const metric of ["psi.some", "psi.full"]) {
      expect(holds(unknown, `${metric} >= 0`)).toBe(false);
      expect(holds(unknown, `${metric} < 50`)).toBe(false);
    }
  });

  test("avg10 is not believed for a while after a kill: it is of a time before", () => {
    const stalled = after({ memPercent: 50, stall: 60 });
    const { atMs } = stalled.reading;
    noteRelief(stalled.course, atMs - limits.AVG10_OLD_MS + 10, false);
    expect(holds(stalled, "psi.avg10 >= 0")).toBe(false);
    noteRelief(stalled.course, atMs - limits.AVG10_OLD_MS, false);
    expect(holds(stalled, "psi.avg10 >= 60")).toBe(true);
  });
});

test.each([
  ["much available", { memPercent: 50, stall: 0 }, 50, false],
  ["little available", { memPercent: 9, stall: 0 }, 50, true],
  ["swap nearly full", { memPercent: 50, stall: 0 }, 9, true],
  ["what is in use read back", { ...THRASHING, memPercent: 50, stall: 0 }, 50, true],
])("scarce: %s", (_name, past, swapPercent, expected) => {
  const { course, reading } = after(past);
  const swapFreeKib = (swapPercent * reading.swapTotalKib) / 100;
  const now = { reading: { ...reading, swapFreeKib }, course };
  expect(holds(now, "scarce >= 1")).toBe(expected);
  expect(holds(now, "scarce < 1")).toBe(!expected);
});
