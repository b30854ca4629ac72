import { availablePercent, Depth, type MemoryTotals, type Reading } from "../model/reading.ts";
import type { Asked } from "../model/asked.ts";
import * as limits from "../model/limits.ts";
import {
  availableByVmstat,
  isAnySwapOnDisk,
  parseArcstats,
  parseMeminfo,
  parsePerCpuFree,
  parseVmstat,
} from "../readings/memory.ts";
import { parsePressure } from "../readings/pressure.ts";
import { reserveKib } from "../readings/reserve.ts";
import type { Sys } from "../sys/sys.ts";

const MEMINFO = "/proc/meminfo";
const VMSTAT = "/proc/vmstat";
const PRESSURE = "/proc/pressure/memory";
const ZONEINFO = "/proc/zoneinfo";
const SWAPS = "/proc/swaps";
const ARCSTATS = "/proc/spl/kstat/zfs/arcstats";

/** Where much is free meminfo is read so often: a container may be given its limit at any time. */
const MEMINFO_MS = 60_000;

/** Files that stay open for as long as the daemon runs; a negative one does not exist here. */
export interface Machine {
  meminfoFd: number;
  vmstatFd: number;
  zoneinfoFd: number;
  arcstatsFd: number;
  /** Negative error number where the kernel has no PSI, or has it switched off. */
  pressureFd: number;
  /** RAM by sysinfo(2), and whether meminfo tells the same: lxcfs shows a container its own. */
  ramKib: number;
  isWhole: boolean;
  /** Swap in all when it was seen where it lies, KiB; -1: not yet. */
  seenSwapKib: number;
  isSwapOnDisk: boolean;
  /** When meminfo was read last. */
  meminfoAtMs: number;
  /** Shmem that was there before memory began to run out, KiB: set aside. */
  quietShmemKib: number;
  /** Whether the kernel wakes the daemon when tasks stall. */
  isWoken: boolean;
  /** When stalls and reclaim were read last. */
  stallsAtMs: number;
  /** A look from then on reads them, however shortly before they were read; 0: none. */
  awaitedAtMs: number;
  /** Since when what is left has been about so much, KiB. */
  unmovedAtMs: number;
  unmovedKib: number;
  /** Meminfo could not be read: what is available is estimated from vmstat, but for this much. */
  isBlind: boolean;
  /** What was said of that last. */
  isBlindSaid: boolean;
  reserveKib: number;
  /** Meminfo that could not be read, and ZFS's file, are opened again no earlier than this. */
  reopenAtMs: number;
  reopenArcstatsAtMs: number;
}

/** RAM and swap by sysinfo(2), where meminfo may tell of others. */
const host: MemoryTotals = { totalKib: 0, freeKib: 0, swapTotalKib: 0, swapFreeKib: 0 };

/** Opens what a look reads. PSI counts as missing when its file opens but cannot be read. */
export function openMachine(sys: Sys): Machine {
  let pressureFd = sys.openToRead(PRESSURE);
  if (pressureFd >= 0) {
    const length = sys.readFromStart(pressureFd);
    if (length < 0) {
      sys.close(pressureFd);
      pressureFd = length;
    }
  }
  return {
    meminfoFd: sys.openToRead(MEMINFO),
    vmstatFd: sys.openToRead(VMSTAT),
    zoneinfoFd: sys.openToRead(ZONEINFO),
    arcstatsFd: sys.openToRead(ARCSTATS),
    pressureFd,
    ramKib: 0,
    isWhole: true,
    seenSwapKib: -1,
    isSwapOnDisk: false,
    meminfoAtMs: 0,
    quietShmemKib: Infinity,
    isWoken: false,
    stallsAtMs: 0,
    awaitedAtMs: 0,
    unmovedAtMs: 0,
    unmovedKib: 0,
    isBlind: false,
    isBlindSaid: false,
    reserveKib: 0,
    reopenAtMs: 0,
    reopenArcstatsAtMs: 0,
  };
}

/**
 * Looks at the machine, no deeper than some rule needs: sysinfo(2) alone while much is free, but
 * once a minute, then meminfo, and how tasks stall where a rule may act, and once a second where
 * one soon may.
 */
export function look(sys: Sys, machine: Machine, into: Reading, asked: Asked): void {
  into.atMs = sys.nowMs();
  into.perCpuKib = 0;
  if (into.depth === Depth.free) {
    readTotals(sys, machine, into);
    const isOld = into.atMs - machine.meminfoAtMs >= MEMINFO_MS;
    // What a meminfo that is lost for a while told may have been a container's.
    if (!isOld && machine.isWhole && !machine.isBlind && isPlenty(into, asked)) {
      into.availableKib = into.freeKib;
      return;
    }
  }
  readMeminfo(sys, machine, into);
  if (machine.isWhole && isPlenty(into, asked)) {
    into.availableKib = into.freeKib;
    into.depth = Depth.free;
    return;
  }
  const isDue = into.atMs - machine.stallsAtMs >= limits.WHOLE_LOOK_MS;
  const isAwaited = machine.awaitedAtMs > 0 && into.atMs >= machine.awaitedAtMs;
  if (isDue || isAwaited || availablePercent(into) <= asked.availablePercent) {
    readStalls(sys, machine, into);
  } else {
    into.depth = Depth.memory;
  }
}

/** Looks at everything a verdict can need, however much is free. */
export function lookClosely(sys: Sys, machine: Machine, into: Reading): void {
  into.atMs = sys.nowMs();
  readTotals(sys, machine, into);
  readMeminfo(sys, machine, into);
  // Of a container's own memory that file tells nothing.
  const isTold = machine.isWhole && machine.zoneinfoFd >= 0;
  into.perCpuKib = isTold
    ? parsePerCpuFree(sys.text, sys.readFromStart(machine.zoneinfoFd), sys.pageKib)
    : 0;
  readStalls(sys, machine, into);
}

function isPlenty({ freeKib, totalKib }: Reading, asked: Asked): boolean {
  return freeKib * 100 >= totalKib * asked.freePercent;
}

function readTotals(sys: Sys, machine: Machine, into: Reading): void {
  sys.readMemoryTotals(into);
  machine.ramKib = into.totalKib;
  into.machineKib = into.totalKib + into.swapTotalKib;
}

function readMeminfo(sys: Sys, machine: Machine, into: Reading): void {
  machine.meminfoAtMs = into.atMs;
  if (parseMeminfo(sys.text, sys.readFromStart(machine.meminfoFd), into)) {
    machine.isBlind = false;
  } else {
    readWithoutMeminfo(sys, machine, into);
  }
  const { quietShmemKib } = machine;
  const quietKib = into.shmemKib < quietShmemKib ? into.shmemKib : quietShmemKib;
  into.setAsideKib = into.hugetlbKib + quietKib;
  if (into.totalKib !== machine.ramKib) {
    // A container's own, or a balloon has moved.
    sys.readMemoryTotals(host);
    machine.ramKib = host.totalKib;
    into.machineKib = host.totalKib + host.swapTotalKib;
  }
  machine.isWhole = into.totalKib === machine.ramKib;
  if (machine.isWhole) {
    into.machineKib = into.totalKib + into.swapTotalKib;
  }
  // The file is the host's: a container's own memory is not what ZFS would give back.
  if (machine.isWhole && machine.arcstatsFd >= 0) {
    into.availableKib += parseArcstats(sys.text, sys.readFromStart(machine.arcstatsFd));
  }
}

/**
 * The kernel's own numbers in place of a meminfo that is gone, which is opened again meanwhile.
 * What is set aside is what it was: huge pages do not go with the file that tells of them.
 */
function readWithoutMeminfo(sys: Sys, machine: Machine, into: Reading): void {
  if (into.atMs >= machine.reopenAtMs) {
    machine.reopenAtMs = into.atMs + limits.REOPEN_MS;
    const fd = sys.openToRead(MEMINFO);
    if (fd >= 0 && machine.meminfoFd >= 0) {
      sys.close(machine.meminfoFd);
    }
    machine.meminfoFd = fd >= 0 ? fd : machine.meminfoFd;
    if (parseMeminfo(sys.text, sys.readFromStart(machine.meminfoFd), into)) {
      machine.isBlind = false;
      return;
    }
  }
  if (!machine.isBlind) {
    machine.isBlind = true;
    const read = machine.zoneinfoFd < 0 ? 0 : sys.readFromStart(machine.zoneinfoFd);
    machine.reserveKib = reserveKib(sys.text, read, sys.pageKib);
  }
  readTotals(sys, machine, into);
  const length = sys.readFromStart(machine.vmstatFd);
  const availableKib = availableByVmstat(sys.text, length, sys.pageKib);
  into.availableKib = Math.max(
    0,
    (availableKib < 0 ? into.freeKib : availableKib) - machine.reserveKib,
  );
}

function readStalls(sys: Sys, machine: Machine, into: Reading): void {
  into.hasPressure =
    machine.pressureFd >= 0 && parsePressure(sys.text, sys.readFromStart(machine.pressureFd), into);
  parseVmstat(sys.text, sys.readFromStart(machine.vmstatFd), into, sys.pageKib);
  if (machine.seenSwapKib !== into.swapTotalKib) {
    machine.seenSwapKib = into.swapTotalKib;
    machine.isSwapOnDisk = isAnySwapOnDisk(sys.text, sys.readFile(SWAPS));
  }
  into.isSwapOnDisk = machine.isSwapOnDisk;
  // That file is the host's, and a zram may hold a file system as well, which is no swap.
  const usedKib = machine.isWhole ? into.swapTotalKib - into.swapFreeKib : 0;
  into.compressedKib = into.compressedKib < usedKib ? into.compressedKib : usedKib;
  if (machine.arcstatsFd < 0 && into.atMs >= machine.reopenArcstatsAtMs) {
    // ZFS may be loaded at any time.
    machine.reopenArcstatsAtMs = into.atMs + limits.REOPEN_MS;
    machine.arcstatsFd = sys.openToRead(ARCSTATS);
  }
  into.depth = Depth.stalls;
  machine.stallsAtMs = into.atMs;
  machine.awaitedAtMs = into.atMs < machine.awaitedAtMs ? machine.awaitedAtMs : 0;
}
