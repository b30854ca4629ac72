import type { Reading } from "../model/reading.ts";
import { afterKey, key, numberAgain, numberOf, wholeNumber, type Key } from "./text.ts";

const SPACE = 32;
const NEWLINE = 10;

const MEM_TOTAL = key("MemTotal:");
const MEM_FREE = key("MemFree:");
const MEM_AVAILABLE = key("MemAvailable:");
const SHMEM = key("Shmem:");
const SWAP_TOTAL = key("SwapTotal:");
const SWAP_FREE = key("SwapFree:");
/** Since Linux 4.15, where there are huge pages. */
const HUGETLB = key("Hugetlb:");

/**
 * Reads `/proc/meminfo`'s text into a reading, in KiB; proc_meminfo(5).
 * False, and nothing changed, when a line is missing: a cut or strange text is no reading.
 */
export function parseMeminfo(text: Uint8Array, length: number, into: Reading): boolean {
  const total = numberOf(text, length, MEM_TOTAL);
  const free = numberOf(text, length, MEM_FREE);
  const available = numberOf(text, length, MEM_AVAILABLE);
  const shmem = numberOf(text, length, SHMEM);
  const swapTotal = numberOf(text, length, SWAP_TOTAL);
  const swapFree = numberOf(text, length, SWAP_FREE);
  if (total < 0 || free < 0 || available < 0 || shmem < 0 || swapTotal < 0 || swapFree < 0) {
    return false;
  }
  const hugetlb = numberOf(text, length, HUGETLB);
  into.totalKib = total;
  into.freeKib = free;
  into.availableKib = available;
  into.setAsideKib = shmem + (hugetlb < 0 ? 0 : hugetlb);
  into.swapTotalKib = swapTotal;
  into.swapFreeKib = swapFree;
  return true;
}

/** Whether no more than this is gone of what was available and free for swapping, KiB. */
export function isMeminfoSteady(
  text: Uint8Array,
  length: number,
  { availableKib, swapFreeKib }: Reading,
  slackKib: number,
): boolean {
  const isAvailable = numberAgain(text, length, MEM_AVAILABLE) >= availableKib - slackKib;
  return isAvailable && numberAgain(text, length, SWAP_FREE) >= swapFreeKib - slackKib;
}

const ARC_SIZE = key("size ");
const ARC_MIN = key("c_min ");

/** The value of an arcstats line: name, blanks, type, blanks, value. */
function valueOf(text: Uint8Array, length: number, name: Key): number {
  let type = afterKey(text, length, name);
  if (type < 0) {
    return -1;
  }
  while (type < length && text[type] === SPACE) {
    type++;
  }
  const blank = text.indexOf(SPACE, type);
  const isInLine = blank >= 0 && blank < text.indexOf(NEWLINE, type);
  return isInLine ? wholeNumber(text, length, blank) : -1;
}

/**
 * What ZFS would give back under pressure, in KiB, from `/proc/spl/kstat/zfs/arcstats`: lines of
 * name, type and value in bytes. The ARC is not in MemAvailable, but shrinks down to `c_min`.
 */
export function parseArcstats(text: Uint8Array, length: number): number {
  const size = valueOf(text, length, ARC_SIZE);
  const min = valueOf(text, length, ARC_MIN);
  return size < 0 || min < 0 ? 0 : Math.max(0, size - min) / 1024;
}

const REFAULT_ANON = key("workingset_refault_anon ");
const REFAULT_FILE = key("workingset_refault_file ");
/** Before Linux 5.9 there was one counter. */
const REFAULT_OLD = key("workingset_refault ");
const SWAP_IN = key("pswpin ");
const SWAP_OUT = key("pswpout ");

/** What counters are kept in, whatever the size of a page here. */
const UNIT_KIB = 4;

/**
 * Reads `/proc/vmstat`'s text into a reading, in units of 4 KiB. A counter that is missing keeps
 * its value: 0 would look like a burst at the next look.
 */
export function parseVmstat(
  text: Uint8Array,
  length: number,
  into: Reading,
  pageKib: number,
): void {
  const anon = numberOf(text, length, REFAULT_ANON);
  const file = numberOf(text, length, REFAULT_FILE);
  const isNew = anon >= 0 && file >= 0;
  const refaults = isNew ? anon + file : numberOf(text, length, REFAULT_OLD);
  const swapIns = numberOf(text, length, SWAP_IN);
  const swapOuts = numberOf(text, length, SWAP_OUT);
  const units = pageKib / UNIT_KIB;
  into.refaults = refaults < 0 ? into.refaults : refaults * units;
  into.swapIns = swapIns < 0 ? into.swapIns : swapIns * units;
  into.swapOuts = swapOuts < 0 ? into.swapOuts : swapOuts * units;
}
