/** How the memory of a process goes; sizes are in KiB, times in milliseconds of the paper clock. */
export type Course =
  | { readonly kind: "steady" | "idle"; readonly sizeKib: number }
  /** A heap of which garbage is collected each time that it has grown so far. */
  | {
      readonly kind: "heap";
      readonly sizeKib: number;
      readonly garbageKib: number;
      readonly everyMs: number;
    }
  /** Grows for ever; or so long each time, with a rest after it. */
  | {
      readonly kind: "leak";
      readonly kibPerS: number;
      readonly fromMs: number;
      readonly turn?: { readonly growsMs: number; readonly restsMs: number };
    }
  /** Grows until it is this large, then stays. */
  | Grown<"settle">
  /** Grows so far, stays for a moment, and gives all of it back. */
  | (Grown<"burst"> & { readonly forMs: number })
  /** Reads files again and again that need so much page cache. */
  | { readonly kind: "files"; readonly sizeKib: number; readonly fileKib: number }
  /** Waits for memory that its own cgroup does not grant, whatever the machine has. */
  | { readonly kind: "throttled"; readonly sizeKib: number; readonly stallShare: number };

interface Grown<K> {
  readonly kind: K;
  readonly sizeKib: number;
  readonly kibPerS: number;
  readonly fromMs: number;
}

/** How much a process would have at this time. */
export function wantedKib(course: Course, atMs: number): number {
  if (course.kind === "heap") {
    const { everyMs, garbageKib, sizeKib } = course;
    return sizeKib + (garbageKib * (atMs % everyMs)) / everyMs;
  }
  if (!("fromMs" in course)) {
    return course.sizeKib;
  }
  const forMs = Math.max(0, atMs - course.fromMs);
  if (course.kind === "leak") {
    return (busyMs(forMs, course.turn) * course.kibPerS) / 1000;
  }
  const grown = (forMs * course.kibPerS) / 1000;
  const isOver =
    course.kind === "burst" &&
    atMs >= course.fromMs + (1000 * course.sizeKib) / course.kibPerS + course.forMs;
  return isOver ? 0 : Math.min(course.sizeKib, grown);
}

/** For how much of this time somebody grows who rests after each turn. */
function busyMs(forMs: number, turn = { growsMs: Infinity, restsMs: 0 }): number {
  const { growsMs, restsMs } = turn;
  if (growsMs === Infinity) {
    return forMs;
  }
  const turns = Math.floor(forMs / (growsMs + restsMs));
  return turns * growsMs + Math.min(growsMs, forMs - turns * (growsMs + restsMs));
}
