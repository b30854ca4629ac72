import { describe, expect, test } from "bun:test";
import { leftUntilActing, Watcher } from "../../src/commands/watch-machine.ts";
import { aCandidate, aProcess, aReading } from "../helpers/nouns.ts";
import { someParts } from "../helpers/recorded.ts";

const MIB = 1024;
const { limits } = someParts();
const about = { clock: "", state: "", isHealthy: true, mayQuit: true };

describe("what is left until it acts", () => {
  const gib = { totalKib: 1000 * MIB, availableKib: 300 * MIB };
  const swap = { swapTotalKib: 500 * MIB, swapFreeKib: 100 * MIB };
  const rows = [
    [gib, 200 * MIB],
    [{ ...gib, ...swap }, 250 * MIB],
    [{ ...gib, availableKib: 50 * MIB }, 0],
    [{ ...gib, ...swap, availableKib: 50 * MIB }, 50 * MIB],
    [{ ...gib, setAsideKib: 500 * MIB }, 250 * MIB],
  ] as const;

  test.each(rows)("%j: %d KiB", (reading, kib) => {
    expect(leftUntilActing(aReading(reading), limits)).toBe(kib);
  });

  test("is not known when the limits are off", () => {
    expect(leftUntilActing(aReading(), { ...limits, memSoftPercent: 0 })).toBe(-1);
  });
});

test("growth, loss and stalls are told over ten seconds", () => {
  const watcher = new Watcher([]);
  const process = (pid: number, sizeMib: number, startMs = 1) =>
    aProcess(pid, { sizeKib: sizeMib * MIB, startMs });
  const readings = [0, 1, 2, 3, 20, 25, 30].map((second) =>
    aReading({
      atMs: 1000 * (second + 1),
      availableKib: (4000 - 60 * second) * MIB,
      someTotalUs: 250_000 * second,
      fullTotalUs: 100_000 * second,
    }),
  );
  for (const [i, reading] of readings.entries()) {
    watcher.see(reading, 0);
    const processes = [
      process(1, 100),
      process(2, 100 + 60 * i),
      process(3, 50 * (7 - i)),
      process(4, 100 * i, i < 6 ? 1 : 2),
      process(5, 10 + i / 10),
    ];
    const candidates = [aCandidate(process(2, 460), { score: 900 })];
    const crowd = {
      processes,
      candidates,
      worthwhile: 1,
      spared: [],
      processCount: 99,
      unknown: 0,
    };
    watcher.count(crowd, reading.atMs);
  }
  const last = readings.at(-1) ?? aReading();
  const view = watcher.view(last, limits, about, String);
  expect(view.lossKibPerS).toBe(60 * MIB);
  expect([view.somePercent, view.fullPercent]).toEqual([25, 10]);
  expect(view.growing.map(({ kibPerS, pid }) => [pid, kibPerS / MIB])).toEqual([
    // Another one has the pid by now: all that it holds is new.
    [4, 60],
    [2, 12],
  ]);
  expect(view.candidates).toEqual([
    { pid: 2, comm: "paper", user: "1000", sizeKib: 460 * MIB, score: 900 },
  ]);
  expect(view.looks.atMs.at(-1)).toBe(0);
});

test("a kernel without PSI has no stalls to show", () => {
  const watcher = new Watcher([]);
  const reading = aReading({ hasPressure: false });
  watcher.see(reading, 0);
  expect(watcher.view(reading, limits, about, String).somePercent).toBe(-1);
});
