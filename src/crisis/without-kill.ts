import type { Daemon } from "../daemon-state.ts";
import * as limits from "../model/limits.ts";
import { hasNoPart } from "../policy/faults.ts";
import { isLow } from "../policy/levels.ts";
import { hasCmdlineRule } from "../policy/matching.ts";
import type { Selection } from "../model/selection.ts";
import type { Acting } from "../model/verdict.ts";
import { identityOf } from "../model/process.ts";

// What is said where a rule acts, and no process is killed.

/** That it got better while a victim was chosen: the rule asks for no kill any more. */
export function sayCameBack({ crisis, reading, report }: Daemon, verdict: Acting): void {
  if (reading.atMs >= crisis.cameBackSaidUntilMs) {
    report({ kind: "recovered", verdict, reading });
    crisis.cameBackSaidUntilMs = reading.atMs + limits.CAME_BACK_SAID_MS;
  }
}

/** That nobody may be killed, or nobody who would help. */
export function sayNobody(
  { crisis, reading, report }: Daemon,
  verdict: Acting,
  selection: Selection,
): void {
  if (reading.atMs >= crisis.nobodySaidUntilMs) {
    report({ kind: "nobody", verdict, selection });
    crisis.nobodySaidUntilMs = reading.atMs + limits.NOBODY_SAID_MS;
  }
  const restMs = Math.max(limits.NOBODY_QUIET_MS, crisis.scanMs * limits.REST);
  crisis.quietUntilMs = reading.atMs + restMs;
}

/**
 * That tasks stall, memory is low, and who would be killed has nothing to do with it. Above the
 * limit that is no news: whoever reads more than fits waits alone.
 */
export function sayBlameless(
  { crisis, options, reading, report }: Daemon,
  verdict: Acting,
  selection: Selection,
): void {
  const isBlameless = selection.taker !== null && hasNoPart(selection.taker);
  if (isBlameless && isLow(reading, options) && reading.atMs >= crisis.blamelessSaidUntilMs) {
    report({ kind: "blameless", verdict, selection });
    crisis.blamelessSaidUntilMs = reading.atMs + limits.NOBODY_SAID_MS;
  }
}

/** Says whom a dry run would kill; the same process once, for as long as a rule acts. */
export function sayDry(
  { crisis, reading, report }: Daemon,
  verdict: Acting,
  selection: Selection,
): void {
  let what = `${verdict.rule} ${verdict.urgency}`;
  for (const { process } of selection.victims) {
    what += ` ${identityOf(process)}`;
  }
  crisis.quietUntilMs = reading.atMs + limits.DRY_RUN_QUIET_MS;
  if (what !== crisis.drySaid) {
    crisis.drySaid = what;
    report({ kind: "killing", verdict, selection, dryRun: true });
  }
}

/** Says now and then that rules on `cmdline` do not apply to everybody. */
export function sayUnknown({ crisis, options, reading, report }: Daemon): void {
  const isDue = crisis.unknown > 0 && reading.atMs >= crisis.unknownSaidUntilMs;
  if (isDue && hasCmdlineRule(options)) {
    const sentence =
      `rules on cmdline did not apply to ${crisis.unknown} of the processes: ` +
      "their command lines could not be read in time";
    report({ kind: "problem", sentence });
    crisis.unknownSaidUntilMs = reading.atMs + limits.NOBODY_SAID_MS;
  }
}
