/** How the memory of a process goes; sizes are in KiB, times in milliseconds of the paper clock. */
export type Course =
  | { readonly kind: "steady" | "idle"; readonly sizeKib: number }
  /** Grows for ever. */
  | { readonly kind: "leak"; readonly kibPerS: number; readonly fromMs: number }
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
  if (!("fromMs" in course)) {
    return course.sizeKib;
  }
  const grown = Math.max(0, ((atMs - course.fromMs) * course.kibPerS) / 1000);
  if (course.kind === "leak") {
    return grown;
  }
  const isOver =
    course.kind === "burst" &&
    atMs >= course.fromMs + (1000 * course.sizeKib) / course.kibPerS + course.forMs;
  return isOver ? 0 : Math.min(course.sizeKib, grown);
}
