import type { Process } from "../model/process.ts";
import { decode, MINUS, NINE, SPACE, ZERO } from "./text.ts";

/** The fields of `/proc/PID/stat` that are used, by their numbers in proc_pid_stat(5). */
export const Field = {
  ppid: 4,
  pgid: 5,
  sessionId: 6,
  flags: 9,
  majorFaults: 12,
  childMajorFaults: 13,
  userTicks: 14,
  systemTicks: 15,
  threads: 20,
  startTicks: 22,
  rssPages: 24,
} as const;

/** Ticks of 10 ms are the unit of all times here, whatever the kernel itself counts in; time(7). */
export const MS_PER_TICK = 10;

const LAST_FIELD = 24;
const PARENTHESIS_OPEN = 40;
const PARENTHESIS_CLOSE = 41;
const LETTER_A = 97;
const LETTER_Z = 122;
/** The bit that tells a small letter from a capital one. */
const LOWER = 32;

/** The numbers of the stat text that was parsed last, at their field numbers. */
export const statFields = new Float64Array(512);

/**
 * Parses `/proc/PID/stat` into `statFields`; the state letter, or "" when the text is cut or no
 * stat. The name may hold anything, so what follows begins behind the last parenthesis.
 */
export function parseStat(text: Uint8Array, length: number): string {
  const close = length > 0 ? text.lastIndexOf(PARENTHESIS_CLOSE, length - 1) : -1;
  if (close < 0 || close + 3 >= length || text[close + 1] !== SPACE) {
    return "";
  }
  const state = text[close + 2] ?? 0;
  const isLetter = (state | LOWER) >= LETTER_A && (state | LOWER) <= LETTER_Z;
  if (!isLetter || text[close + 3] !== SPACE) {
    return "";
  }
  let field = 4;
  let value = -1;
  let sign = 1;
  for (let at = close + 4; at < length; at++) {
    const byte = text[at] ?? 0;
    if (byte >= ZERO && byte <= NINE) {
      value = (value < 0 ? 0 : value * 10) + (byte - ZERO);
    } else if (byte === MINUS && value < 0 && sign > 0) {
      sign = -1;
    } else if (byte === SPACE && value >= 0) {
      statFields[field] = sign * value;
      if (field === LAST_FIELD) {
        return String.fromCharCode(state);
      }
      field++;
      value = -1;
      sign = 1;
    } else {
      return "";
    }
  }
  return "";
}

/** The name between the parentheses, as text. */
export function commOf(text: Uint8Array, length: number): string {
  const open = text.indexOf(PARENTHESIS_OPEN);
  const close = length > 0 ? text.lastIndexOf(PARENTHESIS_CLOSE, length - 1) : -1;
  if (open < 0 || close <= open) {
    return "";
  }
  return decode(text, close, open + 1);
}

type Stat = Pick<
  Process,
  | "childMajorFaults"
  | "comm"
  | "cpuMs"
  | "flags"
  | "majorFaults"
  | "pgid"
  | "ppid"
  | "sessionId"
  | "startMs"
  | "threads"
>;

/** What the stat text that was parsed last says of a process. */
export function statOf(text: Uint8Array, length: number): Stat {
  const ticks = (statFields[Field.userTicks] ?? 0) + (statFields[Field.systemTicks] ?? 0);
  return {
    comm: commOf(text, length),
    ppid: statFields[Field.ppid] ?? 0,
    pgid: statFields[Field.pgid] ?? 0,
    sessionId: statFields[Field.sessionId] ?? 0,
    flags: statFields[Field.flags] ?? 0,
    threads: statFields[Field.threads] ?? 0,
    startMs: (statFields[Field.startTicks] ?? 0) * MS_PER_TICK,
    majorFaults: statFields[Field.majorFaults] ?? 0,
    childMajorFaults: statFields[Field.childMajorFaults] ?? 0,
    cpuMs: ticks * MS_PER_TICK,
  };
}
