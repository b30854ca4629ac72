import type { Process } from "../model/process.ts";
import type { Sizes } from "../model/sizes.ts";
import type { Sys } from "../sys/sys.ts";
import type { Growth } from "./locked.ts";
import { readStatus } from "./process-memory.ts";

/** A smaller share of what was lost is not worth looking for. */
const LEAST_SHARE = 1 / 8;
/** Processes that are asked before `goOn` is. */
const ASK_EVERY = 16;

/** Who is read already, how many are listed, and what was lost, KiB. */
export interface Search {
  readonly sys: Sys;
  readonly processes: Process[];
  readonly count: number;
  readonly newShmem: Growth;
  readonly base: Pick<Sizes, "bootMs"> | null;
  readonly lostKib: number;
  readonly goOn: () => boolean;
}

/**
 * Finds who has the files open that new shared memory lies in, where nobody maps most of it: of
 * what is only written, as into a memfd, `/proc/PID/status` shows nothing. False when broken off.
 */
export function addOpeners(search: Search, read: (at: number) => Process | null): boolean {
  const { base, count, goOn, lostKib, newShmem, processes, sys } = search;
  const leastKib = lostKib * LEAST_SHARE;
  let unmappedKib = newShmem.grownKib;
  for (const { shmemGrownKib } of processes) {
    unmappedKib -= shmemGrownKib;
  }
  if (unmappedKib <= Math.max(leastKib, newShmem.grownKib / 2)) {
    return true;
  }
  const sinceWallMs = sys.wallMs() - (sys.bootMs() - (base?.bootMs ?? 0));
  for (let i = 0; i < count; i++) {
    const pid = sys.pids[i] ?? 0;
    const openKib = sys.openShmemKib(pid, sinceWallMs);
    // What is mapped was counted.
    const kib = openKib > leastKib ? openKib - readStatus(sys, pid, 1).shmemKib : 0;
    if (kib > leastKib) {
      const known = processes.find((process) => process.pid === pid);
      noteOpen(known ?? read(i), kib, newShmem);
    }
    if (i % ASK_EVERY === ASK_EVERY - 1 && !goOn()) {
      return false;
    }
  }
  return true;
}

function noteOpen(process: Process | null, kib: number, newShmem: Growth): void {
  if (process !== null) {
    process.shmemGrownKib += Math.min(kib, newShmem.grownKib);
    process.shmemLatelyKib += Math.min(kib, newShmem.latelyKib);
  }
}
