import { availablePercent } from "../model/reading.ts";
import type { Moment } from "./fields.ts";

/** Near a limit there is a look each tenth of a second, as the daemon's own; else one a second. */
const NEAR_MS = 100;
/** Below the usual limit it looks as the daemon does while somebody is dying. */
const LOW_MS = 20;
const LOW_PERCENT = 12;
const CALM_MS = 1_000;
/**
 * Near is less available memory than this, more stalls in the last look's time, or that so much of
 * memory was lost in so short a time: who took it is told from sizes of when it began to run out.
 */
const NEAR_PERCENT = 30;
const STALL_PERCENT = 1;
const LOST_PERCENT = 1;
const LOST_MS = 10_000;
/** After trouble looks stay near for so long. */
const AFTER_MS = 5_000;
/** Processes are counted so often, and take no more than such a share of the time. */
const COUNT_NEAR_MS = 250;
const COUNT_CALM_MS = 10_000;
const COUNT_SHARE = 10;

/** How often a recording looks. */
export class Pacer {
  #stallUs = 0;
  #atMs = 0;
  /** What was available a while ago, and when. */
  #sincePercent = -Infinity;
  #sinceMs = 0;
  #nearUntilMs = -Infinity;
  #countedMs = -Infinity;
  #countTookMs = 0;
  #text = "";

  /** How it stands, for who looks on. */
  get text(): string {
    return this.#text;
  }

  /** How long to wait after this look. */
  pauseMs({ arcKib, atMs, meminfo, some }: Moment): number {
    const available = availablePercent({
      availableKib: (meminfo.MemAvailable ?? 0) + arcKib,
      perCpuKib: 0,
      setAsideKib: meminfo.Hugetlb ?? 0,
      totalKib: meminfo.MemTotal ?? 0,
    });
    const spanMs = Math.max(1, atMs - this.#atMs);
    const stallUs = some?.totalUs ?? 0;
    const stalled = this.#atMs === 0 ? 0 : Math.max(0, stallUs - this.#stallUs) / (10 * spanMs);
    this.#atMs = atMs;
    this.#stallUs = stallUs;
    const isLost = this.#sincePercent - available >= LOST_PERCENT;
    if (available < NEAR_PERCENT || stalled >= STALL_PERCENT || isLost) {
      this.#nearUntilMs = atMs + AFTER_MS;
    }
    if (isLost || available > this.#sincePercent || atMs - this.#sinceMs >= LOST_MS) {
      this.#sincePercent = available;
      this.#sinceMs = atMs;
    }
    this.#text = `${available.toFixed(1)} % available, ${stalled.toFixed(1)} % stalled`;
    return available < LOW_PERCENT ? LOW_MS : atMs < this.#nearUntilMs ? NEAR_MS : CALM_MS;
  }

  isCountDue(nowMs: number): boolean {
    const everyMs = this.#atMs < this.#nearUntilMs ? COUNT_NEAR_MS : COUNT_CALM_MS;
    return nowMs - this.#countedMs >= Math.max(everyMs, this.#countTookMs * COUNT_SHARE);
  }

  counted(beganMs: number, nowMs: number): void {
    this.#countedMs = beganMs;
    this.#countTookMs = nowMs - beganMs;
  }
}
