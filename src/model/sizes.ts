/**
 * How large all processes were at one moment, in the order of their pids, as `/proc` lists them.
 * The arrays are filled again and again, so that noting allocates nothing while they are long
 * enough.
 */
export interface Sizes {
  pids: Int32Array;
  /** What each had of its own, in memory and in swap, and what of files or shared; KiB. */
  ownKib: Float64Array;
  sharedKib: Float64Array;
  /**
   * What each had of its own when it was noted first since the base: not less than inherited. In a
   * base, what it really had then: `ownKib` of who goes on growing is from a base before.
   */
  firstKib: Float64Array;
  /** When that was, milliseconds since boot: who started later is somebody else of that pid. */
  firstMs: Float64Array;
  /** In a base, since when growth counts, by the clock of looks: since it, or a base before. */
  sinceMs: Float64Array;
  /** Page tables, where there are many. */
  ownTablesKib: Float64Array;
  /** The kernel's score, where there is swap: who has another one is of another size. */
  scores: Int16Array;
  count: number;
  /** When it was noted, by the clock of looks; and since boot: who started later is not in it. */
  atMs: number;
  bootMs: number;
  /** What was left then, and what nobody's processes held, KiB. */
  leftKib: number;
  shmemKib: number;
  slabKib: number;
  hugetlbKib: number;
  lockedKib: number;
  tablesKib: number;
  /** What lay in swap and was no process's own, KiB: shared memory, mostly. */
  nobodysSwapKib: number;
}

/** Sizes of nobody. */
export function emptySizes(room: number): Sizes {
  return {
    pids: new Int32Array(room),
    ownKib: new Float64Array(room),
    sharedKib: new Float64Array(room),
    firstKib: new Float64Array(room),
    firstMs: new Float64Array(room),
    sinceMs: new Float64Array(room),
    ownTablesKib: new Float64Array(room),
    scores: new Int16Array(room),
    count: 0,
    atMs: -Infinity,
    bootMs: 0,
    leftKib: 0,
    shmemKib: 0,
    slabKib: 0,
    hugetlbKib: 0,
    lockedKib: 0,
    tablesKib: 0,
    nobodysSwapKib: 0,
  };
}

/** Makes room for so many processes; what is noted of those before is lost. */
export function growSizes(sizes: Sizes, room: number): void {
  sizes.pids = new Int32Array(room);
  sizes.ownKib = new Float64Array(room);
  sizes.sharedKib = new Float64Array(room);
  sizes.firstKib = new Float64Array(room);
  sizes.firstMs = new Float64Array(room);
  sizes.sinceMs = new Float64Array(room);
  sizes.ownTablesKib = new Float64Array(room);
  sizes.scores = new Int16Array(room);
}

/** Makes the second sizes the same as the first, whole arrays at a time: there may be many. */
export function copySizes(from: Sizes, into: Sizes): void {
  if (into.pids.length < from.pids.length) {
    growSizes(into, from.pids.length);
  }
  const { firstKib, firstMs, ownKib, ownTablesKib, pids, scores, sharedKib, sinceMs } = into;
  pids.set(from.pids);
  ownKib.set(from.ownKib);
  sharedKib.set(from.sharedKib);
  firstKib.set(from.firstKib);
  firstMs.set(from.firstMs);
  sinceMs.set(from.sinceMs);
  ownTablesKib.set(from.ownTablesKib);
  scores.set(from.scores);
  const own = { firstKib, firstMs, ownKib, ownTablesKib, pids, scores, sharedKib, sinceMs };
  Object.assign(into, from, own);
}

/** Where a pid stands among sizes, or -1. */
export function placeOf({ count, pids }: Sizes, pid: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pids[middle] ?? 0) < pid) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < count && pids[low] === pid ? low : -1;
}
