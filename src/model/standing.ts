import type { MachineFacts, SettingsInForce } from "./incident.ts";

/** Of the document below. */
export const STANDING_VERSION = 1;

/**
 * What a running daemon says of itself, once when it is up: `daemon.json` in the runtime directory.
 * Whether it still runs, its pid and the flight recorder tell.
 */
export interface Standing {
  readonly version: number;
  readonly bustd: {
    readonly version: string;
    readonly pid: number;
    /** Of the settings in force; see `digestOf`. */
    readonly digest: string;
  };
  /** When it came up: milliseconds since 1970, and of CLOCK_MONOTONIC. */
  readonly startedWallMs: number;
  readonly startedAtMs: number;
  readonly dryRun: boolean;
  readonly settings: SettingsInForce;
  /** Conditions that stand in the place of its limits, as they are written. */
  readonly when: readonly string[];
  readonly ruleCount: number;
  /** Its arguments, without the program. */
  readonly argv: readonly string[];
  readonly machine: MachineFacts;
}
