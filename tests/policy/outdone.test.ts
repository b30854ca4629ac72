import { describe, expect, test } from "bun:test";
import type { Process } from "../../src/model/process.ts";
import { choose, crowd, desktop, pidsOf, shell } from "../helpers/crowds.ts";
import { aProcess } from "../helpers/nouns.ts";

const MIB = 1024;
const loss = { lostKib: 700 * MIB, latelyKib: 400 * MIB, sinceMs: 10_000, latelyMs: 5000 };

describe("one that alone took more than a group of heaps that fill again", () => {
  const heaps = crowd(5, () => ({
    ppid: 2,
    comm: "java",
    grownKib: 60 * MIB,
    latelyKib: 60 * MIB,
  }));
  const chosen = (changes: Partial<Process>, more = {}) =>
    pidsOf(
      choose([shell, desktop, ...heaps, aProcess(42, { comm: "leak", ...changes })], {
        loss: { ...loss, ...more },
      }),
    );
  const isHeap = (pid: number) => heaps.some((heap) => heap.pid === pid);

  test("dies in their place while it goes on", () => {
    const took = (grownKib: number, latelyKib: number) =>
      chosen({ sizeKib: grownKib, grownKib, latelyKib });
    expect(took(400 * MIB, 100 * MIB)).toEqual([42]);
    expect(took(400 * MIB, 0).every(isHeap)).toBe(true);
  });

  test("also when what it takes is shared memory", () => {
    const shared = { shmemKib: 400 * MIB, latelyShmemKib: 100 * MIB };
    const leak = { shmemGrownKib: 400 * MIB, shmemLatelyKib: 100 * MIB, shmemHeldKib: 400 * MIB };
    expect(chosen({ sizeKib: 0, ...leak }, shared)).toEqual([42]);
  });
});
