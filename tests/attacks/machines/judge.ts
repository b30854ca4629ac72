import type { VmResult } from "../../vm/record.ts";
import { SOFT_PERCENT, SOON_MS, STILL_MS, type Attack } from "./attack.ts";

/** A signal of the daemon's, whether it ended somebody or not. */
interface Sent {
  name: string;
  signal: number;
  signalledAtMs: number;
}

/** What came to pass, in ms since the story began; null for never. */
interface Course {
  /** Memory first fell below the limit. */
  limitAtMs: number | null;
  /** After that it first was above the soft limit. */
  reliefAtMs: number | null;
  /** The first of the guilty was signalled. */
  firstAtMs: number | null;
  /** Memory available at the end. */
  lastPercent: number;
  sent: Sent[];
}

/** What the daemon, or a helper of its name, sent to others. */
function sentByDaemon({ deaths, lostSignals }: VmResult): Sent[] {
  const isDaemons = (name: string) => name === "daemon" || name.startsWith("bustd");
  const all = [...deaths, ...lostSignals].filter(
    ({ by, name }) => isDaemons(by) && !isDaemons(name),
  );
  return all.toSorted((a, b) => a.signalledAtMs - b.signalledAtMs);
}

function courseOf(attack: Attack, result: VmResult): Course {
  const hiddenKib = (attack.hiddenMib ?? 0) * 1024;
  const totalKib = result.totals.ramKib - hiddenKib;
  const shares = result.samples
    .filter(({ atMs }) => atMs >= 0)
    .map((at) => ({ atMs: at.atMs, percent: (100 * (at.availableKib - hiddenKib)) / totalKib }));
  const limitPercent = attack.limitPercent ?? SOFT_PERCENT;
  const limitAtMs = shares.find(({ percent }) => percent < limitPercent)?.atMs ?? null;
  const relief = shares.find(
    ({ atMs, percent }) => limitAtMs !== null && atMs > limitAtMs && percent >= SOFT_PERCENT,
  );
  const sent = sentByDaemon(result);
  return {
    limitAtMs,
    reliefAtMs: relief?.atMs ?? null,
    firstAtMs: sent.find(({ name }) => attack.mustDie?.test(name) === true)?.signalledAtMs ?? null,
    lastPercent: shares.at(-1)?.percent ?? 0,
    sent,
  };
}

function ms(value: number | null): string {
  return value === null ? "never" : `${Math.round(value)} ms`;
}

/** Whether the guilty were ended, and memory was back, soon after the limit. */
function problemsOfRescue(attack: Attack, course: Course): string[] {
  const { firstAtMs, lastPercent, limitAtMs, reliefAtMs } = course;
  if (attack.mustDie === null) return [];
  // Before the hard limit there is the soft one.
  const mayBeEarly = attack.mayBeEarly === true || attack.limitPercent !== undefined;
  const isEarly = mayBeEarly && firstAtMs !== null;
  const untilMs = (limitAtMs ?? Infinity) + SOON_MS;
  const passed = `the limit was passed at ${ms(limitAtMs)}`;
  return [
    limitAtMs === null && !isEarly ? "memory never came to the limit" : "",
    (firstAtMs ?? Infinity) <= untilMs && firstAtMs !== null
      ? ""
      : `${passed}, the guilty were ended: ${ms(firstAtMs)}`,
    limitAtMs === null || (reliefAtMs ?? Infinity) <= untilMs
      ? ""
      : `${passed}, memory was back: ${ms(reliefAtMs)}`,
    lastPercent < SOFT_PERCENT ? `${lastPercent.toFixed(1)} % at the end` : "",
  ];
}

/** Whether somebody innocent was ended, by whom soever, or ended without being asked. */
function problemsOfOthers({ mustLive }: Attack, result: VmResult, { sent }: Course): string[] {
  const ended = result.actors.filter(({ exit }) => exit !== null);
  const lost = [...sent, ...result.deaths, ...ended].filter(({ name }) => mustLive.test(name));
  return [
    ...[...new Set(lost.map(({ name }) => name))].map((name) => `${name} did not live`),
    result.kernelOomKills > 0 ? `the kernel ended ${result.kernelOomKills}` : "",
  ];
}

/** Whether the daemon is alive, and never stood still. */
function problemsOfDaemon({ actors, daemon: { exit } }: VmResult): string[] {
  const watch = actors.find(({ name }) => name === "watch");
  const stillMs = watch?.longestStallMs ?? 0;
  return [
    exit === null ? "" : `the daemon ended: status ${exit}`,
    watch?.exit === null ? "" : "the daemon has other rights than it should have",
    (watch?.turns ?? 0) < 100 ? "the daemon's state was not watched" : "",
    stillMs > STILL_MS ? `the daemon stood in state D for ${ms(stillMs)}` : "",
  ];
}

/** What went otherwise than it must; empty if all went well. */
export function judge(attack: Attack, result: VmResult): string[] {
  const course = courseOf(attack, result);
  const answer = result.actors.find(({ name }) => name === attack.mustAnswer);
  return [
    ...problemsOfRescue(attack, course),
    ...problemsOfOthers(attack, result, course),
    ...problemsOfDaemon(result),
    attack.mustAnswer !== undefined && answer?.exit !== 0 ? `${attack.mustAnswer} hangs` : "",
  ].filter(Boolean);
}

/** What happened when, for people who must find out what went wrong. */
export function describeResult(attack: Attack, result: VmResult): string {
  const { limitAtMs, reliefAtMs, sent } = courseOf(attack, result);
  const lines = [
    ...judge(attack, result),
    `limit ${ms(limitAtMs)}, relief ${ms(reliefAtMs)}, ${sent.length} signals of the daemon:`,
    ...sent.slice(0, 20).map((one) => `${ms(one.signalledAtMs)} ${one.signal} ${one.name}`),
    ...result.kernelLog.slice(0, 5),
    ...result.daemon.log.slice(-12).map(({ atMs, text }) => `${ms(atMs)} daemon: ${text}`),
  ];
  return lines.map((line) => line.replace(/\p{C}/gu, "?")).join("\n");
}
