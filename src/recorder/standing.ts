import type { LimitsInForce, MachineFacts, SettingsInForce } from "../model/incident.ts";
import { limitPercents, type Options } from "../model/options.ts";
import { type Standing, STANDING_VERSION } from "../model/standing.ts";
import type { Sys } from "../sys/sys.ts";

/** FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/: a prime, and where it begins. */
const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5;
const SECOND_BASIS = 0x050c5d1f;

function fnv(text: string, basis: number): string {
  let hash = basis;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    hash = Math.imul(hash ^ (code & 0xff), FNV_PRIME);
    hash = Math.imul(hash ^ (code >> 8), FNV_PRIME);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/**
 * Sixteen digits that are the same for the same settings. What belongs to the process, such as
 * descriptors and where its log goes, does not count.
 */
export function digestOf(options: Options): string {
  const { adjPolicy, dryRun, ignoreRootUser, mem, psiPercent, rules, scope } = options;
  const settings = { adjPolicy, dryRun, ignoreRootUser, mem, psiPercent, rules, scope };
  const { sortBy, swap, when } = options;
  const text = JSON.stringify([settings, sortBy, swap, when]);
  return fnv(text, FNV_BASIS) + fnv(text, SECOND_BASIS);
}

/** What limits are shares of: all memory that is not set aside, and swap. */
interface Whole {
  readonly usableKib: number;
  readonly swapTotalKib: number;
}

/** The options that limits come from; of conditions their text. */
interface Limiting extends Pick<Options, "mem" | "psiPercent" | "swap"> {
  readonly when: readonly { readonly text: string }[] | null;
}

/**
 * The limits that options put into force on a machine of that size; amounts are shares of it.
 * `when` stands in their place: then all are off.
 */
export function limitsInForce(
  { psiPercent, when, ...options }: Limiting,
  { swapTotalKib, usableKib }: Whole,
): LimitsInForce {
  const isOn = when === null;
  const mem = limitPercents(options.mem, usableKib);
  const swap = limitPercents(options.swap, swapTotalKib);
  return {
    memSoftPercent: isOn ? hundredths(mem.softPercent) : 0,
    memHardPercent: isOn ? hundredths(mem.hardPercent) : 0,
    swapSoftPercent: isOn ? hundredths(swap.softPercent) : 0,
    swapHardPercent: isOn ? hundredths(swap.hardPercent) : 0,
    stallPercent: isOn ? psiPercent : 0,
    when: textsOf(when),
  };
}

/** Conditions as they are written. */
function textsOf(when: Limiting["when"]): string[] {
  const texts: string[] = [];
  for (const { text } of when ?? []) {
    texts.push(text);
  }
  return texts;
}

function hundredths(percent: number): number {
  return Math.round(percent * 100) / 100;
}

/** What else decides, as it is set. */
export function settingsInForce(options: Options): SettingsInForce {
  const { adjPolicy, dryRun, ignoreRootUser, killAfterMs, mem, psiPercent, swap } = options;
  const { scope, sortBy } = options;
  const limits = { psiPercent, mem, swap, killAfterMs };
  return { dryRun, ...limits, scope, adjPolicy, sortBy, ignoreRootUser };
}

const NEWLINE = 10;

/** The first line of a small file, or "". */
function lineOf(sys: Sys, path: string): string {
  const length = sys.readFile(path);
  let text = "";
  for (let i = 0; i < length && sys.text[i] !== NEWLINE; i++) {
    text += String.fromCharCode(sys.text[i] ?? 0);
  }
  return text;
}

/** What there is of zram, disk and file among the swaps of /proc/swaps; proc_swaps(5). */
function swapKindOf(sys: Sys): string {
  const length = sys.readFile("/proc/swaps");
  let text = "";
  for (let i = 0; i < length; i++) {
    text += String.fromCharCode(sys.text[i] ?? 0);
  }
  const kinds: string[] = [];
  for (const line of text.split("\n").slice(1)) {
    const kind = line.startsWith("/dev/zram")
      ? "zram"
      : line.includes("partition")
        ? "disk"
        : line.includes("file")
          ? "file"
          : "";
    if (kind !== "" && !kinds.includes(kind)) {
      kinds.push(kind);
    }
  }
  return kinds.length === 0 ? "none" : kinds.join("+");
}

/** What ZFS's cache (ARC) holds, KiB; 0 where there is none, as on most machines. */
export function readArcKib(sys: Sys): number {
  const length = sys.readFile("/proc/spl/kstat/zfs/arcstats");
  let line = "";
  // Lines of a name, a type and a value in bytes.
  for (let i = 0; i < length; i++) {
    if (sys.text[i] !== NEWLINE) {
      line += String.fromCharCode(sys.text[i] ?? 0);
    } else if (line.startsWith("size ")) {
      return Number(line.slice(line.lastIndexOf(" ") + 1)) / 1024 || 0;
    } else {
      line = "";
    }
  }
  return 0;
}

/** What the machine is. Reads files: not while memory is scarce. */
export function readMachineFacts(sys: Sys): MachineFacts {
  const totals = { totalKib: 0, freeKib: 0, swapTotalKib: 0, swapFreeKib: 0 };
  sys.readMemoryTotals(totals);
  const { architecture, release } = sys.systemName();
  const minTtl = lineOf(sys, "/sys/kernel/mm/lru_gen/min_ttl_ms");
  return {
    kernel: release,
    architecture,
    totalKib: Math.round(totals.totalKib),
    swapTotalKib: Math.round(totals.swapTotalKib),
    swapKind: swapKindOf(sys),
    minTtlMs: minTtl === "" ? 0 : Number(minTtl) || 0,
  };
}

/** What stands for the pid of the daemon, which only its own stage knows. */
const NO_PID = '"pid":0';

/** What a daemon with these options will say of itself; made before its own stage begins. */
export function standingText(
  sys: Sys,
  options: Options,
  { machine, version }: { readonly machine: MachineFacts; readonly version: string },
): string {
  const standing: Standing = {
    version: STANDING_VERSION,
    bustd: { version, pid: 0, digest: digestOf(options) },
    startedWallMs: Math.round(sys.wallMs()),
    startedAtMs: Math.round(sys.nowMs()),
    dryRun: options.dryRun,
    settings: settingsInForce(options),
    when: textsOf(options.when),
    ruleCount: options.rules.length,
    argv: options.argv,
    machine,
  };
  return `${JSON.stringify(standing)}\n`;
}

/** Writes it, with the pid of the daemon that is up; 0, or the negative error number. */
export function writeStanding(sys: Sys, path: string, standing: string): number {
  const text = standing.replace(NO_PID, `"pid":${sys.ownPid()}`);
  // No more than /proc shows everybody: who may not read it could not ask for the status.
  return sys.replaceFile(path, text, 0o644);
}
