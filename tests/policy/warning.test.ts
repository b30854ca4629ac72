import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Asked } from "../../src/model/asked.ts";
import { FAR_LEAST_MS, FAR_MOST_MS } from "../../src/model/limits.ts";
import type { Candidate, Taker } from "../../src/model/selection.ts";
import type { Acting } from "../../src/model/verdict.ts";
import { Depth, leftKib, type Reading } from "../../src/model/reading.ts";
import {
  emptyPast,
  type Forecast,
  forecast,
  goesOn,
  hasStopped,
  isNearlySure,
  isTheirs,
  rememberPast,
  suspectOf,
} from "../../src/policy/warning.ts";
import { confirm } from "../../src/policy/rules.ts";
import { identityOf } from "../../src/model/process.ts";
import { after, aTaker, judged, LEAKING, viewOf } from "../helpers/looked.ts";
import { aCandidate, aProcess, aReading, aSelection } from "../helpers/nouns.ts";

const MIB = 1024;
const ASKED: Asked = {
  freePercent: 40,
  availablePercent: 10,
  memPercent: 10,
  swapPercent: 10,
  usableThenKib: 0,
};
/** 10,000 MiB, and the limit at 1,000. */
const TOTAL_KIB = 10_000 * MIB;

function at(atMs: number, availableMib: number, changes: Partial<Reading> = {}): Reading {
  return aReading({ atMs, totalKib: TOTAL_KIB, availableKib: availableMib * MIB, ...changes });
}

/** What is foretold after looks at a course of available memory, one each `everyMs`. */
function foretold(
  availableMib: (s: number) => number,
  forS: number,
  { everyMs = 1000, changes = {} }: { everyMs?: number; changes?: Partial<Reading> } = {},
): Forecast | null {
  const past = emptyPast();
  let reading = at(0, availableMib(0), changes);
  for (let ms = 0; ms <= forS * 1000; ms += everyMs) {
    reading = at(ms, availableMib(ms / 1000), changes);
    rememberPast(past, reading);
  }
  return forecast(past, reading, ASKED);
}

describe("from afar", () => {
  test("nothing is foretold before as much was lost as is left", () => {
    const leak = (s: number) => 5000 - 50 * s;
    expect(foretold(leak, 38)).toBeNull();
    // 2,000 MiB were lost, and 2,000 are left.
    expect(foretold(leak, 42)?.leftMs).toBeWithin(37_000, 39_000);
    expect(foretold(leak, 60)?.leftMs).toBeWithin(19_000, 21_000);
  });

  const swap = { swapTotalKib: 1000 * MIB, swapFreeKib: 600 * MIB };
  test.each<[string, (s: number) => number, number, Partial<Reading>]>([
    ["of a loss of less than half a minute", (s) => 5000 - 200 * s, 18, {}],
    ["of one that is over", (s) => Math.max(2000, 5000 - 100 * s), 60, {}],
    ["of one that came all at once", (s) => (s < 30 ? 5000 : 2500), 60, {}],
    ["of one by fits and starts", (s) => 5000 - 1000 * Math.floor(s / 15), 55, {}],
    ["of one that has minutes", (s) => 8000 - 10 * s, 170, {}],
    ["where nothing is lost", () => 3000, 170, {}],
    ["where memory comes back", (s) => 2000 + 10 * s, 170, {}],
    ["at the limit", (s) => 1600 - 10 * s, 60, {}],
    ["while swap has room for as long", (s) => 3000 - 30 * s, 40, swap],
  ])("nothing is foretold %s", (_whom, availableMib, forS, changes) => {
    expect(foretold(availableMib, forS, { changes })).toBeNull();
  });

  test("what is left is memory and swap above their limits", () => {
    const leak = (s: number) => 3000 - 20 * s;
    const changes = { swapTotalKib: 1000 * MIB, swapFreeKib: 400 * MIB };
    // 3,000 - 1,400 = 1,600, less the 1,000 of the limit; of swap 400 less 100.
    const told = foretold(leak, 70, { changes });
    expect(told?.roomKib).toBe(900 * MIB);
    expect(told?.leftMs).toBeWithin(44_000, 46_000);
  });

  test("looks may be ten seconds apart, or come ten times a second", () => {
    const leak = (s: number) => 5000 - 50 * s;
    for (const everyMs of [100, 3000, 10_000]) {
      expect(foretold(leak, 60, { everyMs })?.leftMs).toBeWithin(18_000, 22_000);
    }
  });

  test("what was free counts with the cache that there is when both are known", () => {
    const past = emptyPast();
    const cacheMib = 1000;
    let reading = at(0, 0);
    for (let s = 0; s <= 70; s++) {
      const availableMib = 6000 - 50 * s;
      const isFree = s < 40;
      // The first look knew what was available before it saw that much is free.
      reading = at(s * 1000, isFree && s > 0 ? availableMib - cacheMib : availableMib, {
        freeKib: (availableMib - cacheMib) * MIB,
        depth: isFree ? Depth.free : Depth.memory,
      });
      rememberPast(past, reading);
    }
    expect(forecast(past, reading, ASKED)?.leftMs).toBeWithin(29_000, 31_000);
    // Much is free again: what was available says nothing of that.
    rememberPast(past, at(80_000, 5000, { depth: Depth.free }));
    expect(past.count).toBe(1);
  });

  test("of no course is more foretold than as long as it went on", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 60, maxLength: 200 });
    let foretoldCount = 0;
    fc.assert(
      fc.property(steps, fc.integer({ min: 1500, max: 9000 }), (lost, from) => {
        const course = [from];
        for (const mib of lost) {
          course.push(Math.min(9900, Math.max(0, (course.at(-1) ?? 0) - mib)));
        }
        const told = foretold((s) => course[s] ?? 0, lost.length);
        if (told === null) {
          return;
        }
        foretoldCount++;
        const last = course.at(-1) ?? 0;
        expect(last).toBeGreaterThan(1000);
        expect(told.leftMs).toBeLessThanOrEqual(FAR_MOST_MS);
        const wasHigher = course.some(
          (mib, s) => (lost.length - s) * 1000 >= FAR_LEAST_MS && mib - last >= last - 1000 - 1,
        );
        expect(wasHigher).toBe(true);
      }),
    );
    expect(foretoldCount).toBeGreaterThan(10);
  });
});

describe("near the limits", () => {
  /** At the limit from one look to the next, and then on at the same rate. */
  const before = after({ memPercent: 10.01, stall: 0, kibPerS: 20_000 });
  const looked = after({ ...LEAKING, memPercent: 10, kibPerS: 20_000, forMs: 1700 }, before);
  const left = leftKib(looked.reading);
  const view = viewOf(looked);
  const verdict = judged(looked) as Acting;
  const isSure = (taker: Taker) => confirm(verdict, aSelection([], { taker }), view).kind === "act";
  const isNearly = (taker: Taker) => isNearlySure(aSelection([], { taker }), view);

  test("it is nearly sure before it is sure", () => {
    const times = (isLeak: (taker: Taker) => boolean) => {
      let least = 0.05;
      while (least < 6 && !isLeak(aTaker(least * left))) {
        least += 0.05;
      }
      return least;
    };
    expect(times(isSure)).toBeLessThan(6);
    expect(times(isNearly) / times(isSure)).toBeWithin(0.4, 0.75);
  });

  test("whoever it would be sure of, it is nearly sure of", () => {
    const takers = fc.record({
      count: fc.constantFrom(1, 1, 12),
      isStorm: fc.boolean(),
      tookKib: fc.integer({ min: 1, max: Math.round(6 * left) }),
      latelyShare: fc.constantFrom(0.3, 0.6, 1),
      growingShare: fc.constantFrom(0.3, 0.6, 1),
    });
    fc.assert(
      fc.property(takers, ({ tookKib, ...changes }) => {
        const taker = aTaker(tookKib, changes);
        expect(isSure(taker) && !isNearly(taker)).toBe(false);
      }),
    );
  });

  test("not of nobody, nor of who takes nothing now", () => {
    expect(isNearlySure(aSelection([]), view)).toBe(false);
    expect(isNearly(aTaker(5 * left, { latelyShare: 0.1 }))).toBe(false);
  });
});

describe("it is somebody's doing", () => {
  const taker = {
    count: 1,
    isStorm: false,
    sizeKib: 900,
    tookKib: 800,
    share: 0.9,
    latelyShare: 0.9,
    growingShare: 1,
    struckKib: -1,
    mostKib: Infinity,
    pid: 42,
    busyShare: 0,
    pace: -1,
    faultShare: -1,
    confinedShare: 0,
  };
  const of = (changes: Partial<typeof taker>) =>
    isTheirs(aSelection([aCandidate(aProcess(42))], { taker: { ...taker, ...changes } }), 1000);

  test.each([
    ["who took most, and takes most", {}, true],
    ["who takes most now, whatever others took before", { share: 0.4 }, true],
    ["not who takes none of it now", { latelyShare: 0.4 }, false],
    ["not of a group of which most have enough", { growingShare: 0.4 }, false],
    ["not who took little beside what is left", { tookKib: 400 }, false],
    ["who may take as much as is left", { mostKib: 1000 }, true],
    ["not who can take no more than fits", { mostKib: 999 }, false],
  ])("%s", (_who, changes, expected) => {
    expect(of(changes)).toBe(expected);
  });

  const before = { atMs: 1000, who: "42:7", sizeKib: 1000, leftKib: 9000 };
  test.each([
    ["who takes on", { sizeKib: 1500, leftKib: 8500 }, true],
    ["who takes half of it", { sizeKib: 1250, leftKib: 8500 }, true],
    ["not who has stopped", { sizeKib: 1000, leftKib: 8500 }, false],
    ["not who takes less than others", { sizeKib: 1200, leftKib: 8500 }, false],
    ["not where nothing more is lost", { sizeKib: 1500, leftKib: 9000 }, false],
    ["not another one", { who: "43:7", sizeKib: 1500, leftKib: 8500 }, false],
    ["not who was seen long ago", { atMs: 32_000, sizeKib: 1500, leftKib: 8500 }, false],
  ])("%s, from one look to the next", (_who, changes, expected) => {
    expect(goesOn(before, { ...before, atMs: 5000, ...changes })).toBe(expected);
  });

  test("a suspect is a process, or a group of which one may come after the other", () => {
    const [one, other] = [42, 43].map((pid) => aCandidate(aProcess(pid)));
    const reading = at(1000, 5000);
    expect(suspectOf(aSelection([one!], { taker }), reading)).toEqual({
      atMs: 1000,
      who: identityOf(one!.process),
      sizeKib: 900,
      leftKib: 5000 * MIB,
    });
    const group = { tie: "parent", id: "7", count: 2, tookKib: 1, isStorm: false } as const;
    const whoOf = (first: Candidate) => suspectOf(aSelection([first], { group }), reading).who;
    expect([whoOf(one!), whoOf(other!)]).toEqual(["parent 7", "parent 7"]);
  });

  test.each([
    ["who takes nothing while another one does", 0.05, [43], true],
    ["not who takes some of it", 0.2, [43], false],
    ["not who would be killed", 0.05, [42, 43], false],
  ])("is innocent: %s", (_who, latelyShare, victims, expected) => {
    const candidates = [{ ...aCandidate(aProcess(42)), latelyShare }, aCandidate(aProcess(43))];
    const chosen = candidates.filter(({ process: { pid } }) => victims.includes(pid));
    const selection = aSelection(chosen, { candidates });
    expect(hasStopped(identityOf(aProcess(42)), selection)).toBe(expected);
    expect(hasStopped("99:1", selection)).toBe(false);
  });

  test("not where nobody took anything", () => {
    expect(isTheirs(aSelection([]), 0)).toBe(false);
  });
});
