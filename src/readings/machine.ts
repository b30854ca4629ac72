import type { Reading } from "../model/reading.ts";
import type { Sys } from "../sys/sys.ts";
import { parseArcstats, parseMeminfo, parseVmstat } from "./memory.ts";
import { parsePressure } from "./pressure.ts";

/** Files that stay open for as long as the daemon runs; a negative one does not exist here. */
export interface Machine {
  readonly meminfoFd: number;
  readonly vmstatFd: number;
  readonly arcstatsFd: number;
  /** Negative error number where the kernel has no PSI, or has it switched off. */
  readonly pressureFd: number;
  /** When vmstat was read last: it is long, and tells little while nobody stalls. */
  vmstatAtMs: number;
}

const VMSTAT_MS = 1000;

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
    vmstatAtMs: 0,
  };
}

/**
 * Looks at the machine: always sysinfo(2); the files only when less than `plentyPercent` of memory
 * is free, and vmstat when somebody stalled since, or a second is over. A file that cannot be read
 * leaves the old numbers, with `detailed` false when it was meminfo.
 */
export function look(sys: Sys, machine: Machine, into: Reading, plentyPercent: number): void {
  readTotals(sys, into);
  if (into.freeKib * 100 >= into.totalKib * plentyPercent) {
    into.availableKib = into.freeKib;
    return;
  }
  const stalledUs = into.someTotalUs;
  readFiles(sys, machine, into);
  const hasStalled = !into.hasPressure || into.someTotalUs !== stalledUs;
  if (hasStalled || into.atMs - machine.vmstatAtMs >= VMSTAT_MS) {
    readVmstat(sys, machine, into);
  }
}

/** Looks at everything a verdict can need, however much is free. */
export function lookClosely(sys: Sys, machine: Machine, into: Reading): void {
  readTotals(sys, into);
  readFiles(sys, machine, into);
  readVmstat(sys, machine, into);
}

function readTotals(sys: Sys, into: Reading): void {
  into.atMs = sys.nowMs();
  into.detailed = false;
  sys.readMemoryTotals(into);
}

function readFiles(sys: Sys, machine: Machine, into: Reading): void {
  into.detailed = parseMeminfo(sys.text, sys.readFromStart(machine.meminfoFd), into);
  if (into.detailed && machine.arcstatsFd >= 0) {
    into.availableKib += parseArcstats(sys.text, sys.readFromStart(machine.arcstatsFd));
  }
  into.hasPressure =
    machine.pressureFd >= 0 && parsePressure(sys.text, sys.readFromStart(machine.pressureFd), into);
}

function readVmstat(sys: Sys, machine: Machine, into: Reading): void {
  machine.vmstatAtMs = into.atMs;
  parseVmstat(sys.text, sys.readFromStart(machine.vmstatFd), into);
}
