import { type Daemon, phaseOf } from "../daemon-state.ts";
import { errnoSentence } from "../model/errno.ts";
import type { Inheritance } from "../model/inheritance.ts";
import * as limits from "../model/limits.ts";
import { Depth } from "../model/reading.ts";
import { isNear } from "../policy/pace.ts";
import type { HandoverName } from "../sys/sys.ts";
import { lockMemory } from "./lock-memory.ts";
import { rehearsalOf } from "./rehearsal.ts";
import { trimMemory } from "./trim-memory.ts";

/*
 * All that is here for no other reason than to keep the daemon small and in memory. The rest of the
 * program knows three verbs of it: `settle` at the start, `renew` after each look, and `restart`.
 */

const NOTHING = () => {};

/**
 * Makes the daemon small: rehearses `turn`, the body of its loop, gives back what that did not
 * touch, and locks the rest.
 */
export function settle(daemon: Daemon, turn: (daemon: Daemon) => boolean): void {
  const { inheritance, options, renewal, report, sys } = daemon;
  if (options.trim) {
    renewal.mend = trimMemory(sys, rehearsalOf(daemon, turn));
  }
  const locked = lockMemory(sys);
  if (!inheritance.isRenewed || locked.kind === "not-locked") {
    report(locked);
  }
}

/**
 * Starts the daemon again in place when a crisis is long over: code that ran cannot be forgotten
 * otherwise, and a heap that was in use is not what was rehearsed. Never while memory is scarce or
 * tasks stall: then it is quicker as it is. When it fails, all stays as it was.
 */
export function renew(daemon: Daemon): void {
  const { asked, crisis, options, reading, recorder, renewal } = daemon;
  renewal.mend();
  renewal.mend = NOTHING;
  const isOver = reading.atMs - crisis.lastAtMs > limits.OVER_MS;
  // An incident that waits to be written would be lost.
  const isAwaited = recorder !== null && recorder.pending.length > 0;
  if (phaseOf(daemon) !== "cooling" || !isOver || isAwaited || !options.trim) {
    return;
  }
  // While much is free nobody looks at stalls.
  const isPlenty = reading.depth === Depth.free;
  const isCalm = !isNear(reading, asked) && reading.someAvg10 < limits.CALM_AVG10;
  if ((isPlenty || isCalm) && reading.atMs >= renewal.notBeforeMs) {
    restart(daemon, "BUSTD_OPTIONS_FD", { isRenewed: true });
    renewal.notBeforeMs = reading.atMs + limits.RETRY_MS;
  }
}

/** Puts another start in this one's place; returns only when that failed. */
export function restart(
  { inheritance, options, report, sys, warner }: Daemon,
  as: HandoverName,
  changes: Partial<Inheritance>,
): void {
  const next = {
    ...inheritance,
    readyFd: -1,
    isRenewed: false,
    warned: warner?.memory ?? null,
    ...changes,
  };
  const failed = sys.restart(as, JSON.stringify({ options, inheritance: next }), options.argv);
  report({ kind: "problem", sentence: `cannot start again, ${errnoSentence(-failed)}` });
}
