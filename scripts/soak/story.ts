/** Each act is so many looks long, or a multiple of that. */
export const SHORTEST_ACT_TICKS = 100;

/** So many looks during which so much memory is available. */
export interface Act {
  readonly ticks: number;
  /** And up to one percent more: memory never stands still. */
  readonly availablePercent: number;
  /** The clock is put forward by no less than this at each look. */
  readonly tickMs: number;
  /** At each so many-th look memory is back: a dry run says the same again only after that. */
  readonly backEvery?: number;
}

/** So little that meminfo is read, and sizes are noted. */
const UNEASY: Act = { ticks: SHORTEST_ACT_TICKS, availablePercent: 30, tickMs: 0 };
/** So little that sizes are noted every second, but nobody is to die. */
const SCARCE: Act = { ticks: 600, availablePercent: 15, tickMs: 0 };
/** A victim is chosen every eleven seconds: when ten are over, and memory was back in the last. */
const CRISIS: Act = { ticks: 500, availablePercent: 3, tickMs: 1000, backEvery: 11 };
/** What is available when memory is back, percent. */
export const BACK_PERCENT = 15;
/** The crisis is long over: the daemon starts again, and is small. */
const PLENTY: Act = { ticks: SHORTEST_ACT_TICKS, availablePercent: 80, tickMs: 0 };

/** All that the daemon can become; after that, one long life. */
const STORY: readonly Act[] = [
  UNEASY,
  CRISIS,
  PLENTY,
  UNEASY,
  ...Array.from({ length: 100 }, () => [SCARCE, CRISIS]).flat(),
];
const TICKS_PER_STORY = STORY.reduce((sum, { ticks }) => sum + ticks, 0);

/** The act in which so many looks have been; the story is told again and again. */
export function actAt(ticks: number): Act {
  let left = ticks % TICKS_PER_STORY;
  return STORY.find((act) => (left -= act.ticks) < 0) ?? PLENTY;
}
