import type { Daemon } from "../daemon-state.ts";
import type { Process } from "../model/process.ts";
import { leftKib } from "../model/reading.ts";
import type { Selection } from "../model/selection.ts";
import { nextOf, twinsOf } from "../policy/victim.ts";
import { hasAsMuch } from "../readings/process-memory.ts";

/**
 * Where kcmp(2) is refused, nobody smaller, in percent of RAM, is taken for one who shares all
 * memory: small ones of one making are as large as each other page for page.
 */
const TWIN_PERCENT = 2;

/**
 * Adds who shares all memory with a single victim, as the kernel's own killer does: it is freed
 * when all of them are gone. Where kcmp(2) is refused, those count who have as much page for page,
 * when all of them together would have more than there is, or when one of them is gone already and
 * nothing came back.
 */
export function withTwins(
  daemon: Daemon,
  selection: Selection,
  processes: readonly Process[],
): Selection {
  const { crisis, reading, sys } = daemon;
  const [first, ...more] = selection.victims;
  crisis.hasTwins = false;
  crisis.livesOn = false;
  // Where several are needed, each is small, and so is what others share with it.
  if (first === undefined || more.length > 0 || first.process.sizeKib === 0) {
    return selection;
  }
  const { pid, sizeKib, uid } = first.process;
  const isLarge = sizeKib * 100 >= reading.totalKib * TWIN_PERCENT;
  const twins: Process[] = [];
  const alike: Process[] = [];
  let alikeKib = sizeKib;
  for (const process of twinsOf(first.process, processes)) {
    const compared = sys.compareMemory(pid, process.pid);
    if (compared === 0) {
      twins.push(process);
    } else if (compared < 0 && isLarge && process.uid === uid && hasAsMuch(sys, pid, process.pid)) {
      alike.push(process);
      alikeKib += process.sizeKib;
    }
  }
  const count = twins.length + alike.length;
  if (count === 0) {
    return selection;
  }
  if (crisis.keptByUid === uid || alikeKib > reading.machineKib - leftKib(reading)) {
    twins.push(...alike);
  }
  const victims = [first];
  for (const process of twins) {
    if (!selection.spared.some((spared) => spared.process === process)) {
      // What they share was lost once.
      victims.push({ ...first, process: { ...process, latelyKib: 0 }, tookKib: 0 });
    }
  }
  crisis.hasTwins = true;
  crisis.livesOn = victims.length <= count;
  const others = selection.candidates.filter(({ process }) => !twins.includes(process));
  const context = { totalKib: reading.machineKib, loss: selection.loss };
  return { ...selection, victims, next: nextOf(others, selection.victims, context) };
}
