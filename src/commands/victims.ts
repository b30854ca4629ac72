import { isComfortable } from "../model/asked.ts";
import { ExitCode } from "../model/exit-codes.ts";
import type { Options } from "../model/options.ts";
import type { Process } from "../model/process.ts";
import type { Candidate, Points, Spared } from "../model/selection.ts";
import { scarcity } from "../policy/levels.ts";
import { smallestKib } from "../policy/victim.ts";
import { scores } from "../readings/scores.ts";
import { unitOf } from "../model/cgroup.ts";
import { escapedJson, escapeName } from "../report/escape.ts";
import { sizeText } from "../report/units.ts";
import { linux } from "../sys/linux.ts";
import { type Crowd, crowdOf, readMemory } from "./machine-now.ts";
import { print } from "./output.ts";
import { inForce, others, type Running, runningDaemons } from "./running.ts";
import { readUserNames } from "./users.ts";

/** Rows of the table for people without `--all`; JSON has them all. */
const ROWS = 20;

/** One line of the table. */
interface Row {
  readonly pid: number;
  readonly name: string;
  readonly user: string;
  readonly unit: string;
  readonly rssKib: number;
  readonly swapKib: number;
  readonly oomScore: number;
  readonly oomScoreAdj: number;
  readonly score: number;
  readonly points: readonly Points[];
  /** It would be killed only where no larger one can be. */
  readonly tooSmall: boolean;
}

/** What `victims` is asked. */
interface Asked {
  readonly json: boolean;
  readonly all: boolean;
  readonly options: Options;
  /** The settings of a daemon that runs are meant, if one does. */
  readonly isBare: boolean;
}

/** `victims`: which processes would be killed now, in order, and which would not and why. */
export async function runVictims({ all, isBare, json, options }: Asked): Promise<number> {
  const daemons = await runningDaemons(others());
  const daemon = isBare ? inForce(daemons) : null;
  if (daemon?.options === null) {
    process.stderr.write(`bustd: warning: ${STALE}\n`);
  }
  const memory = readMemory();
  const totalKib = memory.machineKib;
  const inUse = daemon?.options ?? options;
  const isShort = !isComfortable(memory, { memPercent: scarcity(inUse, memory).softPercent });
  const crowd = withoutDaemons(crowdOf(linux, inUse, totalKib), daemons);
  const { candidates, spared, worthwhile } = crowd;
  const userOf = readUserNames();
  const most = all || json ? Infinity : ROWS;
  const rows = candidates
    .slice(0, most)
    .map((candidate, i) => rowOf(candidate.process, userOf, candidate, i >= worthwhile));
  const hidden = hiddenProcesses();
  const unread = unreadCount(crowd);
  if (json) {
    const ofDaemon = daemon === null ? null : { pid: daemon.pid, args: daemon.args };
    const sparedRows = spared.map((item) => ({
      ...rowOf(item.process, userOf, null, false),
      because: item.because,
      origin: item.origin,
    }));
    const unknown = crowd.unknown;
    const answer = { victims: rows, spared: sparedRows, hidden, unread, unknown, daemon: ofDaemon };
    print(`${escapedJson(answer)}\n`);
    return ExitCode.ok;
  }
  const more = candidates.length - rows.length;
  const lines = [
    ...tableLines(rows, totalKib, process.stdout.isTTY === true),
    ...(more > 0 ? [`and ${more} more, which --all shows`] : []),
    "",
    ...sparedLines(spared, most),
    ...(daemon === null ? [] : [`With the settings of the bustd that runs (pid ${daemon.pid}).`]),
    ...notesOn({
      hidden,
      unread,
      unknown: crowd.unknown,
      isRoot: linux.ownUid() === 0,
      askedPid: isShort && daemon !== null ? daemon.pid : 0,
    }),
  ];
  print(`${lines.join("\n")}\n`);
  return ExitCode.ok;
}

const STALE =
  "the configuration of the bustd that runs is broken by now; shown is what holds without it";

/** No daemon kills itself, also where nobody but root may see what it is. */
function withoutDaemons(crowd: Crowd, daemons: readonly Running[]): Crowd {
  const isDaemon = ({ process }: Candidate) => daemons.some(({ pid }) => pid === process.pid);
  const found = crowd.candidates.filter(isDaemon);
  const before = crowd.candidates.slice(0, crowd.worthwhile).filter(isDaemon).length;
  return {
    ...crowd,
    candidates: crowd.candidates.filter((candidate) => !isDaemon(candidate)),
    spared: [
      ...crowd.spared,
      ...found.map((candidate) => ({
        process: candidate.process,
        because: "itself" as const,
        origin: "",
      })),
    ],
    worthwhile: crowd.worthwhile - before,
  };
}

const HIDDEN =
  "Other users' processes cannot be seen: /proc is mounted with hidepid. Run this as root.";

const UNKNOWN =
  "Rules on cmdline do not apply to those whose command lines could not be read in time:";

const SHORT =
  "What each took since memory was comfortable counts as well; only the daemon knows. To ask it:";

interface Unseen {
  readonly hidden: boolean;
  readonly unread: number;
  readonly unknown: number;
  readonly isRoot: boolean;
  /** Who knows what each of them took since memory was comfortable; 0: nobody, or it still is. */
  readonly askedPid: number;
}

/** What could not be seen, and what to do about it; the list's foot. */
export function notesOn({ askedPid, hidden, isRoot, unknown, unread }: Unseen): string[] {
  // Root may lack CAP_SYS_PTRACE, as in a container, and then has nobody to become.
  const remedy = isRoot ? "This takes CAP_SYS_PTRACE." : "Run this as root.";
  return [
    hidden ? HIDDEN : "",
    unread > 0 ? `Left out, as a rule asks what cannot be read: ${unread}. ${remedy}` : "",
    unknown > 0 ? `${UNKNOWN} ${unknown}.` : "",
    askedPid > 0 ? `${SHORT} kill -USR1 ${askedPid}; sleep 1; bustd explain` : "",
  ].filter(Boolean);
}

/** With hidepid, a process without rights does not even see init; proc(5). */
function hiddenProcesses(): boolean {
  return linux.readProcessFile(1, "stat") < 0;
}

/** Processes left out because something that a rule asks about cannot be read. */
function unreadCount({ processCount, processes }: Crowd): number {
  const seen = new Set(processes.map(({ pid }) => pid));
  const isUnread = (pid: number, index: number) =>
    (scores[index] ?? 0) !== 0 && !seen.has(pid) && linux.readProcessFile(pid, "stat") > 0;
  return linux.pids.slice(0, processCount).filter(isUnread).length;
}

function rowOf(
  process: Process,
  userOf: (uid: number) => string,
  candidate: Candidate | null,
  tooSmall: boolean,
): Row {
  return {
    pid: process.pid,
    name: process.comm,
    user: userOf(process.uid),
    unit: unitOf(process.cgroup),
    rssKib: process.rssKib,
    swapKib: process.swapKib,
    oomScore: process.oomScore,
    oomScoreAdj: process.oomScoreAdj,
    score: Math.round(candidate?.score ?? 0),
    points: candidate?.points ?? [],
    tooSmall,
  };
}

function size(kib: number): string {
  return kib >= 1024 * 1024 ? `${(kib / 1024 / 1024).toFixed(1)}G` : `${Math.round(kib / 1024)}M`;
}

/** A name that fits its column, without anything that could move the cursor. */
function cell(text: string, width: number): string {
  const safe = escapeName(text);
  return safe.length > width ? `${safe.slice(0, width - 1)}…` : safe.padEnd(width);
}

function columns(
  values: readonly [string, string, string, string, string, string, string, string],
) {
  const [pid, name, user, rss, swap, score, adj, unit] = values;
  return [
    pid.padStart(7),
    cell(name, 15),
    cell(user, 8),
    rss.padStart(6),
    swap.padStart(6),
    score.padStart(5),
    adj.padStart(5),
    cell(unit, 20).trimEnd(),
  ]
    .join(" ")
    .trimEnd();
}

/** The table; a line of text parts those that are too small from the others. */
function tableLines(rows: readonly Row[], totalKib: number, isTerminal: boolean): string[] {
  const least = sizeText(smallestKib(totalKib));
  const parting = `too small (less than ${least}), killed only where no larger one can be:`;
  const at = rows.findIndex(({ tooSmall }) => tooSmall);
  return [
    header(isTerminal),
    ...rows.flatMap((row, i) => [...(i === at ? [parting] : []), ...linesOf(row, isTerminal)]),
  ];
}

function header(isTerminal: boolean): string {
  const text = columns(["PID", "NAME", "USER", "RSS", "SWAP", "SCORE", "ADJ", "UNIT"]);
  return isTerminal ? `\x1b[1m${text}\x1b[0m` : text;
}

function linesOf(row: Row, isTerminal: boolean): string[] {
  const line = columns([
    String(row.pid),
    row.name,
    row.user,
    size(row.rssKib),
    size(row.swapKib),
    String(row.score),
    String(row.oomScoreAdj),
    row.unit,
  ]);
  const points = row.points.map(
    (item) => `        ${item.points > 0 ? "+" : ""}${item.points} ${escapeName(item.origin)}`,
  );
  return [line, ...(isTerminal ? points.map((text) => `\x1b[2m${text}\x1b[0m`) : points)];
}

const REASONS: Readonly<Record<Spared["because"], string>> = {
  init: "init is never killed",
  "kernel-thread": "a thread of the kernel",
  itself: "bustd itself",
  "oom-score-adj-minus-1000": "its oom_score_adj is -1000",
  exiting: "it exits already",
  root: "root's processes are left alone (--ignore-root-user)",
  protected: "protected",
  "managed-oom-omit": "ManagedOOMPreference=omit",
  "refused-before": "it could not be killed a while ago",
  dying: "it is dying already",
};

function sparedLines(spared: readonly Spared[], most: number): string[] {
  const largest = spared.toSorted((a, b) => b.process.oomScore - a.process.oomScore);
  const lines = largest.slice(0, most).map(({ because, origin, process }) => {
    const reason =
      origin === "" ? REASONS[because] : `${REASONS[because]} by ${escapeName(origin)}`;
    return `spared: ${escapeName(process.comm)} (pid ${process.pid}): ${reason}`.slice(0, 80);
  });
  const more = spared.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more, which --all shows`] : lines;
}
