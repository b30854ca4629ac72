import type { Daemon } from "../daemon-state.ts";
import * as limits from "../model/limits.ts";
import type { Process } from "../model/process.ts";
import { leftKib } from "../model/reading.ts";
import type { Candidate, Selection } from "../model/selection.ts";
import { compareCandidates } from "../policy/ranking.ts";
import { twinsOf } from "../policy/victim.ts";
import { hasAsMuch } from "../readings/process-memory.ts";

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
  const [first, ...others] = selection.victims;
  crisis.hasTwins = false;
  // Where several are needed, each is small, and so is what others share with it.
  if (first === undefined || others.length > 0 || first.process.sizeKib === 0) {
    return selection;
  }
  const { pid, sizeKib, uid } = first.process;
  const isLarge = sizeKib * 100 >= reading.totalKib * limits.TWIN_PERCENT;
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
  crisis.hasTwins = victims.length <= count;
  return { ...selection, victims, next: nextBeside(selection, twins) };
}

/** Who would be next when these die as well. */
function nextBeside({ candidates, next, victims }: Selection, twins: readonly Process[]) {
  const isDying = ({ process }: Candidate) => twins.includes(process);
  return next === null || !isDying(next)
    ? next
    : (candidates
        .toSorted(compareCandidates)
        .find((one) => !isDying(one) && !victims.includes(one)) ?? null);
}
