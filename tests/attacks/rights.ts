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

/** Numbers by name, of a header with lines such as `#define __NR_read 0`. */
function numbersIn(header: string, prefix: string): Map<string, number> {
  const found = readFileSync(header, "utf8").matchAll(/^#define\s+(\w+)\s+(\d+)$/gm);
  return new Map(
    [...found].flatMap(([, name = "", number]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), Number(number)] as const] : [],
    ),
  );
}

/** This machine's system calls by name. */
export function systemCalls(): Map<string, number> {
  const folder = process.arch === "arm64" ? "aarch64" : "x86_64";
  const file = process.arch === "arm64" ? "unistd.h" : "unistd_64.h";
  return numbersIn(`/usr/include/${folder}-linux-gnu/asm/${file}`, "__NR_");
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
  const bits = numbersIn("/usr/include/linux/capability.h", "CAP_");
  const mask = names.reduce((sum, name) => sum | (1n << BigInt(bits.get(name) ?? 63)), 0n);
  return mask.toString(16);
}

/** Words for actors/stage.c, and files that it reads. */
export interface Rights {
  words: string[];
  files: Record<string, string>;
}

export const rootRights: Rights = { words: [], files: {} };

/** What packaging/systemd/bustd.service gives and takes, and what a drop-in gives more. */
export function serviceRights(moreCapabilities: string[]): Rights {
  const text = readFileSync(unit, "utf8");
  const last = (key: string) => valuesOf(text, key).at(-1) ?? "";
  const own = valuesOf(text, "AmbientCapabilities").flatMap((line) => line.split(" "));
  const names = own.map((name) => name.replace("CAP_", ""));
  const words = [
    `allow=${EPERM_FILTER}`,
    `capabilities=${capabilityMask([...names, ...moreCapabilities])}`,
    `nice=${last("Nice")}`,
    `adj=${last("OOMScoreAdjust")}`,
    `memory.min=${last("MemoryMin")}`,
    `memory.max=${last("MemoryMax")}`,
    `memory.swap.max=${last("MemorySwapMax")}`,
    `pids.max=${last("TasksMax")}`,
    // RestrictNamespaces: the flags of clone3(2) lie in memory, where no filter sees them.
    `refuse=${systemCalls().get("clone3")}:${ENOSYS}`,
  ];
  return { words, files: { [EPERM_FILTER]: `${allowedCalls(text).join(" ")}\n` } };
}
