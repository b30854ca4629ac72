import { describe, expect, test } from "bun:test";
import * as limits from "../../src/model/limits.ts";
import { Depth } from "../../src/model/reading.ts";
import { awaitsFirstNote, baseOf } from "../../src/watch/first-note.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { kept, lookAt } from "../helpers/kept-ledger.ts";
import { aReading } from "../helpers/nouns.ts";

describe("a choice waits for the first note of all", () => {
  const GIB_KIB = 2 ** 20;
  const LITTLE_KIB = 2e5;

  function waits({ count = 0, isPlenty = true, left = GIB_KIB, sinceMs = 0 }): boolean {
    const room = kept();
    if (isPlenty) {
      lookAt(room, 0, 60, { depth: Depth.free });
    }
    room.ledger.base.count = count;
    const at = (atMs: number) => aReading({ atMs, totalKib: 1e9, availableKib: left });
    awaitsFirstNote(room.ledger, at(1000));
    return awaitsFirstNote(room.ledger, at(1000 + sinceMs));
  }

  test.each([
    ["where memory was plenty at the look before", {}, true],
    ["while it is written", { sinceMs: limits.UNKNOWN_MS - 1 }, true],
    [
      "but not for long, whatever keeps it from being written",
      { sinceMs: limits.UNKNOWN_MS },
      false,
    ],
    ["not when it is there", { count: 1 }, false],
    ["not where memory may be gone by then", { left: LITTLE_KIB }, false],
    ["not where memory was not plenty at the look before", { isPlenty: false }, false],
  ])("%s", (_when, then, isAwaited) => {
    expect(waits(then)).toBe(isAwaited);
  });
});

describe("a first note of a moment ago is of use", () => {
  const GIB_KIB = 2 ** 20;
  // From 40 GiB to 4 within 10 s: 3.6 GiB/s.
  test.each([
    ["when it goes on as fast", { sinceMs: 40, lostKib: 140_000 }, true],
    [
      "not when who took it has stopped, and somebody else grows a little",
      { sinceMs: 40, lostKib: 400 },
      false,
    ],
    ["not when it is given back", { sinceMs: 40, lostKib: -140_000 }, false],
    ["in any case a second later", { sinceMs: limits.LOSS_WINDOW_MS, lostKib: 400 }, true],
  ] as const)("%s", (_when, { lostKib, sinceMs }, isOfUse) => {
    const room = kept(new FakeSys().add({ pid: 42 }, { pid: 43 }));
    lookAt(room, 0, 60, { depth: Depth.free, totalKib: 2e8, availableKib: 40 * GIB_KIB });
    lookAt(room, 10_000, 4, { totalKib: 2e8, availableKib: 4 * GIB_KIB });
    const availableKib = 4 * GIB_KIB - lostKib;
    const reading = aReading({ atMs: 10_000 + sinceMs, totalKib: 2e8, availableKib });
    expect(baseOf(room.ledger, reading)).toBe(isOfUse ? room.ledger.base : null);
  });
});
