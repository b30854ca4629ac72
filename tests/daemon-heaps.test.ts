import { expect, test } from "bun:test";
import type { Actor } from "./helpers/hardware.ts";
import { SimulatedKernel } from "./helpers/simulated-kernel.ts";
import { watch } from "./helpers/watch.ts";

const MIB = 1024;
const GIB = 1024 * MIB;

/** Programs whose heaps grow by so much before their garbage is collected, each at its own pace. */
function heaps(count: number, garbageKib: number, sizeKib = 700 * MIB, everyMs = 5000): Actor[] {
  return Array.from({ length: count }, (_item, i) => ({
    process: { pid: 50 + i, comm: "java", startMs: 1000 },
    course: { kind: "heap", sizeKib, garbageKib, everyMs: everyMs * (1 + 0.17 * i) },
  }));
}

test.each([
  [4, 350 * MIB, 20 * MIB],
  [4, 450 * MIB, 10 * MIB],
  [5, 350 * MIB, 5 * MIB],
])("%d heaps that are full of garbage outlive the leak that took more", (count, kib, kibPerS) => {
  const kernel = new SimulatedKernel(
    { totalKib: 8 * GIB, swapTotalKib: 0, swapKibPerS: 0, cacheShare: 0.5, costMs: 0.02 },
    [
      { process: { pid: 42, comm: "leak" }, course: { kind: "leak", kibPerS, fromMs: 1000 } },
      ...heaps(count, kib),
    ],
  );
  const { signals } = watch(kernel, (1000 * 4 * GIB) / kibPerS);
  expect(signals.map((signal) => signal.split(" ")[2])).toEqual(["42"]);
});

test.each([
  [1, 410 * MIB, 2000, 5],
  [2, 205 * MIB, 5000, 2],
  [2, 410 * MIB, 5000, 5],
  [6, 205 * MIB, 2000, 10],
  [6, 205 * MIB, 5000, 10],
])("a leak is remembered while %d heaps of %d KiB are emptied each %d ms", (...values) => {
  const [count, garbageKib, everyMs, mibPerS] = values;
  const kernel = new SimulatedKernel(
    { totalKib: 4 * GIB, swapTotalKib: 0, swapKibPerS: 0, cacheShare: 0.5, costMs: 0.02 },
    [
      {
        process: { pid: 42, comm: "leak" },
        course: { kind: "leak", kibPerS: mibPerS * MIB, fromMs: 1000 },
      },
      ...heaps(count, garbageKib, Math.round((1.6 * GIB) / count), everyMs),
    ],
  );
  const { signals } = watch(kernel, (1000 * 2048) / mibPerS);
  expect(signals.map((signal) => signal.split(" ")[2])).toEqual(["42"]);
});
