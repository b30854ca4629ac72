import type { Event } from "../model/event.ts";

const SECOND_MS = 1000;
const ROUND_S = 10;

/** A time that is only guessed: to ten seconds where it is long. */
function aboutText(ms: number): string {
  const s = ms / SECOND_MS;
  return `about ${s < ROUND_S ? Math.max(1, Math.round(s)) : Math.round(s / ROUND_S) * ROUND_S} s`;
}

/** How long is left, as the beginning of a sentence in small letters. */
export function warningText({ isFar, leftMs }: Extract<Event, { kind: "warned" }>): string {
  return isFar
    ? `memory will be at its limit in ${aboutText(leftMs)} at this rate`
    : `memory is at its limit, and used up in ${aboutText(leftMs)} at this rate`;
}
