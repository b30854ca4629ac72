import type { Asked } from "../model/asked.ts";
import * as limits from "../model/limits.ts";
import {
  availablePercent,
  Depth,
  leftKib,
  noteStepKib,
  type Reading,
  usableKib,
} from "../model/reading.ts";
import { memoryLeft } from "../readings/memory.ts";
import type { Sys } from "../sys/sys.ts";
import type { Machine } from "./look.ts";

/** Notes, after each look, since when what is left has stayed where it is. */
export function noteUnmoved(machine: Machine, reading: Reading): void {
  const movedKib = leftKib(reading) - machine.unmovedKib;
  const step = noteStepKib(reading);
  if (reading.depth === Depth.free || movedKib > step || movedKib < -step) {
    machine.unmovedKib = leftKib(reading);
    machine.unmovedAtMs = reading.atMs;
  }
}

/**
 * Whether glances will do: what is left has not moved for a while, above what any rule asks for,
 * nobody stalls, the kernel says so when that changes, and meminfo alone tells how much is left.
 */
export function isUnmoved(machine: Machine, reading: Reading, asked: Asked): boolean {
  return (
    reading.depth !== Depth.free &&
    reading.atMs - machine.unmovedAtMs >= limits.UNMOVED_MS &&
    availablePercent(reading) > asked.availablePercent &&
    reading.someAvg10 < limits.CALM_AVG10 &&
    (machine.isWoken || machine.pressureFd < 0) &&
    machine.arcstatsFd < 0 &&
    !machine.isBlind
  );
}

/**
 * Waits, and after each wait only glances at meminfo while what is left stays where it is and no
 * whole turn is due: most of what a turn of the loop costs is to bring its code back into the
 * processor's caches. Bits of `Source`, or 0 when it is time to look. With each glance that changes
 * nothing the time of the reading goes on: so much was left then as well. A whole turn is due with
 * the first wait that ends `mostMs` or more after the reading.
 */
export function waitWhileUnmoved(
  sys: Sys,
  machine: Machine,
  reading: Reading,
  asked: Asked,
  ms: number,
  mostMs: number,
): number {
  const left = leftKib(reading);
  const step = noteStepKib(reading);
  const floorKib = (usableKib(reading) * asked.availablePercent) / 100;
  const untilMs = reading.atMs + mostMs;
  for (;;) {
    const wake = sys.wait(ms);
    const nowMs = sys.nowMs();
    if (wake !== 0 || nowMs >= untilMs) {
      return wake;
    }
    const length = sys.readFromStart(machine.meminfoFd);
    const movedKib = memoryLeft(sys.text, length, floorKib) - left;
    if (movedKib > step || movedKib < -step) {
      return 0;
    }
    reading.atMs = nowMs;
  }
}
