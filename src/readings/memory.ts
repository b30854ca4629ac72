import { type Reading, UNIT_KIB } from "../model/reading.ts";
import {
  afterKey,
  key,
  numberOf,
  wholeNumber,
  NEWLINE,
  NINE,
  SPACE,
  ZERO,
  type Key,
} from "./text.ts";

const COLON = 58;

const MEM_TOTAL = key("MemTotal:");
const MEM_FREE = key("MemFree:");
const MEM_AVAILABLE = key("MemAvailable:");
const MLOCKED = key("Mlocked:");
const PAGE_TABLES = key("PageTables:");
const SHMEM = key("Shmem:");
const SLAB = key("SUnreclaim:");
const SWAP_TOTAL = key("SwapTotal:");
const SWAP_FREE = key("SwapFree:");
const SWAP_CACHED = key("SwapCached:");
/** Since Linux 4.15, where there are huge pages. */
const HUGETLB = key("Hugetlb:");

/** What is left before memory runs out: in this order. */
const LEFT = [MEM_AVAILABLE, SWAP_FREE] as const;

/** 2^64 - n bytes are 2^54 KiB. */
const MOST_KIB = 2 ** 50;

/**
 * Reads `/proc/meminfo`'s text into a reading, in KiB; proc_meminfo(5).
 * False, and nothing changed, when a line is missing or memory is none: a cut, strange or foreign
 * text is no reading. Containers are shown a mixture of their own numbers and the host's, so fields
 * are held against each other: what cannot be is taken for nothing.
 */
export function parseMeminfo(text: Uint8Array, length: number, into: Reading): boolean {
  const total = numberOf(text, length, MEM_TOTAL);
  const free = numberOf(text, length, MEM_FREE);
  const available = numberOf(text, length, MEM_AVAILABLE);
  const swapTotal = numberOf(text, length, SWAP_TOTAL);
  const swapFree = numberOf(text, length, SWAP_FREE);
  if (total <= 0 || free < 0 || available < 0 || swapTotal < 0 || swapFree < 0) {
    return false;
  }
  into.totalKib = total;
  into.freeKib = free < total ? free : total;
  into.availableKib = available < total ? available : total;
  // lxcfs says 2^64 - n where more is used than there is: no machine has a tenth of it.
  into.swapTotalKib = swapTotal < MOST_KIB ? swapTotal : 0;
  into.swapFreeKib = swapFree > into.swapTotalKib ? 0 : swapFree;
  const usedKib = into.swapTotalKib - into.swapFreeKib;
  into.swapCachedKib = upTo(usedKib, numberOf(text, length, SWAP_CACHED));
  const takenKib = total - into.availableKib;
  into.shmemKib = upTo(takenKib, numberOf(text, length, SHMEM));
  into.hugetlbKib = upTo(takenKib - into.shmemKib, numberOf(text, length, HUGETLB));
  into.slabKib = upTo(takenKib, numberOf(text, length, SLAB));
  into.lockedKib = upTo(takenKib, numberOf(text, length, MLOCKED));
  into.tablesKib = upTo(takenKib, numberOf(text, length, PAGE_TABLES));
  return true;
}

/**
 * MemAvailable and SwapFree together, KiB, and nothing else of meminfo's text, read where they
 * stood when all of it was read last; -Infinity when less than `floorKib` is available, or they do
 * not stand there any more. All in one function: each further one costs cache misses.
 */
export function memoryLeft(text: Uint8Array, length: number, floorKib: number): number {
  let kib = 0;
  for (const { at: start, bytes } of LEFT) {
    let at = start + bytes.length;
    if (text[start - 1] !== NEWLINE || text[at - 1] !== COLON) {
      return -Infinity;
    }
    while (text[at] === SPACE) {
      at++;
    }
    let value = 0;
    for (let byte = text[at] ?? 0; byte >= ZERO && byte <= NINE; byte = text[++at] ?? 0) {
      value = value * 10 + (byte - ZERO);
    }
    if (at >= length || (kib === 0 && value < floorKib)) {
      return -Infinity;
    }
    kib += value;
  }
  return kib;
}

/** A field that is missing, or larger than it can be, is the host's: 0. */
function upTo(mostKib: number, kib: number): number {
  return kib < 0 || kib > mostKib ? 0 : kib;
}

const ZRAM = key("/dev/zram");

/** Whether `/proc/swaps` names a swap that is no zram; proc_swaps(5). False where it names none. */
export function isAnySwapOnDisk(text: Uint8Array, length: number): boolean {
  const { bytes } = ZRAM;
  // The first line is a heading.
  let at = text.indexOf(NEWLINE) + 1;
  while (at > 0 && at < length) {
    if (!bytes.every((byte, i) => text[at + i] === byte)) {
      return true;
    }
    at = text.indexOf(NEWLINE, at) + 1;
  }
  return false;
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

/** "count" from its end; of all words before a colon in that file, only this one ends like it. */
const COUNT_FROM_END = [..."tnuoc"].map((letter) => letter.charCodeAt(0));

/**
 * Free memory on the free lists of single processors, KiB, from `/proc/zoneinfo`: the `count:` of
 * each pageset. It is free but not in MemFree, and up to the low watermark of each zone: 5 % of a
 * machine of 1 GiB, 0.3 % of one of 24 (measured). Where the text is cut, at least so much.
 */
export function parsePerCpuFree(text: Uint8Array, length: number, pageKib: number): number {
  let pages = 0;
  let at = length > 0 ? text.indexOf(COLON) : -1;
  while (at >= 0 && at < length) {
    if (COUNT_FROM_END.every((letter, i) => text[at - 1 - i] === letter)) {
      pages += Math.max(0, wholeNumber(text, length, at + 1));
    }
    at = text.indexOf(COLON, at + 1);
  }
  return pages * pageKib;
}

const REFAULT_ANON = key("workingset_refault_anon ");
const REFAULT_FILE = key("workingset_refault_file ");
/** Before Linux 5.9 there was one counter. */
const REFAULT_OLD = key("workingset_refault ");
const SWAP_IN = key("pswpin ");
/** Of compressed swap in RAM, zswap, the one above counts nothing. */
const ZSWAP_IN = key("zswpin ");
const MAJOR_FAULT = key("pgmajfault ");
const EVICTED_BY_KSWAPD = key("pgsteal_kswapd ");
const EVICTED_BY_TASKS = key("pgsteal_direct ");
const OOM_KILL = key("oom_kill ");
/** Where the kernel can compress swap, since Linux 4.8. */
const COMPRESSED = key("nr_zspages ");
/** One for each zone; which of them there are depends on the machine. */
const ALLOC_STALLS = [
  key("allocstall_dma "),
  key("allocstall_dma32 "),
  key("allocstall_normal "),
  key("allocstall_movable "),
] as const;

const ABSENT = -1;

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
  const byKswapd = numberOf(text, length, EVICTED_BY_KSWAPD);
  const swapIns = sumOf(text, length, SWAP_IN, ZSWAP_IN, byKswapd >= 0);
  const majorFaults = numberOf(text, length, MAJOR_FAULT);
  const byTasks = numberOf(text, length, EVICTED_BY_TASKS);
  const oomKills = numberOf(text, length, OOM_KILL);
  let allocStalls = -1;
  for (const zone of ALLOC_STALLS) {
    if (zone.at !== ABSENT) {
      const stalls = numberOf(text, length, zone);
      allocStalls = stalls < 0 ? allocStalls : Math.max(0, allocStalls) + stalls;
      // To search for it in all lines, at each look, would take longer than all the rest.
      zone.at = stalls < 0 && byKswapd >= 0 ? ABSENT : zone.at;
    }
  }
  if (COMPRESSED.at !== ABSENT) {
    const pages = numberOf(text, length, COMPRESSED);
    into.compressedKib = pages < 0 ? into.compressedKib : pages * pageKib;
    COMPRESSED.at = pages < 0 && byKswapd >= 0 ? ABSENT : COMPRESSED.at;
  }
  const units = pageKib / UNIT_KIB;
  into.refaults = refaults < 0 ? into.refaults : refaults * units;
  into.swapIns = swapIns < 0 ? into.swapIns : swapIns * units;
  into.majorFaults = majorFaults < 0 ? into.majorFaults : majorFaults * units;
  into.evicted = byKswapd < 0 || byTasks < 0 ? into.evicted : (byKswapd + byTasks) * units;
  into.allocStalls = allocStalls < 0 ? into.allocStalls : allocStalls;
  into.oomKills = oomKills < 0 ? into.oomKills : oomKills;
}

/** A counter, and one that not every kernel has: in a whole text that is searched for once. */
function sumOf(text: Uint8Array, length: number, one: Key, other: Key, isWhole: boolean): number {
  const value = numberOf(text, length, one);
  if (other.at === ABSENT) {
    return value;
  }
  const more = numberOf(text, length, other);
  other.at = more < 0 && isWhole ? ABSENT : other.at;
  return value < 0 || more < 0 ? value : value + more;
}

const FREE = key("nr_free_pages ");
const INACTIVE_FILE = key("nr_inactive_file ");
const ACTIVE_FILE = key("nr_active_file ");
const RECLAIMABLE = key("nr_slab_reclaimable ");

/**
 * What is available by `/proc/vmstat`, KiB, for when meminfo cannot be read: free pages, and half
 * of what files and the kernel's own caches hold; si_mem_available() of mm/page_alloc.c counts at
 * least that, less what zones keep in reserve. -1 when a line is missing.
 */
export function availableByVmstat(text: Uint8Array, length: number, pageKib: number): number {
  const free = numberOf(text, length, FREE);
  const inactive = numberOf(text, length, INACTIVE_FILE);
  const active = numberOf(text, length, ACTIVE_FILE);
  const reclaimable = numberOf(text, length, RECLAIMABLE);
  return free < 0 || inactive < 0 || active < 0 || reclaimable < 0
    ? -1
    : (free + (inactive + active + reclaimable) / 2) * pageKib;
}
