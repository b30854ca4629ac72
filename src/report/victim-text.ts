import { unitOf } from "../model/cgroup.ts";
import type { Outcome } from "../model/event.ts";
import type { Candidate, Group, Loss, Selection } from "../model/selection.ts";
import { errnoSentence } from "../model/errno.ts";
import type { Process } from "../model/process.ts";
import { LEAST_PACE, TAKER_SHARE } from "../model/limits.ts";
import { escapeName } from "./escape.ts";
import { mib, percent, seconds } from "./units.ts";

const GROUP_TIES: Readonly<Record<Group["tie"], string>> = {
  parent: "of one parent",
  "process-group": "of one process group",
  session: "of one session",
  kind: "of one user and name",
  cgroup: "of one cgroup",
  user: "of one user",
};

/** Victims that are told one by one, with names once one differs; of more, how many. */
const NAMED = 8;

/**
 * The program that it runs: its executable; where that cannot be seen, the first word of its
 * command line, if a rule asked for that: reading it can wait for pages on a disk.
 */
function programOf({ cmdline, exe }: Process): string {
  if (exe !== "") {
    return exe;
  }
  const end = cmdline.indexOf(" ");
  return end < 0 ? cmdline : cmdline.slice(0, end);
}

/** A process with the numbers it was chosen by. */
function candidateText({ points, process, score }: Candidate): string {
  let sum = "";
  for (const item of points) {
    const before = sum === "" ? `, score ${Math.round(score)}: ` : ", ";
    sum += `${before}${escapeName(item.origin)} ${item.points > 0 ? "+" : ""}${item.points}`;
  }
  const { cgroup, comm, oomScore, oomScoreAdj, pid, rssKib, swapKib, tablesKib, uid } = process;
  // Else they are next to nothing, and always there.
  const tables = tablesKib * 4 > rssKib + swapKib ? `, page tables ${mib(tablesKib)}` : "";
  const its = oomScoreAdj === 0 ? "its size" : "its size and oom_score_adj";
  sum = sum === "" ? `, score ${Math.round(score)}: ${its}` : sum;
  const unit = unitOf(cgroup);
  let origin = "";
  for (const text of [programOf(process), unit]) {
    origin += text === "" ? "" : `, ${escapeName(text)}`;
  }
  return (
    `${escapeName(comm)} (pid ${pid}, user ${uid}${origin}, ` +
    `RSS ${mib(rssKib)}, swap ${mib(swapKib)}${tables}, oom_score ${oomScore}, ` +
    `oom_score_adj ${oomScoreAdj}${sum})`
  );
}

/** Who is killed: one, or some of a group. */
export function victimsText({ group, next, victims }: Selection): string {
  const [first] = victims;
  if (first === undefined) {
    return "nobody";
  }
  let pids = "";
  let isNamesake = true;
  for (let i = 1; i < victims.length && i < NAMED; i++) {
    const { comm, pid } = (victims[i] ?? first).process;
    isNamesake = isNamesake && comm === first.process.comm;
    const name = isNamesake ? (i === 1 ? "pid " : "") : `${escapeName(comm)} pid `;
    pids += `${i === 1 ? "" : ", "}${name}${pid}`;
  }
  const count = victims.length - 1;
  const others = count > 0 ? ` and ${count} more (${pids}${count >= NAMED ? ", …" : ""})` : "";
  if (group === null) {
    return candidateText(first) + others;
  }
  const { isStorm, tie } = group;
  const what = isStorm
    ? "which are started without end"
    : count > 0
      ? "as many as are needed"
      : (next?.score ?? 0) > first.score
        ? "one after the other, the newest of the large ones first"
        : "one after the other";
  const whose = `of ${group.count} processes ${GROUP_TIES[tie]}`;
  return `${candidateText(first)}${others}, ${whose}, ${what}`;
}

/** What all copies of the victim's parent took, where that is why one of them is killed. */
function copiesText({ loss, taker, victims }: Selection): string {
  const allKib = (taker?.share ?? 0) * loss.sharedOfKib;
  const isMore = allKib - (victims[0]?.tookKib ?? 0) >= 1024;
  return isMore ? `, whose copies took ${mib(allKib)} in all` : "";
}

/** How much of what was lost who is killed took; with his group, where he is one of it. */
function tookText({ lostKib }: Loss, selection: Selection, isApart: boolean): string {
  const { blamedKib, group, victims } = selection;
  const [first] = victims;
  if (first === undefined) {
    return "";
  }
  const { ppid } = first.process;
  const who = group !== null ? "they" : isApart ? escapeName(first.process.comm) : "it";
  const { tookKib } = group ?? first;
  const backKib = tookKib - lostKib;
  if (group === null && backKib >= 1024) {
    return `; ${who} took ${mib(tookKib)}, others gave back ${mib(backKib)}`;
  }
  const took = tookKib > 0 ? mib(Math.min(tookKib, lostKib)) : "nothing";
  const part = tookKib - blamedKib < 1024 ? "" : `${mib(blamedKib)} of it `;
  const what = `as copies of what it shares with its parent (pid ${ppid})${copiesText(selection)}`;
  const how = blamedKib > 0 ? `, most likely ${part}${what}` : "";
  return `${isApart ? ";" : ", of which"} ${who} took ${took}${how}`;
}

/** What was lost, since when, how much of it is nobody's, and who took it. */
export function lossText(loss: Loss, selection: Selection): string {
  if (loss.lostKib <= 0) {
    return "";
  }
  let unowned = "";
  for (const [name, kib] of [
    ["shared memory and tmpfs", loss.shmemKib + loss.swappedShmemKib],
    ["the kernel", loss.slabKib],
    ["huge pages", loss.hugetlbKib],
  ] as const) {
    // What is less than a tenth explains nothing.
    unowned +=
      kib * 10 > loss.lostKib ? `, ${mib(Math.min(kib, loss.lostKib))} of it to ${name}` : "";
  }
  // Small ones are not asked what they took as long as others took half.
  const { unknownKib } = selection;
  unowned += unknownKib * 2 > loss.lostKib ? `, ${mib(unknownKib)} of it to no known process` : "";
  const lost = `${mib(loss.lostKib)} were lost in ${seconds(loss.sinceMs)}`;
  return `; ${lost}${unowned}${tookText(loss, selection, unowned !== "")}`;
}

/** Who would be killed next, with the name escaped. */
export function nextText(next: Candidate | null): string {
  return next === null
    ? "nobody would be next"
    : `next would be ${escapeName(next.process.comm)} (pid ${next.process.pid}, ` +
        `score ${Math.round(next.score)})`;
}

/** Why who would be killed, or the group that it is of, is not at fault. */
export function blamelessText({ group, taker, victims }: Selection): string {
  const [first] = victims;
  if (first === undefined || taker === null) {
    return "no process is at fault";
  }
  const { comm, pid } = first.process;
  const { confinedShare, faultShare, pace, share } = taker;
  const who =
    group === null
      ? `${escapeName(comm)} (pid ${pid})`
      : `${group.count} processes ${GROUP_TIES[group.tie]}, e.g. ${escapeName(comm)} (pid ${pid})`;
  const stopped = pace < LEAST_PACE ? " and takes no more" : "";
  const confined =
    confinedShare >= TAKER_SHARE
      ? `; ${percent(100 * confinedShare)} of them are of processes at the limits of their cgroups`
      : "";
  return (
    `first would be ${who}: took ${percent(100 * share)} of what was lost${stopped}, ` +
    `and had ${percent(100 * faultShare)} of the major faults${confined}`
  );
}

/** Who could be killed, but is not worth it: one, or all of them together. */
export function tooSmallText({ candidates, next }: Selection): string {
  const [only] = candidates;
  const one = next ?? (candidates.length === 1 ? only : null);
  if (one) {
    const { comm, pid, sizeKib } = one.process;
    return `; ${escapeName(comm)} (pid ${pid}) could be, but holds only ${mib(sizeKib)}`;
  }
  let sumKib = 0;
  for (const { process } of candidates) {
    sumKib += process.sizeKib;
  }
  return candidates.length === 0
    ? ""
    : `; ${candidates.length} could be, but hold only ${mib(sumKib)} together`;
}

/** How a kill ended. */
export function outcomeText(selection: Selection, outcome: Outcome, available: number): string {
  const first = selection.victims[0]?.process;
  const name = first === undefined ? "" : `${escapeName(first.comm)} (pid ${first.pid})`;
  const more = outcome.signalled > 1 ? ` and ${outcome.signalled - 1} more` : "";
  const whole = outcome.group > 0 ? `, and all else of process group ${outcome.group},` : "";
  const who = `${name}${more}${whole}`;
  const by = outcome.sigkill ? "SIGKILL" : "SIGTERM";
  const now = `MemAvailable is ${percent(available)} now`;
  switch (outcome.ending) {
    case "gone":
      return `killed ${who} by ${by}: gone after ${seconds(outcome.tookMs)}; ${now}`;
    case "gone-before":
      return `${name} was gone before it was signalled; nobody was killed; ${now}`;
    case "refused":
      return `${name} cannot be killed, ${errnoSentence(outcome.errno)}; the next one is taken`;
    case "stuck":
      return (
        `${who} got ${by} and is still there after ${seconds(outcome.tookMs)}, ` +
        "stuck in the kernel; " +
        "the next one is taken"
      );
    case "interrupted":
      return `${who} was not gone yet when bustd was told to stop`;
  }
}
