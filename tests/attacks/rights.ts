import { readFileSync } from "node:fs";
import { join } from "node:path";

const unit = join(import.meta.dir, "../../packaging/systemd/bustd.service");
const EPERM_FILTER = "/run/allowed";
const ENOSYS = 38;

/** The values of a key of the unit, in their order. */
function valuesOf(text: string, key: string): string[] {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

/** systemd's sets of system calls by name, as `systemd-analyze syscall-filter` prints them. */
function readSets(): Map<string, string[]> {
  const done = Bun.spawnSync(["systemd-analyze", "--no-pager", "syscall-filter"]);
  const sets = new Map<string, string[]>();
  let members: string[] = [];
  for (const line of done.stdout.toString().split("\n")) {
    const word = line.trim();
    if (line.startsWith("@")) sets.set(word, (members = []));
    else if (word !== "" && !word.startsWith("#")) members.push(word);
  }
  return sets;
}

function expand(name: string, sets: Map<string, string[]>): string[] {
  return name.startsWith("@") ? (sets.get(name) ?? []).flatMap((one) => expand(one, sets)) : [name];
}

/** Numbers by name, of a C header with lines such as `#define __NR_read 0`. */
function numbersIn(header: string, prefix: string): Map<string, number> {
  const done = Bun.spawnSync(["gcc", "-E", "-dM", "-include", header, "-x", "c", "/dev/null"]);
  const found = done.stdout.toString().matchAll(/^#define (\w+) (\d+)$/gm);
  const pairs = [...found].flatMap(([, name = "", number]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), Number(number)] as const] : [],
  );
  if (pairs.length === 0) throw new Error(`gcc finds no ${prefix} in ${header}`);
  return new Map(pairs);
}

/** This machine's system calls by name. */
export function systemCalls(): Map<string, number> {
  return numbersIn("sys/syscall.h", "__NR_");
}

function allowedCalls(text: string): number[] {
  const sets = readSets();
  const allowed = new Set<string>();
  for (const words of valuesOf(text, "SystemCallFilter")) {
    const isBan = words.startsWith("~");
    for (const name of words
      .replace("~", "")
      .split(" ")
      .flatMap((word) => expand(word, sets))) {
      if (isBan) allowed.delete(name);
      else allowed.add(name);
    }
  }
  const numbers = systemCalls();
  return [...allowed].flatMap((name) => numbers.get(name) ?? []);
}

function capabilityMask(names: string[]): string {
  const bits = numbersIn("linux/capability.h", "CAP_");
  const mask = names.reduce((sum, name) => sum | (1n << BigInt(bits.get(name) ?? 63)), 0n);
  return mask.toString(16);
}

/** Words for actors/stage.c, and files that it reads. */
export interface Rights {
  words: string[];
  /** The same rights as actors/watch.c finds them in /proc/PID/status. */
  status: string[];
  files: Record<string, string>;
}

export const rootRights: Rights = { words: [], status: [], files: {} };

/** A user of DynamicUser=. */
const DYNAMIC_UID = 62_000;
const SECCOMP_MODE_FILTER = 2;

/** What packaging/systemd/bustd.service gives and takes, and what a drop-in gives more. */
export function serviceRights(moreCapabilities: string[]): Rights {
  const text = readFileSync(unit, "utf8");
  const last = (key: string) => valuesOf(text, key).at(-1) ?? "";
  const own = valuesOf(text, "AmbientCapabilities").flatMap((line) => line.split(" "));
  const names = own.map((name) => name.replace("CAP_", ""));
  const capabilities = `capabilities=${capabilityMask([...names, ...moreCapabilities])}`;
  const words = [
    `allow=${EPERM_FILTER}`,
    `uid=${DYNAMIC_UID}`,
    capabilities,
    `nice=${last("Nice")}`,
    `adj=${last("OOMScoreAdjust")}`,
    `memory.min=${last("MemoryMin")}`,
    `memory.max=${last("MemoryMax")}`,
    `memory.swap.max=${last("MemorySwapMax")}`,
    `pids.max=${last("TasksMax")}`,
    // RestrictNamespaces: the flags of clone3(2) lie in memory, where no filter sees them.
    `refuse=${systemCalls().get("clone3")}:${ENOSYS}`,
  ];
  const status = [`uid=${DYNAMIC_UID}`, capabilities, `filter=${SECCOMP_MODE_FILTER}`];
  return { words, status, files: { [EPERM_FILTER]: `${allowedCalls(text).join(" ")}\n` } };
}
