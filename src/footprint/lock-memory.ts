import type { Event } from "../model/event.ts";
import type { PageRange, Sys } from "../sys/sys.ts";
import { forEachMapping, forEachRun, openPageMap } from "./own-mappings.ts";

/**
 * Locks the daemon's memory, so that it stays responsive when everything else is swapped out:
 * pages are locked as they are touched. Where that is not permitted, the pages that are in memory
 * now are locked one by one, as far as the limit goes. What became of it is the answer.
 */
export function lockMemory(sys: Sys): Event {
  const result = sys.lockMemory();
  if (result >= 0) {
    return { kind: "locked", how: "all", kib: 0 };
  }
  const kib = lockResident(sys);
  return kib > 0
    ? { kind: "locked", how: "resident", kib }
    : { kind: "not-locked", errno: -result };
}

/** Locks each run of pages that are in memory, text before data; KiB locked. */
function lockResident(sys: Sys): number {
  const pagemapFd = openPageMap(sys);
  if (pagemapFd < 0) {
    return 0;
  }
  let kib = 0;
  const lockRun = (run: PageRange) => {
    if (sys.lockRange(run) >= 0) {
      kib += run.bytes / 1024;
    }
  };
  for (const range of ownRanges(sys)) {
    forEachRun(sys, pagemapFd, range, lockRun);
  }
  sys.close(pagemapFd);
  return kib;
}

/** All addresses in use; trimming has split them into a thousand mappings that touch. */
function ownRanges(sys: Sys): PageRange[] {
  const ranges: { address: number; bytes: number }[] = [];
  forEachMapping(sys, ({ address, bytes }) => {
    const last = ranges.at(-1);
    if (last !== undefined && last.address + last.bytes === address) {
      last.bytes += bytes;
    } else {
      ranges.push({ address, bytes });
    }
  });
  return ranges;
}
