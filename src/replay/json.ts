import type { Candidate } from "../model/selection.ts";
import type { Replayed } from "./lines.ts";
import type { Act } from "./replay.ts";
import { sizeOf } from "./stage.ts";
import type { Sweep, Tried } from "./sweep.ts";

function candidate({ process, score }: Candidate) {
  const { comm, pid, rssKib, swapKib } = process;
  return { pid, comm, rssKib, swapKib, score };
}

function actJson({ atMs, kind, selection, verdict }: Act) {
  const { next, victims } = selection;
  const { because, rule, urgency, witnesses } = verdict;
  return {
    kind,
    atMs,
    rule,
    because,
    urgency,
    witnesses,
    victims: victims.map(candidate),
    next: next === null ? null : candidate(next),
  };
}

/** A replay for programs. */
export function replayJson({ acts, deaths, options, recording, whose }: Replayed) {
  const { mem, psiPercent, swap, when } = options;
  const { header, isCut, lastAtMs, moments } = recording;
  return {
    recording: { ...header, moments, lastAtMs, isCut },
    settings: { whose, psiPercent, mem, swap, when: when?.map(({ text }) => text) ?? null },
    acts: acts.map(actJson),
    deaths: deaths.map(({ atMs, by, dyingAtMs, process }) => {
      const { comm, pid } = process;
      return { atMs, dyingAtMs, pid, comm, sizeKib: sizeOf(process), by };
    }),
  };
}

/** A sweep for programs. */
export function sweepJson({ setting }: Sweep, tried: readonly Tried[]) {
  return {
    setting,
    tried: tried.map(({ acts, value }) => ({ value, acts: acts.map(actJson) })),
  };
}
