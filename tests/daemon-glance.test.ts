import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Options } from "../src/model/options.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { eventsOf, memoryAt, watch } from "./helpers/watch.ts";

const HOG = { pid: 42, comm: "hog", oomScore: 900, dyingMs: 40 };
/** A machine so large that what is above the limit is looked at ten times a second, no more. */
const TOTAL_KIB = 1e9;

/** A machine on which this share is available, in percent; it counts what is read of what. */
function machineAt(percentAt: (atMs: number) => number) {
  const sys = new FakeSys().add(HOG);
  const reads = { memory: 0, stalls: 0 };
  sys.machine = ({ atMs, isAlive }) => ({
    ...memoryAt(80),
    totalKib: TOTAL_KIB,
    availableKib: (TOTAL_KIB / 100) * (isAlive.call(sys, 42) ? percentAt(atMs) : 80),
  });
  const readFromStart = sys.readFromStart.bind(sys);
  sys.readFromStart = (fd) => {
    const path = sys.open.get(fd);
    reads.memory += path === "/proc/meminfo" ? 1 : 0;
    reads.stalls += path === "/proc/pressure/memory" ? 1 : 0;
    return readFromStart(fd);
  };
  return { sys, reads };
}

/** When the hog was told to end. */
function endedAtMs(percentAt: (atMs: number) => number, options: Partial<Options> = {}): number {
  const { sys } = machineAt(percentAt);
  const killing = eventsOf(watch(sys, 20_000, options), "killing");
  expect(killing.length).toBeLessThanOrEqual(1);
  return parseInt(sys.calls.find((call) => call.includes(" SIGTERM ")) ?? "-1", 10);
}

describe("while memory is scarce and stands still", () => {
  test("it looks at memory ten times a second, and at all else once", () => {
    const { reads, sys } = machineAt(() => 15);
    watch(sys, 10_000);
    expect(reads.memory).toBeWithin(99, 115);
    expect(reads.stalls).toBeWithin(10, 14);
    expect(sys.waits.every((ms) => ms <= 100)).toBe(true);
  });

  test("-V tells of each look", () => {
    const { sys } = machineAt(() => 15);
    const watched = watch(sys, 10_000, { verbose: true });
    expect(eventsOf(watched, "look").length).toBeWithin(99, 110);
  });
});

describe("a glance misses nothing", () => {
  test.each([1030, 1130, 1280, 1490])("when memory is gone at once, after %d ms", (goneMs) => {
    const atMs = endedAtMs((ms) => (ms < goneMs ? 15 : 8));
    expect(atMs).toBeWithin(goneMs, goneMs + 101);
  });

  test("nor when it is used up bit by bit, as fast or slowly as you like", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 50, noNaN: true }), (percentPerS) => {
        const fall = (ms: number) => Math.max(8, 18 - (percentPerS * ms) / 1000);
        const lowMs = (1000 * 8) / percentPerS;
        expect(endedAtMs(fall)).toBeWithin(Math.floor(lowMs), Math.ceil(lowMs) + 101);
      }),
    );
  });

  test("nor a signal to it, or the kernel's word that tasks stall", () => {
    const { sys } = machineAt(() => 15);
    sys.at(1130, "pressure-gone");
    expect(watch(sys, 1777).log.slice(-2)).toEqual(["1130ms pressure-lost", "1777ms stopped"]);
  });
});
