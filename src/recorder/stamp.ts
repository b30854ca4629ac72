const DAY_MS = 86_400_000;
/** Days of 400 years, and of the time from the first of March of the year 0 to 1970. */
const ERA_DAYS = 146_097;
const EPOCH_DAYS = 719_468;

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}

/**
 * A moment as RFC 3339 writes it, in UTC: `2026-11-28T14:55:11.123Z`. Years count from March here,
 * so that the day that is put in comes last.
 */
export function rfc3339(wallMs: number): string {
  const days = Math.floor(wallMs / DAY_MS) + EPOCH_DAYS;
  const era = Math.floor(days / ERA_DAYS);
  const day = days - era * ERA_DAYS;
  const leaps = Math.floor(day / 1460) - Math.floor(day / 36_524) + Math.floor(day / 146_096);
  const year = Math.floor((day - leaps) / 365);
  const dayOfYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const isNextYear = month >= 10;
  const date = [
    String(year + 400 * era + (isNextYear ? 1 : 0)).padStart(4, "0"),
    two(isNextYear ? month - 9 : month + 3),
    two(dayOfMonth),
  ].join("-");
  const ms = Math.floor(wallMs) - Math.floor(wallMs / DAY_MS) * DAY_MS;
  const time = [two(ms / 3_600_000), two((ms / 60_000) % 60), two((ms / 1000) % 60)].join(":");
  return `${date}T${time}.${String(ms % 1000).padStart(3, "0")}Z`;
}

/** The same without what a file's name had better not hold: `20261128T145511.123Z`. */
export function stampOf(wallMs: number): string {
  const text = rfc3339(wallMs);
  let stamp = "";
  for (const letter of text) {
    stamp += letter === "-" || letter === ":" ? "" : letter;
  }
  return stamp;
}
