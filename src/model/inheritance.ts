import type { Places } from "./places.ts";
import type { WarnerMemory } from "./warned.ts";

/** What a daemon has from the process that it was before: descriptors, and whom to tell. */
export interface Inheritance {
  /** `$NOTIFY_SOCKET`, or "" where systemd does not listen. */
  readonly notifySocket: string;
  /** Half of `$WATCHDOG_USEC`, or 0. */
  readonly watchdogMs: number;
  /** Pid file to write and hold, or "". */
  readonly pidFile: string;
  /** The pid file that is held already by the daemon that started itself again, or -1. */
  readonly pidFileFd: number;
  /** Where the starting command waits to hear that the daemon is up, or -1. */
  readonly readyFd: number;
  /** It started itself again after a crisis, to be as small as before: there is nothing to say. */
  readonly isRenewed: boolean;
  /** Where it leaves what outlives it; null: nowhere. */
  readonly places: Places | null;
  /** What it remembers of its warnings; null: it has given none. */
  readonly warned: WarnerMemory | null;
}

/** That of a daemon that was nothing before, and tells nobody. */
export const NO_INHERITANCE: Inheritance = {
  notifySocket: "",
  watchdogMs: 0,
  pidFile: "",
  pidFileFd: -1,
  readyFd: -1,
  isRenewed: false,
  places: null,
  warned: null,
};
