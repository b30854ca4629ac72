/** So many processes are remembered: those with most. */
const ROOM = 16;

/**
 * The most new shared memory that processes were seen with since the base, and when. Nothing tells
 * of a process what of it is swapped out by now, or no longer mapped: a leak into a file of tmpfs
 * seems to hold next to nothing then.
 */
export interface Holders {
  readonly pids: Int32Array;
  readonly mostKib: Float64Array;
  /** Milliseconds since boot. */
  readonly seenMs: Float64Array;
  /** Whether there is any. */
  isAny: boolean;
}

/** Nobody, with room for those with most. */
export function emptyHolders(): Holders {
  return {
    pids: new Int32Array(ROOM),
    mostKib: new Float64Array(ROOM),
    seenMs: new Float64Array(ROOM),
    isAny: false,
  };
}

/** Forgets all of them: what they have from now on is new. */
export function forgetHolders(holders: Holders): void {
  holders.mostKib.fill(0);
  holders.isAny = false;
}

/** Remembers one that has so much more than when the base was noted. */
export function noteHolder(holders: Holders, pid: number, kib: number, bootMs: number): void {
  const { mostKib, pids, seenMs } = holders;
  let least = 0;
  for (let at = 0; at < ROOM; at++) {
    if (pids[at] === pid && (mostKib[at] ?? 0) > 0) {
      least = at;
      break;
    }
    least = (mostKib[at] ?? 0) < (mostKib[least] ?? 0) ? at : least;
  }
  if (kib > (mostKib[least] ?? 0)) {
    pids[least] = pid;
    mostKib[least] = kib;
    seenMs[least] = bootMs;
    holders.isAny = true;
  }
}

/** The most that was seen of it, KiB; 0 of one that was started since: it only has the pid. */
export function mostHeldKib(holders: Holders, pid: number, startMs: number): number {
  const { isAny, mostKib, pids, seenMs } = holders;
  const count = isAny ? ROOM : 0;
  for (let at = 0; at < count; at++) {
    if (pids[at] === pid && startMs <= (seenMs[at] ?? 0)) {
      return mostKib[at] ?? 0;
    }
  }
  return 0;
}
