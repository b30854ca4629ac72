import type { CandidateRecord, Incident } from "../model/incident.ts";
import type { SparedBecause } from "../model/selection.ts";
import { escapeName } from "./escape.ts";
import { sizeText } from "./units.ts";

export interface Named {
  readonly comm: string;
  readonly pid: number;
}

/** `leak (pid 4242)`. */
export function nameOf({ comm, pid }: Named): string {
  return `${escapeName(comm)} (pid ${pid})`;
}

/**
 * `1012 (oom_score 812, growth +200)`. By --sort-by-rss, --oom-score-adj and where kills were in
 * vain something else stands in place of oom_score, which is what the points leave of the score.
 */
export function scoreText({ oomScore, points, score }: CandidateRecord): string {
  const base = Math.round(points.reduce((rest, item) => rest - item.points, score));
  const own = base === oomScore ? `oom_score ${oomScore}` : `its share of memory ${base}`;
  const parts = points.map(
    ({ origin, points: value }) => `${escapeName(origin)} ${value > 0 ? "+" : ""}${value}`,
  );
  const sum = [own, ...parts].join(", ");
  return `${Math.round(score)} (${sum})`;
}

/** The candidates of an incident, in the order in which they would be killed. */
export function rankLines({ selection }: Incident): string[] {
  return (selection?.candidates ?? []).map(
    (item) => `${nameOf(item)}, ${sizeText(item.sizeKib)}: score ${scoreText(item)}`,
  );
}

const BECAUSE: Readonly<Record<SparedBecause, string>> = {
  init: "init is never killed",
  "kernel-thread": "a thread of the kernel",
  itself: "bustd itself",
  "oom-score-adj-minus-1000": "its oom_score_adj is -1000",
  exiting: "it was exiting already",
  root: "root's processes are left alone (--ignore-root-user)",
  protected: "protected",
  "managed-oom-omit": "ManagedOOMPreference=omit",
  "refused-before": "it could not be killed a while ago",
  dying: "it was dying already",
};

const SPARED_SHOWN = 5;

/** The largest who might not be chosen, and why. */
export function sparedLines({ selection }: Incident): string[] {
  const { spared = [], sparedCount = 0 } = selection ?? {};
  const shown = spared
    .filter(({ because }) => because !== "kernel-thread")
    .slice(0, SPARED_SHOWN)
    .map((item) => {
      const by = item.origin === "" ? "" : ` by ${escapeName(item.origin)}`;
      return `${nameOf(item)}, ${sizeText(item.sizeKib)}: ${BECAUSE[item.because]}${by}`;
    });
  const more = sparedCount - shown.length;
  return more > 0 && shown.length > 0 ? [...shown, `and ${more} more`] : shown;
}
