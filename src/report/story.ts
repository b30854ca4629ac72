import type { CandidateRecord, Incident, KernelVictim, VictimRecord } from "../model/incident.ts";
import { errnoSentence } from "../model/errno.ts";
import type { Group } from "../model/selection.ts";
import { adviceOf } from "./advice.ts";
import { type Named, nameOf, rankLines, scoreText, sparedLines } from "./candidates-text.ts";
import { escapeName } from "./escape.ts";
import { kernelHeadline } from "./kernel-kill.ts";
import { ownerOf } from "./owner.ts";
import { countText, percent, sizeText, spanText } from "./units.ts";
import { verdictLines } from "./why-then.ts";

/** What only the machine that tells the story knows. */
export interface Teller {
  /** A user's name, or the number as text. */
  readonly userOf: (uid: number) => string;
  /** A moment as the reader's clock shows it. */
  readonly timeOf: (wallMs: number) => string;
}

/** A heading, and sentences below it. All names in it are escaped. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

export interface Story {
  /** One sentence: what came to pass. */
  readonly headline: string;
  readonly sections: readonly Section[];
}

function headlineOf(incident: Incident, { timeOf }: Teller): string {
  const { kind, outcome, selection, verdict, wallMs } = incident;
  const when = timeOf(wallMs);
  if (kind === "nobody") {
    const isOwn = verdict?.rule === "when";
    const why = isOwn ? "a condition of the configuration held" : "memory ran out";
    return `Nobody could be killed on ${when}, although ${why}.`;
  }
  if (kind === "kernel") {
    return kernelHeadline(incident, when);
  }
  if (kind === "asked") {
    return `State on ${when}, at the user's request (SIGUSR1); nobody was killed.`;
  }
  const first = selection?.victims[0];
  if (kind === "warned") {
    const took = first === undefined ? "" : `; ${nameOf(first)} took ${sizeText(first.tookKib)}`;
    return `Warning on ${when}: ${escapeName(verdict?.because ?? "")}${took}.`;
  }
  const others = (selection?.victimCount ?? 1) - 1;
  const more = others > 0 ? ` with ${countText(others, "other process", "other processes")}` : "";
  const who = first === undefined ? "A process" : nameOf(first);
  if (outcome !== null && outcome.ending !== "gone" && kind !== "dry-run") {
    return `${who}${more} was to be killed on ${when}, but ${endingText(outcome)}.`;
  }
  return kind === "dry-run"
    ? `${who}${more} would have been killed on ${when}, but bustd ran dry and killed nobody.`
    : `${who}${more} was killed on ${when}.`;
}

function endingText({ ending, errno, goneMs, signal }: NonNullable<Incident["outcome"]>): string {
  switch (ending) {
    case "gone-before":
      return "was gone before the first signal";
    case "refused":
      return `the kernel refused the signal: ${errnoSentence(errno)}`;
    case "stuck":
      return `still existed ${spanText(goneMs)} after ${signal}: it is stuck in the kernel`;
    case "interrupted":
      return "bustd was told to stop meanwhile";
    case "gone":
      return "is gone";
  }
}

function whoLines(victim: VictimRecord, { userOf }: Teller): string[] {
  const owner = ownerOf(victim.cgroup);
  const details = [
    nameOf(victim),
    ...(victim.uid >= 0 ? [`user ${escapeName(userOf(victim.uid))}`] : []),
    ...(owner === "" ? [] : [escapeName(owner)]),
    ...(victim.exe === "" ? [] : [escapeName(victim.exe)]),
  ];
  const swapKib = victim.swapKib >= 0 ? victim.swapKib : victim.sizeKib - victim.rssKib;
  const numbers = [
    `${sizeText(victim.rssKib)} in memory`,
    ...(swapKib > 0 ? [`${sizeText(swapKib)} in swap`] : []),
    ...(victim.ageMs >= 0 ? [`had run for ${spanText(victim.ageMs)}`] : []),
    ...(victim.majorFaults >= 0
      ? [countText(victim.majorFaults, "major fault", "major faults")]
      : []),
    `oom_score ${victim.oomScore}`,
    `oom_score_adj ${victim.oomScoreAdj}`,
  ];
  const lines = [details.join(", "), numbers.join(", ")];
  return victim.cmdline === "" ? lines : [...lines, escapeName(victim.cmdline)];
}

function othersLine({ victims, victimCount }: NonNullable<Incident["selection"]>): string[] {
  const [, ...others] = victims;
  if (others.length === 0) {
    return [];
  }
  const hidden = victimCount - victims.length;
  const names = others.map(nameOf).join(", ");
  return [`with it: ${names}${hidden > 0 ? `, and ${hidden} more` : ""}`];
}

function tookLine({ attribution }: Incident, who: Named): string[] {
  const taker = attribution?.takers.find(({ pid }) => pid === who.pid);
  if (attribution === null || taker === undefined || attribution.lostKib <= 0) {
    return [];
  }
  const { lostKib, sinceMs } = attribution;
  const share = Math.min(100, (100 * taker.tookKib) / lostKib);
  const when = `in the ${spanText(sinceMs)} before (${Math.round(share)} %).`;
  return [`It took ${ofLoss(taker.tookKib, lostKib)} ${when}`];
}

/** What a forked copy is only blamed for. */
function copiesLine({ attribution }: Incident, { tookKib }: VictimRecord): string[] {
  if (attribution?.copies === undefined) {
    return [];
  }
  const { allKib, blamedKib, ppid } = attribution.copies;
  const part = tookKib - blamedKib < MIB_KIB ? "" : `${sizeText(blamedKib)} of it `;
  const all = allKib - tookKib < MIB_KIB ? "" : `, whose copies took ${sizeText(allKib)} in all`;
  return [`Most likely ${part}as copies of what it shares with its parent, ${ppid}${all}.`];
}

/** How much of a loss somebody took; more than all where others gave back meanwhile. */
function ofLoss(tookKib: number, lostKib: number): string {
  const backKib = tookKib - lostKib;
  const lost = `${sizeText(lostKib)} that were lost`;
  return backKib < MIB_KIB
    ? `${sizeText(Math.min(tookKib, lostKib))} of the ${lost}`
    : `${sizeText(tookKib)}, others gave back ${sizeText(backKib)}: all of the ${lost}`;
}

const MIB_KIB = 1024;

/** What ties a group together: its id is a number, of a process or a user, and mostly a name. */
const TIES: Readonly<Record<Group["tie"], (number: string, name: string) => string>> = {
  parent: (number, name) => `named ${name}, of parent ${number},`,
  "process-group": (number, name) => `named ${name}, of process group ${number},`,
  session: (number, name) => `named ${name}, of session ${number},`,
  kind: (number, name) => `of user ${number} and of one program, ${name},`,
  cgroup: (number, name) => `of user ${number} and of cgroup ${name}`,
  user: (number) => `of user ${number}`,
};

function tieText({ id, tie }: Group): string {
  const [number = "", ...words] = escapeName(id).split(" ");
  return TIES[tie](number, words.join(" "));
}

function groupLine({ attribution, selection }: Incident): string[] {
  const group = selection?.group ?? null;
  if (group === null) {
    return [];
  }
  const { count, isStorm, tookKib } = group;
  const how = isStorm ? "are started without end and took" : "took together";
  const took = attribution === null ? sizeText(tookKib) : ofLoss(tookKib, attribution.lostKib);
  const who = `${countText(count, "process", "processes")} ${tieText(group)}`;
  return [`It is one of ${who} that ${how} ${took}.`];
}

function whyThisOne(incident: Incident, victim: VictimRecord): string[] {
  const { candidateCount, processCount } = incident.selection ?? {};
  const among =
    (candidateCount ?? 0) > 1
      ? `, the highest of ${candidateCount} candidates among ${processCount} processes`
      : "";
  return [
    ...tookLine(incident, victim),
    ...copiesLine(incident, victim),
    ...groupLine(incident),
    `Its score was ${scoreText(victim)}${among}.`,
  ];
}

function whyNotNext(incident: Incident, next: CandidateRecord): string[] {
  const victim = incident.selection?.victims[0];
  const isTied = Math.round(victim?.score ?? -1) === Math.round(next.score);
  const isSmaller = isTied && next.sizeKib < (victim?.sizeKib ?? 0);
  const smaller = isSmaller ? `, and it held less, ${sizeText(next.sizeKib)}` : "";
  return [
    ...tookLine(incident, next),
    `Its score was ${scoreText(next)}${smaller}: it would have been next.`,
  ];
}

function howLong({ kind, outcome }: Incident): string[] {
  if (outcome === null || kind === "dry-run") {
    return [];
  }
  const { ending, goneMs, reliefMs, signal } = outcome;
  const relief =
    reliefMs >= 0
      ? `Memory was back after ${spanText(reliefMs)}.`
      : "When memory was back was not seen.";
  return ending === "gone"
    ? [`Gone ${spanText(goneMs)} after the first signal; the last one was ${signal}. ${relief}`]
    : [`After ${spanText(goneMs)}: it ${endingText(outcome)}.`];
}

/** How long tasks waited for memory in the last seconds before the kill. */
function stallLine({ looks }: Incident, beforeMs: number): string[] {
  const within = looks.atMs.flatMap((ms, i) => (ms >= -beforeMs && ms <= 0 ? [i] : []));
  const [first, last] = [within[0], within.at(-1)];
  if (first === undefined || last === undefined || first === last) {
    return [];
  }
  // A count of 32 bits that may have begun again from 0.
  const ms = ((looks.someMs[last] ?? 0) - (looks.someMs[first] ?? 0)) >>> 0;
  const spanMs = (looks.atMs[last] ?? 0) - (looks.atMs[first] ?? 0);
  if (spanMs < STALL_SHORTEST_MS) {
    return [];
  }
  return ms === 0
    ? [`In the ${spanText(spanMs)} before, no task waited for memory.`]
    : [`In the ${spanText(spanMs)} before, tasks waited for memory for ${spanText(ms)}.`];
}

const STALL_BEFORE_MS = 10_000;
/** Of less nobody would draw a conclusion. */
const STALL_SHORTEST_MS = 500;

/** Whether somebody was killed for it, or was to be. */
function isPaid({ kind, outcome }: Incident): boolean {
  return outcome !== null && kind !== "dry-run";
}

function whatItCost(incident: Incident): string[] {
  const { outcome, selection } = incident;
  if (outcome === null || !isPaid(incident)) {
    return stallLine(incident, STALL_BEFORE_MS);
  }
  const count = Math.max(outcome.signalled, selection?.victimCount ?? 0);
  return [
    `${countText(count, "process gave", "processes gave")} ${sizeText(outcome.freedKib)} of ` +
      `memory and swap back; ${percent(outcome.availablePercent)} of memory was available then.`,
    ...stallLine(incident, STALL_BEFORE_MS),
  ];
}

function kernelLines(victims: readonly KernelVictim[], { userOf }: Teller): string[] {
  if (victims.length === 0) {
    return ["The kernel's log could not be read: journalctl -k -g 'Killed process' has the names."];
  }
  return victims.map((victim) => {
    const where = victim.cgroup === "" ? "" : `, at the limit of ${escapeName(victim.cgroup)}`;
    const user = victim.uid >= 0 ? `, user ${escapeName(userOf(victim.uid))}` : "";
    return `${nameOf(victim)}${user}, ${sizeText(victim.rssKib)} in memory${where}`;
  });
}

/** The whole story of one incident, in plain sentences; pure. */
export function storyOf(incident: Incident, teller: Teller): Story {
  const { kernel, kind, selection } = incident;
  const victim = selection?.victims[0];
  const next = selection?.next ?? null;
  const isKernel = kind === "kernel";
  const sections: Section[] = [
    ...(isKernel ? [{ title: "Who", lines: kernelLines(kernel?.victims ?? [], teller) }] : []),
    ...(victim === undefined || selection === null
      ? []
      : [{ title: "Who", lines: [...whoLines(victim, teller), ...othersLine(selection)] }]),
    { title: "Why then", lines: verdictLines(incident) },
    ...(victim === undefined
      ? []
      : [{ title: `Why ${nameOf(victim)}`, lines: whyThisOne(incident, victim) }]),
    ...(next === null || isKernel || victim === undefined
      ? []
      : [{ title: `Why not ${nameOf(next)}`, lines: whyNotNext(incident, next) }]),
    { title: "Who would be killed first", lines: kind === "asked" ? rankLines(incident) : [] },
    { title: "Spared", lines: sparedLines(incident) },
    { title: "How long it took", lines: howLong(incident) },
    { title: isPaid(incident) ? "What it cost" : "Stalls", lines: whatItCost(incident) },
    { title: "To get another result", lines: adviceOf(incident) },
  ];
  return {
    headline: headlineOf(incident, teller),
    sections: sections.filter(({ lines }) => lines.length > 0),
  };
}
