import type { Daemon } from "../daemon-state.ts";
import type { Report } from "../model/event.ts";

/**
 * What wakes the daemon, beside the clock. Another one is another file like the others here, its
 * row in `sources.ts`, and what poll(2) is asked of it in `sys/sys.ts`.
 */
export interface WaitSource {
  /** Begins to watch it, and says so; null: it is watched from the first, or while it is needed. */
  readonly open: ((daemon: Daemon, tell: Report) => void) | null;
  /** After each wait, with what it answered; false: the daemon is to end. */
  readonly heed: (daemon: Daemon, wake: number) => boolean;
}
