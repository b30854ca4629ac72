/** What a daemon that warns remembers when it starts again in place; CLOCK_MONOTONIC. */
export interface WarnerMemory {
  /** Nobody is warned again before this, milliseconds. */
  readonly quietUntilMs: number;
  /** Who is spared, as `pid:startMs`, and until when. */
  readonly spared: readonly (readonly [string, number])[];
}

/** That of one that has given none. */
export const NO_WARNINGS: WarnerMemory = { quietUntilMs: 0, spared: [] };

/** The size of the file that holds the last warning; what is not used of it is blanks. */
export const WARNING_BYTES = 8192;
