import { expect, test } from "bun:test";
import type { Actor } from "./helpers/hardware.ts";
import { SimulatedKernel } from "./helpers/simulated-kernel.ts";
import { watch } from "./helpers/watch.ts";

const MIB = 1024;
const GIB = 1024 * MIB;

/** Programs whose heaps grow by so much before their garbage is collected, each at its own pace. */
function heaps(count: number, garbageKib: number): Actor[] {
  return Array.from({ length: count }, (_item, i) => ({
    process: { pid: 50 + i, comm: "java", startMs: 1000 },
    course: { kind: "heap", sizeKib: 700 * MIB, garbageKib, everyMs: 5000 + 850 * i },
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
