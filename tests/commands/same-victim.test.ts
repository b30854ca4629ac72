import { expect, test } from "bun:test";
import fc from "fast-check";
import { crowdOf } from "../../src/commands/machine-now.ts";
import type { Options } from "../../src/model/options.ts";
import { PF_EXITING, PF_KTHREAD } from "../../src/model/process.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import type { PaperProcess } from "../helpers/paper-process.ts";
import { optionsArbitrary } from "../helpers/tables.ts";
import { eventsOf, memoryAt, watch } from "../helpers/watch.ts";

const TABLES = 1000;

/** Small and large, old and young, root's and others'; few values, so that ties are common. */
const processArbitrary: fc.Arbitrary<PaperProcess> = fc.record({
  pid: fc.integer({ min: 1, max: 300 }),
  comm: fc.constantFrom("hog", "editor", "sleep", "sshd", "Xorg", "bustd"),
  ppid: fc.constantFrom(1, 2, 5, 6, 7),
  pgid: fc.constantFrom(5, 6, 7),
  flags: fc.constantFrom(0, 0, 0, 0x400000, PF_EXITING, PF_KTHREAD),
  threads: fc.constantFrom(1, 2),
  startMs: fc.constantFrom(1000, 2000, 3000),
  oomScoreAdj: fc.constantFrom(-1000, -999, -100, 0, 0, 0, 300, 1000),
  anonKib: fc.oneof(fc.constantFrom(4, 2000, 17_000), fc.integer({ min: 0, max: 300_000 })),
  fileKib: fc.constantFrom(0, 1000),
  swapKib: fc.constantFrom(0, 0, 30_000),
  uid: fc.constantFrom(0, 1000),
  cgroup: fc.constantFrom("/", "/a.scope", "/b.scope"),
});

const swapArbitrary = fc.constantFrom(0, 500_000);
const tableArbitrary = fc.uniqueArray(processArbitrary, {
  selector: ({ pid }) => pid,
  minLength: 1,
  maxLength: 60,
});

/** The pid that a dry run of a daemon names first, when memory is low from the start; 0: none. */
function named(sys: FakeSys, options: Options): number {
  const watched = watch(sys, 3000, { ...options, dryRun: true });
  return eventsOf(watched, "killing")[0]?.selection.victims[0]?.process.pid ?? 0;
}

test(`victims and a dry run name the same process first, in ${TABLES} tables`, () => {
  let agreed = 0;
  fc.assert(
    fc.property(tableArbitrary, optionsArbitrary, swapArbitrary, (table, options, swapKib) => {
      const sys = new FakeSys().add(...table);
      sys.machine = memoryAt(4, { swapTotalKib: swapKib, swapFreeKib: swapKib / 50 });
      const totalKib = sys.reading().totalKib + swapKib;
      const { candidates, worthwhile } = crowdOf(sys, options, totalKib);
      const pid = named(sys, options);
      if (pid === 0) {
        // They are too small for a kill, all of them together, and `victims` says so.
        expect(worthwhile).toBe(0);
      } else {
        expect(candidates[0]?.process.pid).toBe(pid);
        agreed++;
      }
    }),
    { numRuns: TABLES },
  );
  expect(agreed).toBeGreaterThan(TABLES / 2);
});
