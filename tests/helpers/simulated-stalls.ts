/** psi.c: the averages move every 2 s, by EXP_10s of 2048. */
const PSI_PERIOD_MS = 2000;
const EXP_10S = 1677 / 2048;

/** How tasks stall, tick by tick, as PSI counts it. */
export class SimulatedStalls {
  readonly #tickMs: number;
  /** `some total` at each tick, in microseconds. */
  readonly #totals: number[] = [0];
  avg10 = 0;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** The time up to which it is known, and that of the next tick. */
  get nextMs(): number {
    return this.#totals.length * this.#tickMs;
  }

  get totalUs(): number {
    return this.#totals.at(-1) ?? 0;
  }

  /** One tick more, of which some task waited for this share. */
  add(share: number): void {
    const atMs = this.nextMs;
    this.#totals.push(this.totalUs + share * this.#tickMs * 1000);
    if (atMs % PSI_PERIOD_MS === 0) {
      const stalledMs = (this.#totalAt(atMs) - this.#totalAt(atMs - PSI_PERIOD_MS)) / 1000;
      this.avg10 = this.avg10 * EXP_10S + (100 * stalledMs * (1 - EXP_10S)) / PSI_PERIOD_MS;
    }
  }

  /** Share of this time, which has passed, in which some task stalled; 0 to 1. */
  shareOf(fromMs: number, toMs: number): number {
    const stalledMs = (this.#totalAt(toMs) - this.#totalAt(fromMs)) / 1000;
    return toMs > fromMs ? stalledMs / (toMs - fromMs) : 0;
  }

  #totalAt(atMs: number): number {
    const last = this.#totals.length - 1;
    const tick = Math.min(last, Math.max(0, Math.floor(atMs / this.#tickMs)));
    return this.#totals[tick] ?? 0;
  }
}
