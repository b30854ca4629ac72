import {
  begin,
  finish,
  type Kill,
  type Standing,
  tend,
  type Whole,
} from "../../src/crisis/kill.ts";
import type { Ending } from "../../src/model/event.ts";
import { DYING_LOOK_MS } from "../../src/model/limits.ts";
import { FakeSys } from "./fake-sys.ts";
import { aProcess } from "./nouns.ts";
import type { PaperProcess } from "./paper-process.ts";

export const GRACE_MS = 500;
export const LEFT_KIB = 100_000;
export const ALONE: Whole = { cgroupDirectory: () => "", group: () => 0 };

export const STEP_KIB = 4_000;

/** How the machine stands, where less than a few MiB is no change. */
export function standing(isHard: boolean, leftKib = LEFT_KIB): Standing {
  return { isHard, leftKib, stepKib: STEP_KIB };
}

interface Circumstances {
  readonly urgency?: "term" | "kill";
  readonly graceMs?: number;
  readonly whole?: Whole;
  readonly isHard?: (nowMs: number) => boolean;
  /** What is left of memory and swap; always the same if not given. */
  readonly leftKib?: (nowMs: number) => number;
}

/** How a kill went. */
interface Told {
  readonly sys: FakeSys;
  readonly ending: Ending;
  readonly tookMs: number;
  readonly kill: Kill;
}

/** Begins to kill these processes, and looks after them as the daemon does, until it is over. */
export function kill(
  processes: readonly PaperProcess[],
  circumstances: Circumstances = {},
  sys = new FakeSys(),
): Told {
  const { graceMs = GRACE_MS, isHard = () => false, urgency = "term" } = circumstances;
  const { leftKib = () => LEFT_KIB } = circumstances;
  const whole = circumstances.whole ?? ALONE;
  sys.add(...processes);
  const begun = begin(sys, victimsOf(processes), urgency, graceMs, whole);
  for (;;) {
    sys.wait(DYING_LOOK_MS);
    const ending = tend(sys, begun, standing(isHard(sys.nowMs()), leftKib(sys.nowMs())), whole);
    if (ending !== null) {
      const tookMs = sys.nowMs() - begun.startMs;
      finish(sys, begun);
      return { sys, ending, tookMs, kill: begun };
    }
  }
}

/** The same processes, as a scan would have seen them. */
export function victimsOf(processes: readonly PaperProcess[]) {
  return processes.map(({ pid, rssKib = 100, startMs = 0 }) =>
    aProcess(pid, { startMs, sizeKib: rssKib }),
  );
}

/** Attempts to release memory of one who dies. */
export function releasesOf({ calls }: FakeSys): string[] {
  return calls.filter((call) => call.includes(" release "));
}

/** A kernel on which a verb fails. */
export function refusing(verb: Parameters<FakeSys["refused"]["set"]>[0], errno: number): FakeSys {
  const sys = new FakeSys();
  sys.refused.set(verb, errno);
  return sys;
}
