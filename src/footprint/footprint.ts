import type { Sys } from "../sys/sys.ts";

/** What this room remembers; nobody else writes it. */
export interface Renewal {
  /** It does not start again in place before this: that failed. */
  notBeforeMs: number;
  /** Who may not lock all memory locks page by page, which takes other code. */
  readonly canLock: boolean;
  /** To be done once, after the first look that follows the start. */
  mend: () => void;
}

export function emptyRenewal(sys: Sys, trim: boolean): Renewal {
  const canLock = !trim || (sys.lockMemory() >= 0 && sys.unlockMemory() >= 0);
  return { notBeforeMs: 0, canLock, mend: () => {} };
}
