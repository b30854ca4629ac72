import { Errno } from "../model/errno.ts";
import type { Process } from "../model/process.ts";
import type { Sys } from "../sys/sys.ts";
import { afterKey, decode, key, lineEnd, wholeNumber } from "./text.ts";

const ROOT = "/sys/fs/cgroup";
const UNIFIED = key("0::");
const ONE = 49;

/**
 * The path of a process in the unified hierarchy, cgroups(7): the line `0::PATH`; "" where there is
 * none, and null when it cannot be known now.
 */
export function cgroupOf(sys: Sys, pid: number): string | null {
  const length = sys.readProcessFile(pid, "cgroup");
  if (length < 0 && length !== -Errno.ENOENT) {
    return null;
  }
  const from = afterKey(sys.text, length, UNIFIED);
  return from < 0 ? "" : decode(sys.text, lineEnd(sys.text, length, from), from);
}

/** The directory of a cgroup path. */
export function cgroupDirectory(path: string): string {
  return `${ROOT}${path}`;
}

/**
 * Whether a cgroup holds nobody but these processes, and no cgroup below it does either, so that
 * `cgroup.kill` ends nobody else; Documentation/admin-guide/cgroup-v2.rst. False when in doubt.
 */
export function holdsOnly(sys: Sys, path: string, processes: readonly Process[]): boolean {
  if (path === "" || path === "/") {
    return false;
  }
  const directory = cgroupDirectory(path);
  const stat = decode(sys.text, sys.readFile(`${directory}/cgroup.stat`));
  const length = sys.readFile(`${directory}/cgroup.procs`);
  const isCut = length <= 0 || length === sys.text.length;
  const pids = new Set(processes.map(({ pid }) => pid));
  const members = decode(sys.text, length).trimEnd().split("\n");
  return (
    stat.startsWith("nr_descendants 0\n") &&
    !isCut &&
    members.every((member) => pids.has(Number(member)))
  );
}

/** What a cgroup may have of its own limit before its reclaim is its own affair. */
const FULL_SHARE = 0.9;
/** A limit that is so much of all RAM says nothing else than that the machine is full. */
const MACHINE_SHARE = 0.8;

/** Where a cgroup says what it uses, and its limits, of which the strictest holds. */
interface MemoryFiles {
  readonly used: string;
  readonly limits: readonly string[];
}

const UNIFIED_FILES: MemoryFiles = {
  used: "memory.current",
  limits: ["memory.max", "memory.high"],
};
/** Documentation/admin-guide/cgroup-v1/memory.rst. */
const OLD_FILES: MemoryFiles = {
  used: "memory.usage_in_bytes",
  limits: ["memory.limit_in_bytes"],
};
const OLD_MEMORY = "/memory";

/**
 * Whether a process waits for memory that its own cgroup, or one above it, does not grant, however
 * much the machine has: what it uses is near its limit, or near where it is slowed down. False
 * where there is no such limit. With cgroup v1, also beside v2, the controller of memory has a
 * hierarchy of its own. What is known of a path is asked once.
 */
export function isConfined(
  sys: Sys,
  pid: number,
  ramKib: number,
  known: Map<string, boolean>,
): boolean {
  const old = oldMemoryPathOf(sys, pid);
  const path = old === "" ? (cgroupOf(sys, pid) ?? "") : old;
  const before = known.get(path);
  if (before !== undefined) {
    return before;
  }
  const is = isAtLimit(sys, path, old === "" ? UNIFIED_FILES : OLD_FILES, ramKib);
  known.set(path, is);
  return is;
}

/**
 * The path of a process in the hierarchy of cgroup v1 for memory: `N:memory:PATH`; or "". It may be
 * mounted together with others, and is found by its own name all the same: systemd links it.
 */
function oldMemoryPathOf(sys: Sys, pid: number): string {
  const lines = decode(sys.text, sys.readProcessFile(pid, "cgroup"));
  const path = /^\d+:(?:[^:]+,)?memory(?:,[^:]+)?:(\/.*)$/m.exec(lines)?.[1];
  return path === undefined ? "" : `${OLD_MEMORY}${path}`;
}

/** Whether this cgroup, or one above it, has next to nothing left of a limit of its own. */
function isAtLimit(sys: Sys, from: string, files: MemoryFiles, ramKib: number): boolean {
  for (let path = from; path.length > 1; path = parentOf(path)) {
    const directory = cgroupDirectory(path);
    const bytes = numberIn(sys, `${directory}/${files.used}`);
    let limit = Infinity;
    for (const name of files.limits) {
      limit = Math.min(limit, numberIn(sys, `${directory}/${name}`));
    }
    // Cgroup v1 says a number larger than any RAM where there is no limit.
    const isOwn = limit / 1024 < ramKib * MACHINE_SHARE;
    if (isOwn && bytes < Infinity && bytes >= limit * FULL_SHARE) {
      return true;
    }
  }
  return false;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Infinity where there is no such file, and where it says `max`. */
function numberIn(sys: Sys, path: string): number {
  const value = wholeNumber(sys.text, sys.readFile(path), 0);
  return value < 0 ? Infinity : value;
}

/**
 * `ManagedOOMPreference=` of a cgroup: systemd stores it as an extended attribute. As in
 * systemd-oomd where that watches the whole machine, it counts when root set it; a daemon of a
 * user's own heeds that user as well. Else anybody could have everybody else die first.
 */
export function managedPreference(sys: Sys, path: string): "none" | "avoid" | "omit" {
  if (path === "" || path === "/") {
    return "none";
  }
  const directory = cgroupDirectory(path);
  const omit = isSet(sys, directory, "user.oomd_omit");
  if (!omit && !isSet(sys, directory, "user.oomd_avoid")) {
    return "none";
  }
  const owner = sys.ownerOf(directory);
  if (owner < 0 || (owner !== 0 && owner !== sys.ownUid())) {
    return "none";
  }
  return omit ? "omit" : "avoid";
}

function isSet(sys: Sys, directory: string, name: string): boolean {
  return sys.readAttribute(directory, name) > 0 && sys.text[0] === ONE;
}
