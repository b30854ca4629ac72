/** Whether also what the daemon does not withstand yet is played: `npm run test:attacks`. */
const playsAll = process.env["BUSTD_ATTACKS"] === "all";

/** Why a test is left out, for its name; "" when it is not. */
export function leftOut(missing: string, isWithstood = true): string {
  if (missing !== "") return ` (left out: ${missing})`;
  const isPlayed = isWithstood || playsAll;
  return isPlayed ? "" : " (left out: not withstood yet; npm run test:attacks plays it)";
}
