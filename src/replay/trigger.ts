/** A PSI trigger over recorded stalls: no more than one event in each window. */
export class Trigger {
  readonly #stallUs: number;
  readonly #windowMs: number;
  #seen: { readonly atMs: number; readonly us: number }[] = [];

  constructor(stallUs: number, windowUs: number) {
    this.#stallUs = stallUs;
    this.#windowMs = windowUs / 1000;
  }

  /** Whether tasks stalled enough by this moment, given all that they had stalled since boot. */
  fires(atMs: number, us: number): boolean {
    const fromMs = atMs - this.#windowMs;
    this.#seen = [...this.#seen.filter((moment) => moment.atMs >= fromMs), { atMs, us }];
    const isEnough = us - (this.#seen[0]?.us ?? us) >= this.#stallUs;
    this.#seen = isEnough ? this.#seen.slice(-1) : this.#seen;
    return isEnough;
  }
}
