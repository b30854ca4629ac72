import { placeOf, type Sizes } from "../model/sizes.ts";

/** How large a process was when sizes were noted; a newborn had what it has from its parent. */
export function sizeAt(sizes: Sizes, pid: number, startMs: number, heirKib: number): number {
  const at = startMs > sizes.bootMs ? -1 : placeOf(sizes, pid);
  if (at < 0) {
    // Somebody older who was not seen then: nothing is known of its growth.
    return startMs > sizes.bootMs ? heirKib : Infinity;
  }
  return Math.max(0, sizes.ownKib[at] ?? 0);
}

/** For how much longer than since the base its growth counts, milliseconds. */
export function carriedMsAt(base: Sizes | null, pid: number, startMs: number): number {
  const at = base === null || startMs > base.bootMs ? -1 : placeOf(base, pid);
  return base === null || at < 0 ? 0 : base.atMs - (base.sinceMs[at] ?? 0);
}

/**
 * How much a process has grown of files and shared memory, which were noted together, KiB; 0 where
 * nothing was noted.
 */
export function newSharedKib(
  since: Sizes | null,
  pid: number,
  startMs: number,
  sharedKib: number,
): number {
  if (since === null) {
    return 0;
  }
  const at = startMs > since.bootMs ? -1 : placeOf(since, pid);
  const wasKib = at < 0 ? (startMs > since.bootMs ? 0 : Infinity) : (since.sharedKib[at] ?? 0);
  return Math.max(0, sharedKib - wasKib);
}

/** What a process had when it was noted first since the base; Infinity where it was not. */
export function firstKib(last: Sizes | null, pid: number, startMs: number): number {
  const at = last === null || startMs > last.bootMs ? -1 : placeOf(last, pid);
  const isOther = startMs > (last?.firstMs[at] ?? 0);
  return isOther ? Infinity : Math.max(0, last?.firstKib[at] ?? Infinity);
}

/** How much more page tables a process has than when sizes were noted, KiB. */
export function newTablesKib(since: Sizes, pid: number, startMs: number, kib: number): number {
  const at = startMs > since.bootMs ? -1 : placeOf(since, pid);
  return Math.max(0, kib - (since.ownTablesKib[at] ?? 0));
}
