import { readFileSync } from "node:fs";
import { ExitCode } from "../model/exit-codes.ts";
import type { Options } from "../model/options.ts";
import type { Process } from "../model/process.ts";
import { emptyReading } from "../model/reading.ts";
import type { Candidate, Points, Spared } from "../model/selection.ts";
import { needsOf } from "../policy/matching.ts";
import { NOT_STRUCK } from "../policy/ranking.ts";
import { rank } from "../policy/victim.ts";
import { exeOf, scan, type Snapshot } from "../readings/processes.ts";
import { NO_LOSS } from "../model/selection.ts";
import { unitOf } from "../model/cgroup.ts";
import { isAtLeast } from "../readings/kernel-version.ts";
import { scores } from "../readings/scores.ts";
import { escapedJson, escapeName } from "../report/escape.ts";
import { linux } from "../sys/linux.ts";

/** Rows of the table for people; JSON has them all. */
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
}

/** `victims`: who would die now, in order, and who would not and why. */
export function runVictims(options: Options, { json }: { readonly json: boolean }): number {
  const reading = emptyReading();
  linux.readMemoryTotals(reading);
  const totalKib = reading.totalKib + reading.swapTotalKib;
  const isOldScale = !isAtLeast(linux.systemName().release, 5, 9);
  const snapshot = scan(linux, {
    needs: needsOf(options),
    depth: "all",
    base: null,
    recent: null,
    lostKib: 0,
    isOldScale,
    goOn: () => true,
  });
  const { candidates, spared } = rank(snapshot.processes, {
    options,
    ownPid: linux.ownPid(),
    ownExe: exeOf(linux, linux.ownPid()) ?? "",
    takenMs: snapshot.takenMs,
    totalKib,
    loss: NO_LOSS,
    isHard: false,
    processCount: snapshot.processCount,
    refused: new Set(),
    dying: new Set(),
    struck: NOT_STRUCK,
    isOldScale,
    isInVain: false,
  });
  const users = userNames();
  const shown = json ? candidates : candidates.slice(0, ROWS);
  const rows = shown.map((candidate) => rowOf(candidate.process, users, candidate));
  const hidden = hiddenProcesses();
  const unread = unreadCount(snapshot);
  if (json) {
    const others = spared.map((item) => ({
      ...rowOf(item.process, users, null),
      because: item.because,
      origin: item.origin,
    }));
    const answer = { victims: rows, spared: others, hidden, unread };
    process.stdout.write(`${escapedJson(answer)}\n`);
    return ExitCode.ok;
  }
  const isTerminal = process.stdout.isTTY === true;
  const lines = [
    header(isTerminal),
    ...rows.flatMap((row) => linesOf(row, isTerminal)),
    ...(candidates.length > ROWS ? [`and ${candidates.length - ROWS} more`] : []),
    "",
    ...sparedLines(spared),
    ...(hidden ? [HIDDEN] : []),
    ...(unread > 0 ? [unreadLine(unread)] : []),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return ExitCode.ok;
}

const HIDDEN =
  "Other users' processes cannot be seen: /proc is mounted with hidepid. Run this as root.";

function unreadLine(count: number): string {
  // Root may lack CAP_SYS_PTRACE, as in a container, and then has nobody to become.
  const remedy = linux.ownUid() === 0 ? "This takes CAP_SYS_PTRACE." : "Run this as root.";
  return `Left out, as a rule asks what cannot be read: ${count}. ${remedy}`;
}

/** With hidepid, a process without rights does not even see init; proc(5). */
function hiddenProcesses(): boolean {
  return linux.readProcessFile(1, "stat") < 0;
}

/** Processes left out because something that a rule asks about cannot be read. */
function unreadCount({ processCount, processes }: Snapshot): number {
  const seen = new Set(processes.map(({ pid }) => pid));
  const isUnread = (pid: number, index: number) =>
    (scores[index] ?? 0) !== 0 && !seen.has(pid) && linux.readProcessFile(pid, "stat") > 0;
  return linux.pids.slice(0, processCount).filter(isUnread).length;
}

function rowOf(
  process: Process,
  users: ReadonlyMap<number, string>,
  candidate: Candidate | null,
): Row {
  return {
    pid: process.pid,
    name: process.comm,
    user: users.get(process.uid) ?? String(process.uid),
    unit: unitOf(process.cgroup),
    rssKib: process.rssKib,
    swapKib: process.swapKib,
    oomScore: process.oomScore,
    oomScoreAdj: process.oomScoreAdj,
    score: Math.round(candidate?.score ?? 0),
    points: candidate?.points ?? [],
  };
}

/** Names of local users; passwd(5). Others are shown as numbers. */
function userNames(): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  try {
    for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
      const [name = "", , uid = ""] = line.split(":");
      if (/^\d+$/.test(uid)) {
        names.set(Number(uid), name);
      }
    }
  } catch {
    // Numbers will do.
  }
  return names;
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

function sparedLines(spared: readonly Spared[]): string[] {
  const largest = spared.toSorted((a, b) => b.process.oomScore - a.process.oomScore);
  return largest.slice(0, ROWS).map(({ because, origin, process }) => {
    const reason =
      origin === "" ? REASONS[because] : `${REASONS[because]} by ${escapeName(origin)}`;
    return `spared: ${escapeName(process.comm)} (pid ${process.pid}): ${reason}`.slice(0, 80);
  });
}
