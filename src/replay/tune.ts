import type { Options } from "../model/options.ts";
import { type Episode, episodesOf, isWithin } from "./episodes.ts";
import type { Recording } from "./recording.ts";
import { replay, type RunDaemon } from "./replay.ts";
import { type Sweep, withSetting } from "./sweep.ts";

/** Less than this is too little to go by. */
const LEAST_MS = 24 * 3_600_000;
const LEAST_EPISODES = 10;

/** What was tried, in order; what is in force comes first and stays where nothing is better. */
const TRIED: readonly Sweep[] = [
  { setting: "psi", values: [5, 10, 15, 20, 25, 30, 40, 50, 60] },
  { setting: "mem", values: [4, 6, 8, 10, 12, 15, 20] },
];

/** How a value would have done. */
export interface Score {
  readonly value: number;
  /** Kills in episodes that went by without one. */
  readonly needless: number;
  /** Episodes that ended badly in which it would have killed nobody. */
  readonly missed: number;
}

export interface Proposal {
  readonly setting: Sweep["setting"];
  readonly inForce: number;
  readonly proposed: number;
  readonly scores: readonly Score[];
}

export interface Tuning {
  readonly spanMs: number;
  readonly episodes: readonly Episode[];
  /** Why nothing is proposed, as a sentence, or null. */
  readonly refusal: string | null;
  readonly proposals: readonly Proposal[];
}

interface Known {
  readonly recording: Recording;
  readonly episodes: readonly Episode[];
}

/** Settings that would have done better in these recordings, with how each did. */
export function tune(run: RunDaemon, recordings: readonly Recording[], options: Options): Tuning {
  const known = recordings.map((recording) => ({ recording, episodes: episodesOf(recording) }));
  const spanMs = recordings.reduce((sum, { lastAtMs }) => sum + lastAtMs, 0);
  const episodes = known.flatMap((one) => one.episodes);
  const refusal = refusalOf(options, spanMs, episodes.length);
  const proposals: Proposal[] = [];
  let best = options;
  for (const { setting, values } of refusal === null ? TRIED : []) {
    const inForce = setting === "psi" ? options.psiPercent : options.mem.softPercent;
    const all = [...new Set([inForce, ...values])].toSorted((a, b) => a - b);
    const scores = all.map((value) =>
      scoreOf(run, known, value === inForce ? best : withSetting(best, setting, value), value),
    );
    const proposed = bestOf(scores, inForce);
    best = proposed === inForce ? best : withSetting(best, setting, proposed);
    proposals.push({ setting, inForce, proposed, scores });
  }
  return { spanMs, episodes, refusal, proposals };
}

function refusalOf(options: Options, spanMs: number, episodes: number): string | null {
  if (options.when !== null) {
    return "conditions of your own (when) are in force, and there is nothing to propose for them";
  }
  if (options.mem.softKib !== undefined || options.mem.hardKib !== undefined) {
    return (
      "a limit of available memory is a size here, such as 500M, and only limits in percent can " +
      "be compared; give those with --mem, and leave mem-size out"
    );
  }
  const hours = (spanMs / 3_600_000).toFixed(1);
  const isEnough = spanMs >= LEAST_MS && episodes >= LEAST_EPISODES;
  return isEnough
    ? null
    : `too little to go by: ${hours} h with ${episodes} episodes in which memory was short or ` +
        `tasks stalled; it takes ${LEAST_MS / 3_600_000} h with ${LEAST_EPISODES}`;
}

function scoreOf(run: RunDaemon, known: readonly Known[], options: Options, value: number): Score {
  let needless = 0;
  let missed = 0;
  for (const { episodes, recording } of known) {
    const kills = replay(run, recording, options).filter(({ kind }) => kind === "kill");
    for (const episode of episodes) {
      const count = kills.filter(({ atMs }) => isWithin(atMs, episode)).length;
      needless += episode.end === "passed" ? count : 0;
      missed += (episode.end === "kernel" || episode.end === "frozen") && count === 0 ? 1 : 0;
    }
  }
  return { value, needless, missed };
}

/** The fewest bad ends and kills for nothing together; of those, the nearest to those in force. */
function bestOf(scores: readonly Score[], inForce: number): number {
  const cost = ({ missed, needless }: Score) => missed + needless;
  const least = Math.min(...scores.map(cost));
  const good = scores.filter((score) => cost(score) === least).map(({ value }) => value);
  return good.toSorted((a, b) => Math.abs(a - inForce) - Math.abs(b - inForce))[0] ?? inForce;
}
