import type { RecordedLook } from "../model/recorded.ts";
import {
  At,
  type Band,
  COARSE,
  FINE,
  Hour,
  HOUR_WORDS,
  HOURS,
  HOURS_AT,
  MAGIC,
  RING_BYTES,
  Row,
  ROW_WORDS,
  RULE_NAME_WORDS,
  RULE_WORDS,
  RuleAt,
  RULES,
  RULES_AT,
  VERSION,
} from "./layout.ts";

/** One hour in which a daemon looked. */
export interface RecordedHour {
  /** Milliseconds since 1970 at its beginning. */
  readonly wallMs: number;
  /** The least that was available; -1 where only plenty was seen. */
  readonly lowestKib: number;
  readonly lowestPercent: number;
  readonly lowestWallMs: number;
  /** Times that memory came near the limit. */
  readonly near: number;
  readonly kills: number;
  /** Kills that a dry run would have made. */
  readonly wouldKill: number;
}

/** What a rule has killed since boot. */
export interface RuleCount {
  readonly rule: string;
  readonly kills: number;
  readonly wouldKill: number;
}

/** All that the flight recorder knows; counts are since boot. */
export interface RingContent {
  readonly pid: number;
  readonly dryRun: boolean;
  readonly starts: number;
  /** Milliseconds of CLOCK_MONOTONIC. */
  readonly startedAtMs: number;
  readonly lookAtMs: number;
  /** Realtime less monotonic time, as the daemon last read them. */
  readonly wallOffsetMs: number;
  readonly near: number;
  readonly nobody: number;
  readonly wouldKill: number;
  readonly incidentsWritten: number;
  readonly incidentsLost: number;
  readonly lostErrno: number;
  readonly oomKills: number;
  readonly oomKillsSeen: number;
  /** 0 when there was no kill. */
  readonly killWallMs: number;
  readonly freedKib: number;
  readonly lowestKib: number;
  /** 0 when memory was plenty all the time. */
  readonly lowestWallMs: number;
  readonly rules: readonly RuleCount[];
  /** In ascending order. */
  readonly hours: readonly RecordedHour[];
  /** In ascending order; the last minutes are dense, older ones thin. */
  readonly looks: readonly RecordedLook[];
  /** The boot that it belongs to, in hexadecimal digits. */
  readonly boot: string;
}

/** What the bytes of a ring file tell, or why they tell nothing, as the end of a sentence. */
export type RingRead = { readonly ring: RingContent } | { readonly problem: string };

const HOUR_MS = 3_600_000;
const MONOTONIC_LONGEST_MS = 1e13;

function problemOf(bytes: Uint8Array, words: Uint32Array): string | null {
  if (bytes.length === 0) {
    return "it is empty";
  }
  if (bytes.length < 4 * (At.version + 1) || words[0] !== MAGIC[0] || words[1] !== MAGIC[1]) {
    return "it is not a flight recorder of bustd";
  }
  if (words[At.version] !== VERSION) {
    return `it has format ${words[At.version]}, and this bustd reads format ${VERSION}`;
  }
  if (bytes.length !== RING_BYTES || words[At.fileBytes] !== RING_BYTES) {
    return `it is cut short or torn: ${bytes.length} bytes in place of ${RING_BYTES}`;
  }
  return words[At.headerBytes] !== 4 * FINE.at || words[At.rowBytes] !== 4 * ROW_WORDS
    ? "it is garbled"
    : null;
}

/** A time that can be one, else 0. */
function time(value: number | undefined): number {
  return value !== undefined && value >= 0 && value < MONOTONIC_LONGEST_MS ? value : 0;
}

function lookAt(words: Uint32Array, doubles: Float64Array, at: number): RecordedLook {
  const word = (index: number) => words[at + index] ?? 0;
  return {
    atMs: doubles[(at + Row.at) >> 1] ?? 0,
    wallMs: 1000 * word(Row.wallS),
    marks: word(Row.marks),
    totalKib: word(Row.totalKib),
    availableKib: word(Row.availableKib),
    setAsideKib: word(Row.setAsideKib),
    swapTotalKib: word(Row.swapTotalKib),
    swapFreeKib: word(Row.swapFreeKib),
    someMs: word(Row.someMs),
    fullMs: word(Row.fullMs),
    refaults: word(Row.refaults),
    swapIns: word(Row.swapIns),
    oomKills: word(Row.oomKills),
  };
}

/** Whether a row can be true: one that was half written, or garbled, is left out. */
function isPlausible(look: RecordedLook): boolean {
  return (
    look.atMs > 0 &&
    look.atMs < MONOTONIC_LONGEST_MS &&
    look.totalKib > 0 &&
    look.availableKib <= look.totalKib &&
    look.swapFreeKib <= look.swapTotalKib
  );
}

function looksOf(words: Uint32Array, doubles: Float64Array, band: Band): RecordedLook[] {
  const written = words[band.written] ?? 0;
  const looks: RecordedLook[] = [];
  let beforeMs = 0;
  for (let number = Math.max(1, written - band.rows + 1); number <= written; number++) {
    const at = band.at + ((number - 1) % band.rows) * ROW_WORDS;
    if (words[at + Row.begin] !== number || words[at + Row.end] !== number) {
      continue;
    }
    const look = lookAt(words, doubles, at);
    if (isPlausible(look) && look.atMs >= beforeMs) {
      looks.push(look);
      beforeMs = look.atMs;
    }
  }
  return looks;
}

/** Both rings as one: coarse rows up to the first fine one. */
function allLooks(words: Uint32Array, doubles: Float64Array): RecordedLook[] {
  const fine = looksOf(words, doubles, FINE);
  const firstMs = fine[0]?.atMs ?? Infinity;
  return [...looksOf(words, doubles, COARSE).filter(({ atMs }) => atMs < firstMs), ...fine];
}

function hoursOf(words: Uint32Array): RecordedHour[] {
  const hours: RecordedHour[] = [];
  for (let index = 0; index < HOURS; index++) {
    const word = (at: number) => words[HOURS_AT + index * HOUR_WORDS + at] ?? 0;
    const number = word(Hour.number);
    if (number % HOURS === index && number > 0) {
      const hasLowest = word(Hour.lowestWallS) > 0;
      hours.push({
        wallMs: number * HOUR_MS,
        lowestKib: hasLowest ? word(Hour.lowestKib) : -1,
        lowestPercent: Math.min(100, word(Hour.lowestShare) / 100),
        lowestWallMs: 1000 * word(Hour.lowestWallS),
        near: word(Hour.near),
        kills: word(Hour.kills),
        wouldKill: word(Hour.wouldKill),
      });
    }
  }
  return hours.toSorted((a, b) => a.wallMs - b.wallMs);
}

function rulesOf(words: Uint32Array, bytes: Uint8Array): RuleCount[] {
  const rules: RuleCount[] = [];
  for (let index = 0; index < RULES; index++) {
    const at = RULES_AT + index * RULE_WORDS;
    const name = bytes.subarray(4 * at, 4 * (at + RULE_NAME_WORDS));
    const letters = [...name].filter((code) => code > 32 && code < 127);
    const rule = String.fromCharCode(...letters);
    if (rule !== "") {
      const kills = words[at + RuleAt.kills] ?? 0;
      rules.push({ rule, kills, wouldKill: words[at + RuleAt.wouldKill] ?? 0 });
    }
  }
  return rules;
}

/** Takes the bytes of a ring file apart; never throws, whatever they are. */
export function readRing(file: Uint8Array): RingRead {
  // A copy that begins at a multiple of 8, cut to whole words.
  const bytes = new Uint8Array(file.length - (file.length % 8));
  bytes.set(file.subarray(0, bytes.length));
  const words = new Uint32Array(bytes.buffer);
  const problem = problemOf(file, words);
  if (problem !== null) {
    return { problem };
  }
  const doubles = new Float64Array(bytes.buffer);
  const word = (at: number) => words[at] ?? 0;
  const boot = bytes.subarray(4 * At.boot, 4 * At.boot + 16);
  return {
    ring: {
      pid: word(At.pid),
      dryRun: word(At.dryRun) === 1,
      starts: word(At.starts),
      startedAtMs: time(doubles[At.startedAt]),
      lookAtMs: time(doubles[At.lookAt]),
      wallOffsetMs: time(doubles[At.wallOffsetMs]),
      near: word(At.near),
      nobody: word(At.nobody),
      wouldKill: word(At.wouldKill),
      incidentsWritten: word(At.incidentsWritten),
      incidentsLost: word(At.incidentsLost),
      lostErrno: word(At.lostErrno),
      oomKills: word(At.oomKills),
      oomKillsSeen: word(At.oomKillsSeen),
      killWallMs: time(doubles[At.killWallMs]),
      freedKib: time(doubles[At.freedKib]),
      lowestKib: time(doubles[At.lowestKib]),
      lowestWallMs: time(doubles[At.lowestWallMs]),
      rules: rulesOf(words, bytes),
      hours: hoursOf(words),
      looks: allLooks(words, doubles),
      boot: [...boot].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    },
  };
}
