import { closeSync, openSync, readSync, statSync } from "node:fs";
import { readArguments } from "../cli/arguments.ts";
import { parseCommandLine } from "../cli/options.ts";
import type { Options } from "../model/options.ts";
import { listAll } from "../readings/list.ts";
import { linux } from "../sys/linux.ts";
import { isHalted } from "./is-bustd.ts";
import { readSurroundings } from "./surroundings.ts";

/** A daemon of ours that runs. */
export interface Running {
  readonly pid: number;
  /** When it started, milliseconds since 1970; 0 where that cannot be told. */
  readonly sinceMs: number;
  /** What it was started with. */
  readonly args: readonly string[];
  /** What these arguments, and the files as they are now, ask for; null: these are wrong by now. */
  readonly options: Options | null;
  /** Whether files that it reads are wrong by now, as far as who asks can tell: its own user. */
  readonly isBroken: boolean;
  /** Whether that is a dry run. */
  readonly dryRun: boolean;
  /** Whether a signal has stopped it. */
  readonly isHalted: boolean;
}

/** What anybody may have made as large as he likes is read up to here. */
const MOST_BYTES = 16 * 1024;
/** In `/proc/stat`, `btime` stands behind a line for each processor and all interrupts. */
const LARGE_BYTES = 1024 * 1024;
const MS_PER_TICK = 10;
/** Users who log in have these numbers, and so has nobody; login.defs(5), systemd's UIDS-GIDS. */
const PEOPLE = { from: 1000, to: 61_183 };
const NOBODY = 65_534;

/** The beginning of a file, or "" where it cannot be read. */
export function beginningOf(path: string, mostBytes = MOST_BYTES): string {
  let fd = -1;
  try {
    fd = openSync(path, "r");
    const buffer = Buffer.alloc(mostBytes);
    return buffer.toString("utf8", 0, readSync(fd, buffer));
  } catch {
    return "";
  } finally {
    if (fd >= 0) {
      closeSync(fd);
    }
  }
}

/** All processes but this one: what is known without asking for their own memory. */
export function others(): readonly { readonly pid: number; readonly comm: string }[] {
  const count = Math.max(0, listAll(linux));
  return [...linux.pids.subarray(0, count)]
    .filter((pid) => pid !== process.pid)
    .map((pid) => ({ pid, comm: beginningOf(`/proc/${pid}/comm`).trimEnd() }));
}

/**
 * The words of a process's command line. Strangers' are not asked for: they can make reading it
 * take for ever, and no daemon runs as one of them.
 */
export function wordsOf(pid: number): readonly string[] {
  try {
    const { uid } = statSync(`/proc/${pid}`);
    const isStranger = (uid >= PEOPLE.from && uid <= PEOPLE.to) || uid === NOBODY;
    if (isStranger && uid !== process.geteuid?.()) {
      return [];
    }
  } catch {
    return [];
  }
  return beginningOf(`/proc/${pid}/cmdline`).replace(/\0$/, "").split("\0");
}

/** The daemons of ours among these processes, but not our commands. */
export async function runningDaemons(processes: ReturnType<typeof others>): Promise<Running[]> {
  const found = await Promise.all(
    processes.filter(({ comm }) => comm === "bustd").map(({ pid }) => runningAs(pid)),
  );
  return found.filter((running) => running !== null);
}

/** The daemon whose settings are in force: one that kills, or else one that would. */
export function inForce(daemons: readonly Running[]): Running | null {
  return daemons.find(({ dryRun }) => !dryRun) ?? daemons[0] ?? null;
}

async function runningAs(pid: number): Promise<Running | null> {
  const [program, ...args] = wordsOf(pid);
  const { command, flags } = readArguments(args);
  const isAnswer = [...flags.keys()].some(({ name }) => name === "help" || name === "version");
  if (program === undefined || program === "" || command !== null || isAnswer) {
    return null;
  }
  const commandLine = await parseCommandLine(args, readSurroundings());
  const options = commandLine.kind === "daemon" ? commandLine.options : null;
  return {
    pid,
    sinceMs: startedMs(pid),
    args,
    options,
    isBroken: commandLine.kind === "problems" && isOwn(pid),
    dryRun: options?.dryRun === true,
    isHalted: isHalted(pid),
  };
}

/** Whether a process is of the user who asks: others read other files, and by other rights. */
export function isOwn(pid: number): boolean {
  try {
    return statSync(`/proc/${pid}`).uid === process.geteuid?.();
  } catch {
    return false;
  }
}

/** `starttime` of proc_pid_stat(5) after `btime` of proc_stat(5). */
function startedMs(pid: number): number {
  const stat = beginningOf(`/proc/${pid}/stat`);
  const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0);
  const bootS = Number(/^btime (\d+)$/m.exec(beginningOf("/proc/stat", LARGE_BYTES))?.[1] ?? 0);
  return bootS > 0 && ticks > 0 ? bootS * 1000 + ticks * MS_PER_TICK : 0;
}
