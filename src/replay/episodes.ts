import { shareOf } from "./course.ts";
import type { Recording } from "./recording.ts";
import { deathsOf, Stage } from "./stage.ts";

/** Memory was short, or tasks stalled; milliseconds since the recording began. */
export interface Episode {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lowestPercent: number;
  /** How long some task waited for memory in it. */
  readonly stalledMs: number;
  /** How it ended: it went by, the kernel killed, nothing moved for long, or a daemon acted. */
  readonly end: "passed" | "kernel" | "frozen" | "bustd";
}

/** Below this share of available memory, or above this share of stalls, an episode goes on … */
const SHORT_PERCENT = 20;
const STALL_PERCENT = 10;
/** … and is over after so long without. */
const CALM_MS = 60_000;
/** Tasks that wait for three quarters of so long are as good as frozen. */
const FROZEN_MS = 20_000;
const FROZEN_SHARE = 0.75;

interface Open {
  fromMs: number;
  toMs: number;
  lowestPercent: number;
  stalledMs: number;
  isFrozen: boolean;
}

/** The times in which memory was short, in order. */
export function episodesOf(recording: Recording): readonly Episode[] {
  const stage = new Stage(recording);
  const found: Open[] = [];
  let window: { atMs: number; us: number }[] = [];
  let before = { atMs: stage.atMs, us: stage.some?.totalUs ?? 0 };
  do {
    const now = { atMs: stage.atMs, us: stage.some?.totalUs ?? 0 };
    const available = shareOf(stage);
    const stalledMs = Math.max(0, now.us - before.us) / 1000;
    const isStalled = stalledMs * 100 >= STALL_PERCENT * Math.max(1, now.atMs - before.atMs);
    window = [...window.filter(({ atMs }) => atMs >= now.atMs - FROZEN_MS), now];
    if (available < SHORT_PERCENT || (isStalled && stalledMs > 0)) {
      let last = found.at(-1);
      if (last === undefined || now.atMs - last.toMs > CALM_MS) {
        last = {
          fromMs: now.atMs,
          toMs: now.atMs,
          lowestPercent: 100,
          stalledMs: 0,
          isFrozen: false,
        };
        found.push(last);
      }
      const stalledUs = now.us - (window[0]?.us ?? now.us);
      last.toMs = now.atMs;
      last.lowestPercent = Math.min(last.lowestPercent, available);
      last.stalledMs += stalledMs;
      last.isFrozen ||= stalledUs >= FROZEN_MS * 1000 * FROZEN_SHARE;
    }
    before = now;
  } while (stage.step() !== null);
  const deaths = deathsOf(recording);
  return found.map(({ fromMs, isFrozen, lowestPercent, stalledMs, toMs }) => {
    const within = deaths.filter(({ atMs }) => isWithin(atMs, { fromMs, toMs }));
    const hands = new Set(within.map(({ by }) => by));
    return { fromMs, toMs, lowestPercent, stalledMs, end: endOf(hands, isFrozen) };
  });
}

function endOf(hands: ReadonlySet<string>, isFrozen: boolean): Episode["end"] {
  if (hands.has("bustd") || hands.has("kernel")) {
    return hands.has("bustd") ? "bustd" : "kernel";
  }
  return isFrozen ? "frozen" : "passed";
}

/** Whether something belongs to an episode, or came of it. */
export function isWithin(
  atMs: number,
  { fromMs, toMs }: Pick<Episode, "fromMs" | "toMs">,
): boolean {
  return atMs >= fromMs - 1_000 && atMs <= toMs + CALM_MS / 2;
}
