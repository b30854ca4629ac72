import { expect, test } from "bun:test";
import { emptyHolders, forgetHolders, mostHeldKib, noteHolder } from "../../src/model/holders.ts";

test("the most that was seen of a process is remembered, however little it has later", () => {
  const holders = emptyHolders();
  for (const [kib, bootMs] of [
    [500, 1000],
    [900, 2000],
    [3, 3000],
  ] as const) {
    noteHolder(holders, 42, kib, bootMs);
  }
  expect(mostHeldKib(holders, 42, 1000)).toBe(900);
  expect(mostHeldKib(holders, 43, 1000)).toBe(0);
});

test("who was started since it was seen only has its pid", () => {
  const holders = emptyHolders();
  noteHolder(holders, 42, 900, 2000);
  expect([mostHeldKib(holders, 42, 2000), mostHeldKib(holders, 42, 2001)]).toEqual([900, 0]);
});

test("of many, those are remembered who have most", () => {
  const holders = emptyHolders();
  for (let pid = 1; pid <= 100; pid++) {
    noteHolder(holders, pid, (pid * 37) % 101, 1000);
  }
  const known = Array.from({ length: 100 }, (_item, i) => mostHeldKib(holders, i + 1, 0));
  const largest = known.filter((kib) => kib > 0).toSorted((a, b) => b - a);
  expect(largest).toEqual(Array.from({ length: 16 }, (_item, i) => 100 - i));
});

test("what was seen before the base is forgotten", () => {
  const holders = emptyHolders();
  noteHolder(holders, 42, 900, 2000);
  forgetHolders(holders);
  expect(mostHeldKib(holders, 42, 0)).toBe(0);
});
