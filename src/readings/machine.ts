import type { Enough, Reading } from "../model/reading.ts";
import type { Sys } from "../sys/sys.ts";
import { isMeminfoSteady, parseArcstats, parseMeminfo, parseVmstat } from "./memory.ts";
import { parsePressure } from "./pressure.ts";

/** Files that stay open for as long as the daemon runs; a negative one does not exist here. */
export interface Machine {
  readonly meminfoFd: number;
  readonly vmstatFd: number;
  readonly arcstatsFd: number;
  /** Negative error number where the kernel has no PSI, or has it switched off. */
  readonly pressureFd: number;
  /** RAM by sysinfo(2), and whether meminfo tells the same: lxcfs shows a container its own. */
  ramKib: number;
  isWhole: boolean;
}

/** Opens what a look reads. PSI counts as missing when its file opens but cannot be read. */
export function openMachine(sys: Sys): Machine {
  let pressureFd = sys.openToRead("/proc/pressure/memory");
  if (pressureFd >= 0) {
    const length = sys.readFromStart(pressureFd);
    if (length < 0) {
      sys.close(pressureFd);
      pressureFd = length;
    }
  }
  return {
    meminfoFd: sys.openToRead("/proc/meminfo"),
    vmstatFd: sys.openToRead("/proc/vmstat"),
    arcstatsFd: sys.openToRead("/proc/spl/kstat/zfs/arcstats"),
    pressureFd,
    ramKib: 0,
    isWhole: true,
  };
}

/**
 * Looks at the machine: sysinfo(2), and at all else only when not much is free. A file that cannot
 * be read leaves the old numbers, with `detailed` false when it was meminfo.
 */
export function look(sys: Sys, machine: Machine, into: Reading, enough: Enough): void {
  const isScarce = into.detailed;
  begin(sys, into);
  if (!isScarce || !machine.isWhole) {
    readTotals(sys, machine, into);
    if (machine.isWhole && isPlenty(into, enough)) {
      into.availableKib = into.freeKib;
      return;
    }
  }
  readMeminfo(sys, machine, into);
  if (machine.isWhole && isPlenty(into, enough)) {
    into.detailed = false;
    return;
  }
  readStalls(sys, machine, into);
}

/** Whether meminfo tells all that is available: ZFS's part is in another file. */
export function canGlance({ arcstatsFd }: Machine): boolean {
  return arcstatsFd < 0;
}

/**
 * A glance: whether available memory and free swap are what they were at the last look, or less by
 * no more than this. It takes half the time of a look, and changes nothing.
 */
export function isSteady(sys: Sys, machine: Machine, last: Reading, slackKib: number): boolean {
  const length = sys.readFromStart(machine.meminfoFd);
  return isMeminfoSteady(sys.text, length, last, slackKib);
}

/** Looks at everything a verdict can need, however much is free. */
export function lookClosely(sys: Sys, machine: Machine, into: Reading): void {
  begin(sys, into);
  readTotals(sys, machine, into);
  readMeminfo(sys, machine, into);
  readStalls(sys, machine, into);
}

function begin(sys: Sys, into: Reading): void {
  into.atMs = sys.nowMs();
  into.detailed = false;
}

function isPlenty({ freeKib, totalKib }: Reading, enough: Enough): boolean {
  return freeKib * 100 >= totalKib * enough.freePercent;
}

function readTotals(sys: Sys, machine: Machine, into: Reading): void {
  sys.readMemoryTotals(into);
  machine.ramKib = into.totalKib;
  into.machineKib = into.totalKib + into.swapTotalKib;
}

function readMeminfo(sys: Sys, machine: Machine, into: Reading): void {
  into.detailed = parseMeminfo(sys.text, sys.readFromStart(machine.meminfoFd), into);
  machine.isWhole = into.totalKib === machine.ramKib;
  if (machine.isWhole) {
    into.machineKib = into.totalKib + into.swapTotalKib;
  }
  if (into.detailed && machine.arcstatsFd >= 0) {
    into.availableKib += parseArcstats(sys.text, sys.readFromStart(machine.arcstatsFd));
  }
}

function readStalls(sys: Sys, machine: Machine, into: Reading): void {
  into.hasPressure =
    machine.pressureFd >= 0 && parsePressure(sys.text, sys.readFromStart(machine.pressureFd), into);
  parseVmstat(sys.text, sys.readFromStart(machine.vmstatFd), into, sys.pageKib);
}
