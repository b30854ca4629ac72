import type { Reading } from "../model/reading.ts";
import type { RecordedLook } from "../model/recorded.ts";

/**
 * A reading with what a running daemon sets aside, by its last look: shared memory that was there
 * before memory began to run out, which whoever looks for the first time cannot tell from other.
 */
export function asTheDaemonSees(reading: Reading, looks: readonly RecordedLook[]): Reading {
  const last = looks.at(-1);
  if (last === undefined) {
    return reading;
  }
  const quietKib = Math.max(0, last.setAsideKib - reading.hugetlbKib);
  const setAsideKib = reading.hugetlbKib + Math.min(reading.shmemKib, quietKib);
  return { ...reading, setAsideKib };
}
