/** So many looks during which so much memory is available. */
export interface Act {
  readonly ticks: number;
  readonly availablePercent: number;
  /** The clock is put forward by no less than this at each look. */
  readonly tickMs: number;
}

/**
 * Scarce, so that sizes are noted every second, but nobody is to die; then a crisis, in which a
 * victim is chosen every ten seconds; then plenty, so that the daemon would start afresh.
 */
export const STORY: readonly Act[] = [
  { ticks: 1000, availablePercent: 15, tickMs: 0 },
  { ticks: 800, availablePercent: 3, tickMs: 1000 },
  { ticks: 200, availablePercent: 80, tickMs: 0 },
];

export const TICKS_PER_STORY = STORY.reduce((sum, { ticks }) => sum + ticks, 0);
