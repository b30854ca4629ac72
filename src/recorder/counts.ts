import type { HourOver } from "../model/event.ts";
import { type Ring, wallMsAt } from "./ring.ts";
import {
  At,
  Hour,
  HOUR_WORDS,
  HOURS,
  HOURS_AT,
  RULE_NAME_WORDS,
  RULE_WORDS,
  RuleAt,
  RULES,
  RULES_AT,
} from "./layout.ts";

const HOUR_MS = 3_600_000;
/** In place of the least that was available, where nobody looked closely. */
const NEVER = 0xffffffff;

/** The place of the hour in which something happened, begun anew when it held an older one. */
export function hourAt(ring: Ring, wallMs: number): number {
  const { words } = ring;
  const number = Math.floor(wallMs / HOUR_MS);
  const at = HOURS_AT + (number % HOURS) * HOUR_WORDS;
  if (words[at] !== number) {
    for (let i = 1; i < HOUR_WORDS; i++) {
      words[at + i] = 0;
    }
    words[at + Hour.lowestKib] = NEVER;
    words[at] = number;
  }
  return at;
}

/**
 * What the last hour was like, at the first look of a new one that follows it; null at all others,
 * and where nobody looked for longer.
 */
export function hourOver(ring: Ring, atMs: number): HourOver | null {
  const { doubles, words } = ring;
  const number = Math.floor(wallMsAt(ring, atMs) / HOUR_MS);
  const before = doubles[At.toldHour] ?? 0;
  if (number === before) {
    return null;
  }
  doubles[At.toldHour] = number;
  if (number !== before + 1) {
    return null;
  }
  const at = HOURS_AT + (before % HOURS) * HOUR_WORDS;
  const isKnown = words[at] === before && words[at + Hour.lowestKib] !== NEVER;
  return {
    lowestKib: isKnown ? (words[at + Hour.lowestKib] ?? 0) : -1,
    lowestPercent: isKnown ? (words[at + Hour.lowestShare] ?? 0) / 100 : -1,
    near: isKnown ? (words[at + Hour.near] ?? 0) : 0,
    kills: isKnown ? (words[at + Hour.kills] ?? 0) : 0,
  };
}

/** Adds to a count. */
export function add(words: Uint32Array, at: number, count: number): void {
  words[at] = (words[at] ?? 0) + count;
}

/** Where a rule's counts stand; the last place is for all that find no other. */
function ruleAt({ words }: Ring, rule: string): number {
  for (let index = 0; index < RULES; index++) {
    const at = RULES_AT + index * RULE_WORDS;
    if (words[at] === 0 || index === RULES - 1 || isNamed(words, at, rule)) {
      return at;
    }
  }
  return RULES_AT;
}

/** Four characters of a rule's name, as a word. */
function nameWord(rule: string, index: number): number {
  let word = 0;
  for (let i = 3; i >= 0; i--) {
    const code = rule.charCodeAt(4 * index + i);
    word = (word << 8) | (code > 32 && code < 127 ? code : 0);
  }
  return word >>> 0;
}

function isNamed(words: Uint32Array, at: number, rule: string): boolean {
  for (let i = 0; i < RULE_NAME_WORDS; i++) {
    if (words[at + i] !== nameWord(rule, i)) {
      return false;
    }
  }
  return true;
}

/** Counts a kill of this rule, or one that a dry run would have made, and what it gave back. */
export function noteKill(ring: Ring, rule: string, dryRun: boolean, freedKib: number): void {
  const { doubles, sys, words } = ring;
  const at = ruleAt(ring, rule);
  const wallMs = sys.wallMs();
  for (let i = 0; i < RULE_NAME_WORDS; i++) {
    words[at + i] = nameWord(rule, i);
  }
  if (dryRun) {
    add(words, at + RuleAt.wouldKill, 1);
    add(words, At.wouldKill, 1);
    add(words, hourAt(ring, wallMs) + Hour.wouldKill, 1);
    return;
  }
  add(words, at + RuleAt.kills, 1);
  add(words, hourAt(ring, wallMs) + Hour.kills, 1);
  doubles[At.killWallMs] = wallMs;
  doubles[At.freedKib] = (doubles[At.freedKib] ?? 0) + Math.max(0, freedKib);
}

/** Counts a crisis in which nobody could be killed. */
export function noteNobody({ words }: Ring): void {
  add(words, At.nobody, 1);
}

/** Counts an incident that was written (0), or lost for this positive error number. */
export function noteIncident({ words }: Ring, errno: number): void {
  add(words, errno === 0 ? At.incidentsWritten : At.incidentsLost, 1);
  if (errno !== 0) {
    words[At.lostErrno] = errno;
  }
}
