import type { Candidate } from "../model/selection.ts";
import { warningText } from "../report/warning-text.ts";
import type { Replayed } from "./lines.ts";
import type { Act, Warning } from "./replay.ts";
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

function warningJson({ atMs, event }: Warning) {
  const { isFar, leftMs, selection } = event;
  const because = warningText(event);
  return { atMs, because, isFar, leftMs, victims: selection.victims.map(candidate) };
}

/** A replay for programs. */
export function replayJson({ acts, deaths, options, recording, warnings, whose }: Replayed) {
  const { mem, psiPercent, swap, warn, when } = options;
  const { header, isCut, lastAtMs, moments } = recording;
  return {
    recording: { ...header, moments, lastAtMs, isCut },
    settings: { whose, psiPercent, mem, swap, when: when?.map(({ text }) => text) ?? null, warn },
    acts: acts.map(actJson),
    warnings: warnings.map(warningJson),
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
