import type { Reading } from "./reading.ts";

/** What a recorded look was, a set of these bits. */
export const Mark = {
  /** MemAvailable was not read, only MemFree, of which there was plenty. */
  FREE_ONLY: 1,
  /** Memory was near the limit at which a rule acts. */
  NEAR: 2,
  /** The daemon signalled its victims at this look, or, in a dry run, would have. */
  ACTED: 4,
  /** The victims were gone. */
  GONE: 8,
  /** A rule acted, but nobody could be killed. */
  NOBODY: 16,
  /** The kernel's own OOM killer had killed since the look before. */
  KERNEL: 32,
  /** The first look of a daemon; before it nobody looked. */
  START: 64,
} as const;

/** One look as the flight recorder keeps it. */
export interface RecordedLook {
  /** Milliseconds of CLOCK_MONOTONIC. */
  readonly atMs: number;
  /** Milliseconds since 1970, to the second. */
  readonly wallMs: number;
  /** Bits of `Mark`. */
  readonly marks: number;
  readonly totalKib: number;
  readonly availableKib: number;
  readonly setAsideKib: number;
  readonly swapTotalKib: number;
  readonly swapFreeKib: number;
  /** Since boot, in which at least one task, or all of them, waited for memory. */
  readonly someMs: number;
  readonly fullMs: number;
  /** Units of 4 KiB since boot. */
  readonly refaults: number;
  readonly swapIns: number;
  /** Kills by the kernel since boot: `oom_kill` of /proc/vmstat. */
  readonly oomKills: number;
}

/** What a look keeps of a reading. */
export type RecordedReading = Pick<
  Reading,
  | "atMs"
  | "depth"
  | "totalKib"
  | "freeKib"
  | "availableKib"
  | "perCpuKib"
  | "setAsideKib"
  | "swapTotalKib"
  | "swapFreeKib"
  | "someTotalUs"
  | "fullTotalUs"
  | "refaults"
  | "swapIns"
  | "oomKills"
>;
