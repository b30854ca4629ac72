/** What a program of the administrator's can be started by. */
export const HOOK_EVENTS = ["killed", "nobody", "recovered", "warned"] as const;
export type HookEvent = (typeof HOOK_EVENTS)[number];

/** A program that is started after an event: `[[hook]]`. The daemon's own stage never has one. */
export interface Hook {
  /** Where it comes from, for the log: `bustd.toml:12`. */
  readonly origin: string;
  readonly on: readonly HookEvent[];
  /** The program's absolute path, and its arguments; no shell sees them. */
  readonly run: readonly string[];
  /** When it is ended, at the latest. */
  readonly timeoutMs: number;
  /** As whom it runs; null: as whoever starts it. */
  readonly uid: number | null;
}
