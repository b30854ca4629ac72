import type { Options } from "../model/options.ts";
import type { Recording } from "./recording.ts";
import { type Act, replay, type RunDaemon } from "./replay.ts";

/** Which setting is tried, with which values. */
export interface Sweep {
  readonly setting: "psi" | "mem" | "swap";
  readonly values: readonly number[];
}

/** What may be said, as the end of a sentence. */
export const SWEEPS =
  "psi, mem or swap with two percentages and, if need be, a step, such as psi=5..60 or mem=4..20/2";

const FORM = /^(psi|mem|swap)=(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)(?:\/(\d+(?:\.\d+)?))?$/;
/** Where no step is given, the first of these that makes no more values than this. */
const STEPS = [0.5, 1, 2, 5, 10];
const USUAL_VALUES = 16;
const MOST_VALUES = 100;

/** `psi=5..60`, or null where the text is no sweep. */
export function parseSweep(text: string): Sweep | null {
  const [, setting, low, high, step] = FORM.exec(text) ?? [];
  const [from, to] = [Number(low), Number(high)];
  if (setting === undefined || to <= from || to > 100) {
    return null;
  }
  const usual = STEPS.find((by) => (to - from) / by < USUAL_VALUES) ?? 10;
  const by = step === undefined ? usual : Number(step);
  if (by <= 0 || (to - from) / by > MOST_VALUES) {
    return null;
  }
  const count = Math.floor((to - from) / by + 1e-9) + 1;
  const values = Array.from({ length: count }, (_, i) => Math.round((from + i * by) * 100) / 100);
  return { setting: setting as Sweep["setting"], values };
}

/** These options with another value; a hard limit is half of the soft one, as by default. */
export function withSetting(options: Options, setting: Sweep["setting"], value: number): Options {
  const limits = { softPercent: value, hardPercent: value / 2 };
  switch (setting) {
    case "psi":
      return { ...options, psiPercent: value };
    case "mem":
      return { ...options, mem: limits };
    case "swap":
      return { ...options, swap: limits };
  }
}

export interface Tried {
  readonly value: number;
  readonly acts: readonly Act[];
}

/** Replays a recording once for each value. */
export function sweepOver(
  run: RunDaemon,
  recording: Recording,
  options: Options,
  { setting, values }: Sweep,
): readonly Tried[] {
  return values.map((value) => ({
    value,
    acts: replay(run, recording, withSetting(options, setting, value)),
  }));
}
