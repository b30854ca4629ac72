import type { Options } from "../model/options.ts";
import type { Process } from "../model/process.ts";
import { emptyReading, type Reading } from "../model/reading.ts";
import type { Candidate } from "../model/selection.ts";
import { needsOf } from "../policy/rules.ts";
import { rank } from "../policy/victim.ts";
import { lookClosely, type Machine, openMachine } from "../readings/machine.ts";
import { scan } from "../readings/processes.ts";
import { linux } from "../sys/linux.ts";

let machine: Machine | null = null;

/** A close look at the machine, as the daemon takes it. */
export function readMemory(): Reading {
  machine ??= openMachine(linux);
  const reading = emptyReading();
  lookClosely(linux, machine, reading);
  return reading;
}

/** Who there is, and who would be killed, in order. */
export interface Crowd {
  readonly processes: readonly Process[];
  readonly candidates: readonly Candidate[];
  readonly processCount: number;
}

/** A scan of all processes, ranked as a daemon with these options ranks them. */
export function readCrowd(options: Options, reading: Reading): Crowd {
  const totalKib = reading.machineKib;
  const needs = { ...needsOf(options), uid: true };
  const snapshot = scan(linux, { needs, depth: "all", before: null, totalKib, leftKib: 0 });
  const { candidates } = rank(snapshot.processes, {
    options,
    ownPid: linux.ownPid(),
    takenMs: snapshot.takenMs,
    totalKib,
    processCount: snapshot.processCount,
    refused: new Set(),
    earlierFamily: 0,
  });
  return { processes: snapshot.processes, candidates, processCount: snapshot.processCount };
}
