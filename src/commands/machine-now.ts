import { emptyHolders } from "../model/holders.ts";
import type { Options } from "../model/options.ts";
import type { Process } from "../model/process.ts";
import { emptyReading, type Reading } from "../model/reading.ts";
import { NO_LOSS } from "../model/selection.ts";
import { needsOf } from "../policy/matching.ts";
import { NOT_STRUCK } from "../policy/ranking.ts";
import { type Order, rank } from "../policy/victim.ts";
import { isAtLeast } from "../readings/kernel-version.ts";
import { NO_GROWTH } from "../readings/locked.ts";
import { exeOf, scan } from "../readings/processes.ts";
import { linux } from "../sys/linux.ts";
import type { Sys } from "../sys/sys.ts";
import { lookClosely, type Machine, openMachine } from "../watch/look.ts";

let machine: Machine | null = null;

/** A close look at the machine, as the daemon takes it. */
export function readMemory(): Reading {
  machine ??= openMachine(linux);
  const reading = emptyReading();
  lookClosely(linux, machine, reading);
  return reading;
}

/** Who there is, and who would be killed, in order. */
export interface Crowd extends Order {
  readonly processes: readonly Process[];
  readonly processCount: number;
  /** So many command lines that a rule asks for could not be read in time. */
  readonly unknown: number;
}

/**
 * A scan of all processes, ranked as a daemon with these options ranks them while nothing is lost;
 * of `totalKib` RAM and swap.
 */
export function crowdOf(sys: Sys, options: Options, totalKib: number): Crowd {
  const isOldScale = !isAtLeast(sys.systemName().release, 5, 9);
  const ownPid = sys.ownPid();
  const snapshot = scan(sys, {
    needs: needsOf(options),
    extent: "all",
    base: null,
    recent: null,
    last: null,
    holders: emptyHolders(),
    lostKib: 0,
    latelyLostKib: 0,
    newLocked: NO_GROWTH,
    newTables: NO_GROWTH,
    newShmem: NO_GROWTH,
    isOldScale,
    goOn: () => true,
  });
  const order = rank(snapshot.processes, {
    options,
    ownPid,
    ownExe: exeOf(sys, ownPid) ?? "",
    takenMs: snapshot.takenMs,
    parents: new Map(),
    totalKib,
    loss: NO_LOSS,
    isHard: false,
    processCount: snapshot.processCount,
    refused: new Set(),
    dying: new Set(),
    struck: NOT_STRUCK,
    isOldScale,
    mayBlame: false,
    faults: null,
    isInVain: false,
  });
  const { processCount, processes, unknown } = snapshot;
  return { ...order, processes, processCount, unknown };
}
