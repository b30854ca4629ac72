import { availablePercent, Depth } from "../model/reading.ts";
import { Mark, type RecordedReading } from "../model/recorded.ts";
import { add, hourAt } from "./counts.ts";
import { At, type Band, COARSE, FINE, Hour, Row, ROW_WORDS } from "./layout.ts";
import { type Ring, setClock, wallMsAt } from "./ring.ts";

/** Looks with one of these marks are kept, however near they are to the one before. */
const KEPT = Mark.ACTED | Mark.GONE | Mark.NOBODY | Mark.KERNEL | Mark.START;
/** Memory came near once more when it was not near for so long. */
const NEAR_AGAIN_MS = 60_000;
const CLOCK_MS = 60_000;
const MOST_WORD = 2 ** 32 - 1;

/** A word holds up to 4 TiB in KiB; more of it would be next to nothing. */
function toWord(kib: number): number {
  return kib < MOST_WORD ? kib : MOST_WORD;
}

/** Where memory stands lowest in each hour and since boot, and how often it came near. */
function noteExtremes(ring: Ring, reading: RecordedReading, marks: number): void {
  const { doubles, words } = ring;
  const { atMs, availableKib } = reading;
  const wallMs = wallMsAt(ring, atMs);
  const hour = hourAt(ring, wallMs);
  if (availableKib < (words[hour + Hour.lowestKib] ?? 0)) {
    words[hour + Hour.lowestKib] = toWord(availableKib);
    words[hour + Hour.lowestShare] = 100 * availablePercent(reading);
    words[hour + Hour.lowestWallS] = wallMs / 1000;
  }
  if (availableKib < (doubles[At.lowestKib] ?? 0) || doubles[At.lowestWallMs] === 0) {
    doubles[At.lowestKib] = availableKib;
    doubles[At.lowestWallMs] = wallMs;
  }
  if ((marks & Mark.NEAR) !== 0) {
    const lastMs = doubles[At.nearAt] ?? 0;
    if (lastMs === 0 || atMs - lastMs >= NEAR_AGAIN_MS) {
      add(words, At.near, 1);
      add(words, hour + Hour.near, 1);
    }
    doubles[At.nearAt] = atMs;
  }
}

function writeRow(ring: Ring, band: Band, reading: RecordedReading, marks: number): void {
  const { doubles, words } = ring;
  const number = ((words[band.written] ?? 0) + 1) >>> 0;
  const at = band.at + ((number - 1) % band.rows) * ROW_WORDS;
  const { atMs, availableKib, depth, freeKib } = reading;
  const isFreeOnly = depth === Depth.free;
  words[at + Row.begin] = number;
  words[at + Row.marks] = isFreeOnly ? marks | Mark.FREE_ONLY : marks;
  doubles[(at + Row.at) >> 1] = atMs;
  words[at + Row.wallS] = wallMsAt(ring, atMs) / 1000;
  words[at + Row.totalKib] = toWord(reading.totalKib);
  words[at + Row.availableKib] = toWord(isFreeOnly ? freeKib : availableKib);
  words[at + Row.setAsideKib] = toWord(reading.setAsideKib);
  words[at + Row.swapTotalKib] = toWord(reading.swapTotalKib);
  words[at + Row.swapFreeKib] = toWord(reading.swapFreeKib);
  words[at + Row.someMs] = reading.someTotalUs / 1000;
  words[at + Row.fullMs] = reading.fullTotalUs / 1000;
  words[at + Row.refaults] = reading.refaults;
  words[at + Row.swapIns] = reading.swapIns;
  words[at + Row.oomKills] = words[At.oomKills] ?? 0;
  words[at + Row.end] = number;
  words[band.written] = number;
  doubles[band.lastAt] = atMs;
}

function isDue({ doubles }: Ring, { lastAt, spacingMs }: Band, atMs: number): boolean {
  const lastMs = doubles[lastAt] ?? 0;
  return atMs - lastMs >= spacingMs || lastMs === 0;
}

/**
 * Keeps one look: bits of `Mark`, and the kernel's own kills since boot (`oom_kill` of
 * /proc/vmstat; -1 where it was not read). How many of these are new since the look before.
 */
export function recordLook(
  ring: Ring,
  reading: RecordedReading,
  marks: number,
  oomKills: number,
): number {
  const { doubles, words } = ring;
  const { atMs } = reading;
  if (atMs - (doubles[At.clockAt] ?? 0) >= CLOCK_MS) {
    setClock(ring, atMs);
  }
  const kernelKills = noteOomKills(ring, oomKills, (marks & Mark.START) !== 0);
  const allMarks = kernelKills > 0 ? marks | Mark.KERNEL : marks;
  const isKept = (allMarks & KEPT) !== 0;
  if (reading.depth !== Depth.free) {
    noteExtremes(ring, reading, allMarks);
  }
  if (isKept || isDue(ring, FINE, atMs)) {
    writeRow(ring, FINE, reading, allMarks);
  }
  const pending = (words[At.pendingMarks] ?? 0) | allMarks;
  if (isDue(ring, COARSE, atMs)) {
    writeRow(ring, COARSE, reading, pending);
    words[At.pendingMarks] = 0;
  } else {
    words[At.pendingMarks] = pending;
  }
  doubles[At.lookAt] = atMs;
  return kernelKills;
}

/** How many kills by the kernel are new; what came to pass while nobody looked is no news. */
function noteOomKills({ words }: Ring, oomKills: number, isFirst: boolean): number {
  if (oomKills < 0) {
    return 0;
  }
  const before = words[At.oomKills] ?? 0;
  words[At.oomKills] = oomKills;
  if (isFirst || oomKills <= before) {
    return 0;
  }
  add(words, At.oomKillsSeen, oomKills - before);
  return oomKills - before;
}
