import type { Outcome } from "../judge.ts";
import type { Seeded } from "./seeded.ts";

/** How a daemon did: `right`, or it was `late`, or ended an innocent (`wrong`), or the `kernel`
 * had to end somebody, or nobody who had to die did at the daemon's hand (`missed`). */
export type Verdict = "right" | "late" | "wrong" | "kernel" | "missed";

/** Who acts later than this after the crisis began, and lets tasks stall for so long, is late. */
const lateMs = 5000;
const longStallMs = 3000;

/** The worst that is true of it. */
export function verdictOf({ isCrisis, story }: Seeded, outcome: Outcome): Verdict {
  const { result, crisisToDeathMs } = outcome;
  const byDaemon = result.deaths.filter(({ by }) => by === "daemon");
  if (byDaemon.some(({ name }) => !story.mustDie.includes(name))) return "wrong";
  if (result.kernelOomKills > 0) return "kernel";
  if (!isCrisis) return "right";
  if (byDaemon.length === 0) return "missed";
  const isLate = (crisisToDeathMs ?? 0) > lateMs && result.stallUs / 1000 > longStallMs;
  return isLate ? "late" : "right";
}
