/** What is left of the work that may be done; 0 and less is too much. */
export interface Work {
  steps: number;
}

/** For one configuration: `steps` of its own are for its regular expressions. */
export interface Budget extends Work {
  /** For what is found out about patterns and unknown keys, and left open when it is used up. */
  readonly judging: Work;
}

/**
 * Nobody protects the machine while a running daemon reads its files again: 0.4 µs a step, together
 * less than half a second.
 */
const STEPS = 800_000;
const JUDGING_STEPS = 300_000;

/** A fresh allowance for one configuration. */
export function regexBudget(): Budget {
  return { steps: STEPS, judging: { steps: JUDGING_STEPS } };
}

export class TooLarge extends Error {}

/** Takes steps off what is left. Throws `TooLarge` when it is used up. */
export function spend(work: Work, steps: number): void {
  work.steps -= steps;
  if (work.steps <= 0) {
    throw new TooLarge();
  }
}
