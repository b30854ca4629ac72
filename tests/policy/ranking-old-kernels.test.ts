import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Options } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import { selectVictims } from "../../src/policy/victim.ts";
import { aContext, aProcess } from "../helpers/nouns.ts";
import { kernelScore } from "../helpers/paper-process.ts";

const GIB = 1024 * 1024;

/** Whom a daemon on such a kernel, or a newer one, kills first. */
function chosen(
  processes: readonly Process[],
  isOldScale: boolean,
  options: Partial<Options> = {},
): string {
  const { victims } = selectVictims(processes, aContext({ isOldScale }, options));
  return victims[0]?.process.comm ?? "";
}

describe("kernels before Linux 5.9", () => {
  const totalKib = 8 * GIB;

  /** As such a kernel would score it. */
  function scored(comm: string, sizeKib: number, oomScoreAdj = 0): Process {
    const oomScore = kernelScore({ pid: 42, oomScoreAdj }, sizeKib, totalKib, true);
    return aProcess(sizeKib % 4001, { comm, oomScore, oomScoreAdj, sizeKib, rssKib: sizeKib });
  }

  test("the largest goes, and adjustments count as they do today", () => {
    const table = [
      scored("small", GIB / 4),
      scored("large", 2 * GIB),
      scored("adjusted", GIB, 300),
    ];
    expect(chosen(table, true)).toBe("adjusted");
    const options = { adjPolicy: "discount-positive" } as const;
    expect(chosen(table, true, options)).toBe("large");
  });

  test("a hog that lies in swap goes, though it has no RSS", () => {
    const hog = { ...scored("hog", 3 * GIB), rssKib: 4000, swapKib: 3 * GIB - 4000 };
    expect(chosen([hog, scored("other", GIB)], true)).toBe("hog");
  });

  test("small ones that the kernel gives 0 are told apart by their size", () => {
    const table = [scored("tiny", 17_000), scored("less tiny", 18_000)];
    expect(table.map(({ oomScore }) => oomScore)).toEqual([2, 2]);
    expect(chosen(table, true)).toBe("less tiny");
  });

  test("both scales order the same processes alike", () => {
    const sizes = fc.uniqueArray(fc.integer({ min: 100_000, max: 4 * GIB }), {
      minLength: 2,
      maxLength: 6,
      // One step of the newer scale is as much.
      comparator: (a, b) => Math.abs(a - b) < (3 * totalKib) / 1000,
    });
    fc.assert(
      fc.property(sizes, (kib) => {
        const oldScale = kib.map((sizeKib) => scored(`${sizeKib}`, sizeKib));
        const newScale = oldScale.map((process) => ({
          ...process,
          oomScore: kernelScore({ pid: 42 }, process.sizeKib, totalKib, false),
        }));
        expect(chosen(oldScale, true)).toBe(chosen(newScale, false));
      }),
    );
  });
});
