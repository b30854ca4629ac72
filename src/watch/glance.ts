import type { Asked } from "../model/asked.ts";
import * as limits from "../model/limits.ts";
import { availablePercent, Depth, leftKib, type Reading, usableKib } from "../model/reading.ts";
import { memoryLeft } from "../readings/memory.ts";
import type { Sys } from "../sys/sys.ts";
import type { Machine } from "./look.ts";

/**
 * Whether what is left has stayed where it is for a while, above what any rule asks for, and
 * meminfo alone tells how much it is. To be asked after each look, which it goes by.
 */
export function isStill(machine: Machine, reading: Reading, asked: Asked): boolean {
  const movedKib = leftKib(reading) - machine.stillKib;
  const step = stepKib(reading);
  if (reading.depth === Depth.free || movedKib > step || movedKib < -step) {
    machine.stillKib = leftKib(reading);
    machine.stillAtMs = reading.atMs;
    return false;
  }
  return (
    reading.atMs - machine.stillAtMs >= limits.STILL_MS &&
    availablePercent(reading) > asked.availablePercent &&
    machine.arcstatsFd < 0 &&
    !machine.isBlind
  );
}

/** Less than this is no change: sizes are not noted for it either. */
function stepKib({ totalKib }: Reading): number {
  return (totalKib * limits.NOTE_STEP_PERCENT) / 100;
}

/**
 * Waits, and after each wait only glances at meminfo while what is left stays where it is and no
 * whole turn is due: most of what a turn of the loop costs is to bring its code back into the
 * processor's caches. Bits of `Wake`, or 0 when it is time to look. With each glance that changes
 * nothing the time of the reading goes on: so much was left then as well.
 */
export function waitWhileStill(
  sys: Sys,
  machine: Machine,
  reading: Reading,
  asked: Asked,
  ms: number,
): number {
  const left = leftKib(reading);
  const step = stepKib(reading);
  const floorKib = (usableKib(reading) * asked.availablePercent) / 100;
  const untilMs = machine.stallsAtMs + limits.STILL_LOOK_MS;
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
