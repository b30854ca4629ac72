/** What is left of the work that may be done; 0 and less is too much. */
export interface Budget {
  steps: number;
}

/** About a second of work for all expressions of a configuration together; 0.4 µs a step. */
const STEPS = 3_000_000;

/** A fresh allowance for the regular expressions of one configuration. */
export function regexBudget(): Budget {
  return { steps: STEPS };
}

export class TooLarge extends Error {}

/** Takes steps off the budget. Throws `TooLarge` when it is used up. */
export function spend(budget: Budget, steps: number): void {
  budget.steps -= steps;
  if (budget.steps <= 0) {
    throw new TooLarge();
  }
}
