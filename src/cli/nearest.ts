import { distance } from "fastest-levenshtein";

/** The candidate a text was probably meant to be, or null when none is near. */
export function nearest(text: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(text.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = candidate.toLowerCase() === text.toLowerCase() ? 0 : distance(text, candidate);
    const within = text.length >= 3 && candidate.includes(text);
    const score = within ? Math.min(edits, 1.5) : edits;
    if (score < least) {
      best = candidate;
      least = score;
    }
  }
  return best;
}
