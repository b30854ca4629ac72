import type { Daemon } from "./daemon-state.ts";
import type { Report } from "./model/event.ts";
import { pressure } from "./sources/pressure.ts";
import { signals } from "./sources/signals.ts";
import type { WaitSource } from "./sources/source.ts";
import type { Source } from "./sys/sys.ts";

/** All that wakes it. A victim's end only cuts its sleep short: `tendKills` asks each turn. */
const SOURCES: Readonly<Record<keyof typeof Source, WaitSource | null>> = {
  pressure,
  signals,
  victim: null,
};
const HEEDED = Object.values(SOURCES).filter((source) => source !== null);

/** Begins to watch for all that is not watched yet, and says what cannot be. */
export function openSources(daemon: Daemon, tell: Report): void {
  for (const { open } of HEEDED) {
    open?.(daemon, tell);
  }
}

/** Does what those want that woke the daemon; false when one of them ends it. */
export function heed(daemon: Daemon, wake: number): boolean {
  for (const source of HEEDED) {
    if (!source.heed(daemon, wake)) {
      return false;
    }
  }
  return true;
}
