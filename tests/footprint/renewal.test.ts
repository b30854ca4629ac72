import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Errno } from "../../src/model/errno.ts";
import type { Handover } from "../../src/model/handover.ts";
import type { Inheritance } from "../../src/model/inheritance.ts";
import * as limits from "../../src/model/limits.ts";
import type { Options } from "../../src/model/options.ts";
import { SYSTEM_PLACES } from "../../src/model/places.ts";
import { FakeSys, Restarted } from "../helpers/fake-sys.ts";
import { memoryAt as availableAt, signalsOf, watch } from "../helpers/watch.ts";

const MINUTE_MS = 60_000;
/** The longest sleep, and a little more. */
const SLACK_MS = 11_000;

/** What is available is free as well. */
function memoryAt(percent: number, changes: Parameters<typeof availableAt>[1] = {}) {
  const memory = availableAt(percent, changes);
  return { ...memory, freeKib: memory.availableKib ?? 0 };
}

/** Runs it until it starts itself again, or for so long. */
function restartOf(
  sys: FakeSys,
  forMs: number,
  options: Partial<Options> = {},
  inherited: Partial<Inheritance> = {},
): Restarted | null {
  try {
    watch(sys, forMs, { trim: true, ...options }, inherited);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(Restarted);
    return error as Restarted;
  }
}

/** A hog is killed at once; afterwards so much is available, in percent. */
function afterCrisis(percent: number, changes: Parameters<typeof availableAt>[1] = {}): FakeSys {
  const sys = new FakeSys().add({ pid: 42, oomScore: 900 });
  sys.machine = (machine) => (machine.isAlive(42) ? memoryAt(8) : memoryAt(percent, changes));
  return sys;
}

describe("when a crisis is over for a minute, it starts again in place", () => {
  test.each([80, 30, 21])("where %i %% are available", (percent) => {
    const sys = afterCrisis(percent);
    expect(restartOf(sys, 3 * MINUTE_MS)).not.toBeNull();
    expect(signalsOf(sys)).toHaveLength(1);
    expect(sys.atMs).toBeWithin(limits.OVER_MS, limits.OVER_MS + SLACK_MS);
  });

  test("with the options and all that it has, and without a word", () => {
    const sys = afterCrisis(30);
    const inherited = { pidFile: "/run/bustd.pid", notifySocket: "/n", watchdogMs: 7000 };
    sys.holdPidFile = () => 77;
    const restarted = restartOf(sys, 2 * MINUTE_MS, { argv: ["-n"], psiPercent: 33 }, inherited);
    expect(restarted).toMatchObject({ as: "BUSTD_OPTIONS_FD", argv: ["-n"] });
    const { inheritance, options } = JSON.parse(restarted?.content ?? "") as Handover;
    expect(options).toMatchObject({ psiPercent: 33 });
    expect(inheritance).toEqual({
      ...inherited,
      pidFileFd: 77,
      readyFd: -1,
      isRenewed: true,
      places: null,
      warned: null,
    });
    expect(watch(new FakeSys(), 1000, options, inheritance).log).toEqual(["1000ms stopped"]);
  });

  test("but not before what came to pass meanwhile is written", () => {
    const sys = afterCrisis(30);
    const killedAtMs = limits.OVER_MS - 1500;
    for (let atMs = killedAtMs - 2000; atMs < killedAtMs + 10_000; atMs += 50) {
      sys.at(atMs, "pressure");
    }
    sys.machine = ({ atMs }) =>
      availableAt(sys.isAlive(42) ? 8 : 30, { oomKills: atMs > killedAtMs ? 1 : 0 });
    expect(restartOf(sys, 3 * MINUTE_MS, {}, { places: SYSTEM_PLACES })).not.toBeNull();
    const written = sys.calls.filter((call) => call.includes(`${SYSTEM_PLACES.incidents}/`));
    // The kernel's own kill, and once more with the looks that came after it.
    expect(written.length).toBeGreaterThanOrEqual(4);
  });

  test("also when avg10 was high when it was read last, because so much is free since", () => {
    const sys = afterCrisis(80, { someAvg10: 60 });
    expect(restartOf(sys, 3 * MINUTE_MS)).not.toBeNull();
  });

  test("no earlier than who could not be killed is forgotten", () => {
    const sys = new FakeSys().add({ pid: 42, oomScore: 900, stuck: true });
    sys.machine = ({ atMs }) => memoryAt(atMs < 8000 ? 8 : 30);
    expect(restartOf(sys, 3 * MINUTE_MS)).not.toBeNull();
    const givenUpMs = 500 + limits.STUCK_MS;
    expect(sys.atMs).toBeWithin(givenUpMs + limits.REFUSED_MS, givenUpMs + MINUTE_MS + SLACK_MS);
  });
});

describe("it goes on as it is", () => {
  test.each([
    ["nothing ever happened", 80, {}],
    ["memory was scarce and nobody had to be killed", 12, {}],
  ])("where %s", (_what, percent, options) => {
    const sys = new FakeSys().add({ pid: 42, oomScore: 900 });
    sys.machine = memoryAt(percent);
    expect(restartOf(sys, 5 * MINUTE_MS, options)).toBeNull();
  });

  test.each([
    ["memory is not trimmed", 30, {}, { trim: false }],
    ["a limit is near", 19, {}, {}],
    ["tasks stall", 30, { someAvg10: 5 }, {}],
  ] as const)("where after a crisis %s", (_what, percent, changes, options) => {
    expect(restartOf(afterCrisis(percent, changes), 5 * MINUTE_MS, options)).toBeNull();
  });

  test("where it cannot start again, says so, and tries it every ten minutes", () => {
    const sys = afterCrisis(30);
    sys.refused.set("restart", Errno.ENOMEM);
    const { log } = watch(sys, 15 * MINUTE_MS, { trim: true });
    expect(sys.calls.filter((call) => call.includes("restart"))).toHaveLength(2);
    expect(log.filter((line) => line.endsWith(" problem"))).toHaveLength(2);
  });
});

test("it never starts again while memory is low, or while somebody dies", () => {
  const percents = fc.array(fc.integer({ min: 3, max: 60 }), { minLength: 5, maxLength: 10 });
  fc.assert(
    fc.property(percents, fc.integer({ min: 0, max: 4000 }), (course, dyingMs) => {
      const sys = new FakeSys();
      for (let pid = 100; pid < 140; pid++) {
        sys.add({ pid, oomScore: 1000 - pid, dyingMs });
      }
      const percentAt = (atMs: number) => course[Math.floor(atMs / 20_000) % course.length] ?? 50;
      sys.machine = ({ atMs }) => memoryAt(percentAt(atMs));
      const restarted = restartOf(sys, 20_000 * course.length);
      if (restarted !== null) {
        expect(percentAt(sys.atMs)).toBeGreaterThanOrEqual(10 + limits.NEAR_PERCENT);
        const last = Number.parseInt(signalsOf(sys).at(-1) ?? "", 10);
        expect(sys.atMs - last).toBeGreaterThan(limits.OVER_MS);
      }
    }),
    { numRuns: 15 },
  );
});
