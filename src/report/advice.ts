import type { CandidateRecord, Incident } from "../model/incident.ts";
import { escapeName } from "./escape.ts";
import { kernelAdvice } from "./kernel-kill.ts";
import { limitsText } from "./settings-text.ts";

const FILE = "/etc/bustd/bustd.toml";

/** A name as a glob that matches nothing else; globs know `?`, `*` and `[`. */
function globOf(comm: string): string {
  return comm.replaceAll(/[?*[]/g, "[$&]");
}

/** A text in TOML's basic quotes. */
function tomlText(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** Whether a name can be typed as it is shown. */
function isTypeable(comm: string): boolean {
  return comm !== "" && escapeName(comm) === comm && !/['|]/.test(comm);
}

function protectLines(comm: string): string[] {
  return isTypeable(comm)
    ? [
        `Never kill ${comm}: unkillables = [${tomlText(globOf(comm))}] in ${FILE}, ` +
          `or bustd -u '${globOf(comm)}'.`,
      ]
    : [`Its name cannot be typed; protect it by exe or unit, in a [[rule]] of ${FILE}.`];
}

/** What a rule of --prefer gives. */
const PREFER_POINTS = 300;

/**
 * How to have the next one killed first, where the points of one rule are enough for that: those
 * for what it took, which may double, are not reckoned with. No rule prefers whose oom_score_adj is
 * negative.
 */
function preferLines(next: CandidateRecord | null, victim: CandidateRecord | undefined): string[] {
  if (next === null || victim === undefined || next.comm === victim.comm) {
    return [];
  }
  const { comm, oomScoreAdj, score } = next;
  const isEnough = oomScoreAdj >= 0 && score + PREFER_POINTS >= victim.score;
  return isEnough && isTypeable(comm)
    ? [
        `Kill ${comm} first: a [[rule]] in ${FILE} with comm = [${tomlText(globOf(comm))}] ` +
          `and prefer = ${PREFER_POINTS}.`,
      ]
    : [];
}

/** How a rule is made to act earlier or later. */
function limitLine(incident: Incident): string[] {
  const { limits, verdict } = incident;
  switch (verdict?.rule) {
    case "exhaustion":
      return [
        `Act earlier or later: ${limitsText(incident, "mem")} and ` +
          `${limitsText(incident, "swap")} were in force (-m, -s).`,
      ];
    case "leak":
    case "thrashing":
    case "frozen":
      return [`Act earlier or later: psi = ${limits.stallPercent} was in force (-p).`];
    case "when":
      return [`Act earlier or later: change the conditions of when in ${FILE}.`];
    default:
      return [];
  }
}

function nobodyLines({ selection }: Incident): string[] {
  const guards = (selection?.spared ?? []).flatMap(({ origin }) => (origin === "" ? [] : [origin]));
  const rules = [...new Set(guards)].slice(0, 5).map(escapeName);
  return rules.length === 0
    ? ["Run bustd victims to see who could be killed now."]
    : [`Protect fewer: these rules spared the largest: ${rules.join(", ")}.`];
}

/** What to do to get another result; shortest way first. */
export function adviceOf(incident: Incident): string[] {
  const { kind, selection } = incident;
  const victim = selection?.victims[0];
  const next = selection?.next ?? null;
  switch (kind) {
    case "kernel":
      return kernelAdvice(incident);
    case "nobody":
      return [...nobodyLines(incident), ...limitLine(incident)];
    case "asked":
      return [];
    case "dry-run":
    case "warned":
    case "kill":
      return [
        ...(victim === undefined ? [] : protectLines(victim.comm)),
        ...preferLines(next, victim),
        ...limitLine(incident),
      ];
  }
}
