/** The daemon's own scan, timed; called with rounds and `Needs`. Prints a line of JSON. */
import { SCAN_SLICE_MS } from "../../src/model/limits.ts";
import type { Needs } from "../../src/model/process.ts";
import { emptyReading } from "../../src/model/reading.ts";
import { emptySizes, type Sizes } from "../../src/model/sizes.ts";
import { NO_GROWTH } from "../../src/readings/locked.ts";
import { scan, type Snapshot } from "../../src/readings/processes.ts";
import { afterKey, key, wholeNumber } from "../../src/readings/text.ts";
import { linux } from "../../src/sys/linux.ts";
import { emptyLedger, isNoting, keepLedger } from "../../src/watch/ledger.ts";
import { lookClosely, openMachine } from "../../src/watch/look.ts";

const STDOUT = 1;
/** Sizes are noted less often than that: it takes as long as a scan. */
const SCANS_PER_NOTE = 10;
const ANONYMOUS = key("Anonymous:");

/** Anonymous memory of this process. */
function anonymousKib(): number {
  const length = linux.readFile("/proc/self/smaps_rollup");
  return wholeNumber(linux.text, length, afterKey(linux.text, length, ANONYMOUS));
}

/** The time of the last look at memory. */
let lookedAtMs = linux.nowMs();
let longestBlindMs = 0;

/** Looks at memory. */
function look(): void {
  const nowMs = linux.nowMs();
  longestBlindMs = Math.max(longestBlindMs, nowMs - lookedAtMs);
  lookClosely(linux, machine, reading);
  lookedAtMs = linux.nowMs();
}

/** Shortest and middle time of so many calls, and the longest between two looks; microseconds. */
function time(rounds: number, call: () => void) {
  const tookUs = new Float64Array(rounds);
  look();
  longestBlindMs = 0;
  for (let i = 0; i < rounds; i++) {
    look();
    const startMs = linux.nowMs();
    call();
    tookUs[i] = (linux.nowMs() - startMs) * 1000;
    look();
  }
  tookUs.sort();
  return { minUs: tookUs[0], medianUs: tookUs[rounds >> 1], blindUs: longestBlindMs * 1000 };
}

const [rounds = "", needs = ""] = process.argv.slice(2);
const NEEDS = JSON.parse(needs) as Needs;
const NEVER = 101;
const ASKED = {
  freePercent: NEVER,
  availablePercent: NEVER,
  memPercent: 0,
  swapPercent: 0,
  usableThenKib: 0,
};
const ledger = emptyLedger();
const machine = openMachine(linux);
const reading = emptyReading();
lookClosely(linux, machine, reading);

/** As the daemon looks in the midst of a scan for a victim. */
function lookAtTimes(): boolean {
  if (linux.nowMs() - lookedAtMs >= SCAN_SLICE_MS) {
    look();
  }
  return true;
}

/** Notes all sizes, slice by slice, as the daemon does where swap is in use. */
function note(): void {
  reading.swapTotalKib = 1;
  reading.swapFreeKib = 0;
  ledger.base.count = 0;
  do {
    look();
    reading.atMs = linux.nowMs();
    keepLedger(linux, ledger, machine, reading, ASKED);
  } while (isNoting(ledger));
}

note();

/** A scan since such a note. */
function scanSince(base: Sizes): Snapshot {
  return scan(linux, {
    needs: NEEDS,
    extent: "largest",
    base,
    recent: base,
    last: null,
    holders: ledger.holders,
    // What was lost is accounted for, as it is where one large process leaks.
    lostKib: 0,
    latelyLostKib: 0,
    newLocked: NO_GROWTH,
    newTables: NO_GROWTH,
    newShmem: NO_GROWTH,
    isOldScale: false,
    goOn: lookAtTimes,
  });
}

const { processCount, processes } = scanSince(ledger.base);
const anonymousBeforeKib = anonymousKib();
const notes = time(Math.ceil(Number(rounds) / SCANS_PER_NOTE), note);
const anonymousNotedKib = anonymousKib();
const scans = time(Number(rounds), () => void scanSince(ledger.base));
const anonymousAfterKib = anonymousKib();
// Who is not in the note was started since: of such a crowd everybody is read closely.
const ofNewborn = time(Math.ceil(Number(rounds) / SCANS_PER_NOTE), () => {
  scanSince(emptySizes(0));
});
const result = {
  processes: processCount,
  candidates: processes.length,
  ...scans,
  noteMinUs: notes.minUs,
  noteMedianUs: notes.medianUs,
  noteBlindUs: notes.blindUs,
  newbornMedianUs: ofNewborn.medianUs,
  newbornBlindUs: ofNewborn.blindUs,
  anonymousBeforeKib,
  anonymousNotedKib,
  anonymousAfterKib,
};
linux.write(STDOUT, `${JSON.stringify(result)}\n`);
