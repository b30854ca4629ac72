/** The daemon's own scan, timed; called with rounds and `Needs`. Prints a line of JSON. */
import type { Needs } from "../../src/model/process.ts";
import { scan } from "../../src/readings/processes.ts";
import { emptySizes, noteSizes } from "../../src/readings/sizes.ts";
import { afterKey, key, wholeNumber } from "../../src/readings/text.ts";
import { linux } from "../../src/sys/linux.ts";

const STDOUT = 1;
/** Sizes are noted less often than that: it takes as long as a scan. */
const SCANS_PER_NOTE = 10;
const ANONYMOUS = key("Anonymous:");

/** Anonymous memory of this process. */
function anonymousKib(): number {
  const length = linux.readFile("/proc/self/smaps_rollup");
  return wholeNumber(linux.text, length, afterKey(linux.text, length, ANONYMOUS));
}

/** Shortest and middle time of so many calls, microseconds. */
function time(rounds: number, call: () => void) {
  const tookUs = new Float64Array(rounds);
  for (let i = 0; i < rounds; i++) {
    const startMs = linux.nowMs();
    call();
    tookUs[i] = (linux.nowMs() - startMs) * 1000;
  }
  tookUs.sort();
  return { minUs: tookUs[0], medianUs: tookUs[rounds >> 1] };
}

const [rounds = "", needs = ""] = process.argv.slice(2);
const totals = { totalKib: 0, freeKib: 0, swapTotalKib: 0, swapFreeKib: 0 };
linux.readMemoryTotals(totals);
const totalKib = totals.totalKib + totals.swapTotalKib;
const before = emptySizes();
const plan = {
  needs: JSON.parse(needs) as Needs,
  depth: "largest",
  before,
  totalKib,
  // What was lost is accounted for, as it is where one large process leaks.
  leftKib: 0,
} as const;
noteSizes(linux, before, totalKib);
const { processCount, processes } = scan(linux, plan);
const anonymousBeforeKib = anonymousKib();
const notes = time(Math.ceil(Number(rounds) / SCANS_PER_NOTE), () =>
  noteSizes(linux, before, totalKib),
);
const anonymousNotedKib = anonymousKib();
const scans = time(Number(rounds), () => void scan(linux, plan));
const anonymousAfterKib = anonymousKib();
const result = {
  processes: processCount,
  candidates: processes.length,
  ...scans,
  noteMinUs: notes.minUs,
  noteMedianUs: notes.medianUs,
  anonymousBeforeKib,
  anonymousNotedKib,
  anonymousAfterKib,
};
linux.write(STDOUT, `${JSON.stringify(result)}\n`);
