import type { CommandLine } from "../cli/command-line.ts";
import type { Query } from "./match-incidents.ts";
import { MOMENTS, parseMoment, parseSpan, SPANS } from "./moments.ts";

type Tell = Extract<CommandLine, { kind: "tell" }>;

/** What was typed after a command that looks at what a daemon left behind. */
export interface Asked {
  readonly query: Query;
  readonly json: boolean;
  /** The newest first. */
  readonly isReverse: boolean;
  readonly mayPage: boolean;
  /** For how long to do it; Infinity where nobody says. */
  readonly forMs: number;
  /** Where to look in place of the daemon's own directories. */
  readonly directory: string | null;
}

/** What was asked for, or a sentence that says what is wrong with it. */
export function askedOf({ flags, words }: Tell, nowMs: number): Asked | string {
  const moment = (flag: string, otherwise: number): number | string => {
    const text = flags.get(flag);
    const ms = text === undefined ? otherwise : parseMoment(text, nowMs);
    return ms ?? `--${flag}: found '${text}', allowed is ${MOMENTS}`;
  };
  const sinceMs = moment("since", -Infinity);
  const untilMs = moment("until", Infinity);
  if (typeof sinceMs === "string" || typeof untilMs === "string") {
    return typeof sinceMs === "string" ? sinceMs : String(untilMs);
  }
  const span = flags.get("for");
  const forMs = span === undefined ? Infinity : parseSpan(span);
  if (forMs === null) {
    return `--for: found '${span}', allowed is ${SPANS}`;
  }
  return {
    query: { word: words[0] ?? null, sinceMs, untilMs, newestOnly: flags.has("newest") },
    json: flags.has("json"),
    isReverse: flags.has("reverse"),
    mayPage: !flags.has("no-pager"),
    forMs,
    directory: flags.get("directory") ?? null,
  };
}
