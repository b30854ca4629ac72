import { describe, expect, test } from "bun:test";
import { NOTE_STEP_PERCENT, UNMOVED_LOOK_MS, UNMOVED_MS } from "../../src/model/limits.ts";
import { emptyReading, leftKib } from "../../src/model/reading.ts";
import { askedOf } from "../../src/policy/pace.ts";
import { Source } from "../../src/sys/sys.ts";
import { isUnmoved, noteUnmoved, waitWhileUnmoved } from "../../src/watch/glance.ts";
import { look, openMachine } from "../../src/watch/look.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aReading, someOptions } from "../helpers/nouns.ts";

/** No rule acts while more than 10 % is available. */
const ASKED = askedOf(someOptions(), aReading());
const START_MS = 10_000;
const WAIT_MS = 100;
const TOTALS = { totalKib: 1_000_000, freeKib: 50_000, swapTotalKib: 100_000 };
const STEP_KIB = (TOTALS.totalKib * NOTE_STEP_PERCENT) / 100;

interface Then {
  readonly availableKib?: number;
  readonly swapFreeKib?: number;
  readonly wake?: number;
}

/** Looks at a machine where 15 % is available, and waits; after 350 ms it is another one. */
function waitOn(then: Then) {
  const sys = new FakeSys();
  sys.atMs = START_MS;
  sys.machine = ({ atMs }) => ({
    ...TOTALS,
    availableKib: 150_000,
    swapFreeKib: 50_000,
    ...(atMs < START_MS + 350 ? {} : then),
  });
  if (then.wake !== undefined) {
    sys.at(START_MS + 350, () => {
      sys.wake = then.wake ?? 0;
    });
  }
  const { machine, reading } = lookAt(sys);
  const before = { ...reading };
  const wake = waitWhileUnmoved(sys, machine, reading, ASKED, WAIT_MS, UNMOVED_LOOK_MS);
  return { sys, wake, before, reading };
}

function machineAt(availableKib: (machine: FakeSys) => number): FakeSys {
  const sys = new FakeSys();
  sys.atMs = START_MS;
  sys.machine = () => ({
    ...TOTALS,
    freeKib: availableKib(sys) > 500_000 ? 500_000 : TOTALS.freeKib,
    availableKib: availableKib(sys),
    swapTotalKib: 0,
  });
  return sys;
}

function lookAt(sys: FakeSys) {
  const machine = openMachine(sys);
  machine.isWoken = true;
  const reading = emptyReading();
  look(sys, machine, reading, ASKED);
  return { machine, reading };
}

describe("between two whole turns of the loop only meminfo is read", () => {
  test.each([
    ["while nothing changes", {}, UNMOVED_LOOK_MS],
    [
      "while less is lost than sizes are noted for",
      { availableKib: 150_100 - STEP_KIB },
      UNMOVED_LOOK_MS,
    ],
    ["until more is lost", { availableKib: 149_900 - STEP_KIB }, 400],
    ["until more has come back", { availableKib: 150_100 + STEP_KIB }, 400],
    ["until swap fills", { swapFreeKib: 49_900 - STEP_KIB }, 400],
    [
      "while swap takes what memory gets back",
      { availableKib: 160_000, swapFreeKib: 40_000 },
      UNMOVED_LOOK_MS,
    ],
    ["until something wakes it", { wake: Source.pressure }, 350],
  ] as const)("%s", (_when, then, tookMs) => {
    const { sys, wake, before, reading } = waitOn(then);
    expect(sys.atMs - START_MS).toBe(tookMs);
    expect(wake).toBe("wake" in then ? then.wake : 0);
    // The reading is one of the last glance that changed nothing.
    const quietMs = Math.floor((tookMs - 1) / WAIT_MS) * WAIT_MS;
    expect(reading).toEqual({ ...before, atMs: START_MS + quietMs });
  });

  test("until a rule may act, however little was lost", () => {
    const sys = machineAt(({ atMs }) => (atMs < START_MS + 150 ? 100_100 : 99_900));
    const { machine, reading } = lookAt(sys);
    expect(waitWhileUnmoved(sys, machine, reading, ASKED, WAIT_MS, UNMOVED_LOOK_MS)).toBe(0);
    expect(sys.atMs - START_MS).toBe(200);
  });

  test("until meminfo cannot be read", () => {
    const sys = machineAt(() => 150_000);
    const { machine, reading } = lookAt(sys);
    sys.files.set("/proc/meminfo", "MemTotal: 1 kB\n");
    expect(waitWhileUnmoved(sys, machine, reading, ASKED, WAIT_MS, UNMOVED_LOOK_MS)).toBe(0);
    expect(sys.atMs - START_MS).toBe(WAIT_MS);
    expect(leftKib(reading)).toBe(150_000);
  });
});

describe("what is left has not moved", () => {
  /** When that is so, by looks a second apart, and for how long it was not at first. */
  function unmovedAfterMs(sys: FakeSys, looks = 60): number {
    const { machine, reading } = lookAt(sys);
    for (let i = 0; i < looks; i++) {
      noteUnmoved(machine, reading);
      if (isUnmoved(machine, reading, ASKED)) {
        return sys.atMs - START_MS;
      }
      sys.atMs += 1000;
      look(sys, machine, reading, ASKED);
    }
    return Infinity;
  }

  test.each([
    ["when what is left has not changed for a while", () => 150_000, UNMOVED_MS],
    ["not while it shrinks, however slowly", (s: number) => 150_000 - 500 * s, Infinity],
    ["when it does no more", (s: number) => 150_000 - 5000 * Math.min(s, 5), 5000 + UNMOVED_MS],
    ["not where a rule may act", () => 90_000, Infinity],
    ["not while so much is free that nobody reads meminfo", () => 990_000, Infinity],
  ] as const)("%s", (_when, availableAfter, wantedMs) => {
    const sys = machineAt(({ atMs }) => availableAfter((atMs - START_MS) / 1000));
    expect(unmovedAfterMs(sys)).toBe(wantedMs);
  });

  test("not where ZFS's cache is to be read as well", () => {
    const sys = machineAt(() => 150_000);
    sys.files.set("/proc/spl/kstat/zfs/arcstats", "c_min 4 1024\nsize 4 2048\n");
    expect(unmovedAfterMs(sys)).toBe(Infinity);
  });

  test("not while tasks stall", () => {
    const sys = machineAt(() => 150_000);
    const quiet = sys.machine as () => object;
    sys.machine = () => ({ ...quiet(), someAvg10: 2 });
    expect(unmovedAfterMs(sys)).toBe(Infinity);
  });

  test("not while meminfo cannot be read", () => {
    const sys = machineAt(() => 150_000);
    sys.files.set("/proc/meminfo", "");
    expect(unmovedAfterMs(sys)).toBe(Infinity);
  });
});
