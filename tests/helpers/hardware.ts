import type { Course } from "./courses.ts";
import type { PaperProcess } from "./paper-process.ts";

/** A process of a simulated machine, and what it does with memory. */
export interface Actor {
  readonly process: PaperProcess;
  readonly course: Course;
}

/** What a simulated machine has. */
export interface Hardware {
  readonly totalKib: number;
  readonly swapTotalKib: number;
  /** How fast swap takes or gives pages. */
  readonly swapKibPerS: number;
  /** Share of what is available that holds cached files. */
  readonly cacheShare: number;
  /** What a call to the kernel takes. */
  readonly costMs: number;
}
