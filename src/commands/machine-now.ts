import { emptyReading, type Reading } from "../model/reading.ts";
import { lookClosely, openMachine } from "../readings/machine.ts";
import { linux } from "../sys/linux.ts";

/** A close look at the machine, as the daemon takes it. */
export function readMemory(): Reading {
  const reading = emptyReading();
  lookClosely(linux, openMachine(linux), reading);
  return reading;
}
