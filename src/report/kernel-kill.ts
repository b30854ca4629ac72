import type { Incident } from "../model/incident.ts";
import { availablePercent } from "../model/reading.ts";
import { Mark } from "../model/recorded.ts";
import { escapeName } from "./escape.ts";
import { limitsText } from "./settings-text.ts";
import { sharesAt } from "./tracks.ts";
import { countText, percent, spanText } from "./units.ts";

/** What bustd did in this time before counts as done before a kill of the kernel's. */
const BEFORE_MS = 60_000;
/** With so many times what a rule waits for, the machine was not out of memory. */
const PLENTY_TIMES = 2;

/** The cgroups at whose own limits all of them were killed; none where one was the machine's. */
function ownLimitsOf({ kernel }: Incident): readonly string[] {
  const cgroups = (kernel?.victims ?? []).map(({ cgroup }) => cgroup);
  return cgroups.includes("") ? [] : [...new Set(cgroups)];
}

/** How long before the kill a look with one of these marks was, the last one; -1: none. */
function agoMs({ looks }: Incident, marks: number): number {
  const at = looks.atMs.findLastIndex(
    (ms, i) => ms <= 0 && ms >= -BEFORE_MS && ((looks.marks[i] ?? 0) & marks) !== 0,
  );
  return at < 0 ? -1 : -(looks.atMs[at] ?? 0);
}

/** What bustd had to do with it by then, as a part of a sentence. */
export function bustdBefore(incident: Incident): string {
  if (ownLimitsOf(incident).length > 0) {
    return "it was a cgroup's own limit, and bustd watches the machine's memory alone";
  }
  const [actedMs, nobodyMs] = [agoMs(incident, Mark.ACTED), agoMs(incident, Mark.NOBODY)];
  const startedMs = agoMs(incident, Mark.START);
  if (incident.settings?.dryRun === true) {
    return actedMs < 0
      ? "bustd ran dry, and would not have acted in the minute before"
      : `bustd ran dry, and would have begun a kill ${spanText(actedMs)} before`;
  }
  if (actedMs >= 0) {
    return `bustd had begun a kill ${spanText(actedMs)} before`;
  }
  if (nobodyMs >= 0) {
    return `${spanText(nobodyMs)} before, bustd had found nobody whom it may kill`;
  }
  return startedMs >= 0
    ? `bustd had started only ${spanText(startedMs)} before`
    : "bustd had not acted in the minute before";
}

/** The headline of a kill of the kernel's. */
export function kernelHeadline(incident: Incident, when: string): string {
  const kills = countText(incident.kernel?.kills ?? 1, "process", "processes");
  const cgroups = ownLimitsOf(incident);
  const why =
    cgroups.length === 0
      ? `; ${bustdBefore(incident)}`
      : `, at ${cgroups.length === 1 ? "a cgroup's own limit" : "the own limits of cgroups"}`;
  return `The kernel itself killed ${kills} on ${when}${why}.`;
}

/** What was available when the kernel killed, percent; -1 where no look tells. */
function availableThen({ looks }: Incident): number {
  const at = looks.atMs.findLastIndex((ms) => ms <= 0);
  return at >= 0 ? availablePercent(sharesAt(looks, at)) : -1;
}

/** What to do about a kill of the kernel's. */
export function kernelAdvice(incident: Incident): string[] {
  const { kernel, limits, settings } = incident;
  const cgroups = ownLimitsOf(incident);
  const raise = "its MemoryMax= in systemd, or the container's memory limit";
  if (cgroups.length > 0) {
    return cgroups.map(
      (cgroup) =>
        `Raise the limit of ${escapeName(cgroup)} (${raise}), or let it take less: it was at its ` +
        "own limit, however much the machine had left, and bustd cannot help there.",
    );
  }
  const available = availableThen(incident);
  if (kernel?.victims.length === 0 && available > PLENTY_TIMES * limits.memSoftPercent) {
    return [
      `${percent(available)} of memory was available: most likely a cgroup was at its own limit, ` +
        `and bustd cannot help there. Raise that limit (${raise}).`,
    ];
  }
  if (settings?.dryRun === true) {
    return ["Run bustd without --dry-run: with it, it only says which process it would kill."];
  }
  return [
    `Let bustd act earlier: ${limitsText(incident, "mem")} was in force (-m). ` +
      "bustd doctor says what keeps it from being quick here.",
  ];
}
