const DAY_MS = 86_400_000;
/** Days from 1 March of year 0 to 1 January 1970, in the Gregorian calendar. */
const EPOCH_DAYS = 719_468;
const DAYS_IN_400_YEARS = 146_097;

function padded(value: number, digits = 2): string {
  return String(value).padStart(digits, "0");
}

/**
 * A time as RFC 3339 writes it, in UTC; milliseconds since 1970. By hand: the engine's dates would
 * load the time zones of the world.
 */
export function utcTime(wallMs: number): string {
  const days = Math.floor(wallMs / DAY_MS) + EPOCH_DAYS;
  const era = Math.floor(days / DAYS_IN_400_YEARS);
  const dayOfEra = days - era * DAYS_IN_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const seconds = Math.floor((wallMs % DAY_MS) / 1000);
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  const clock = time.map((part) => padded(Math.floor(part))).join(":");
  return `${padded(year, 4)}-${padded(month)}-${padded(day)}T${clock}Z`;
}

/** The same to the millisecond: `2026-11-28T14:55:11.123Z`. */
export function preciseUtcTime(wallMs: number): string {
  return `${utcTime(wallMs).slice(0, -1)}.${padded(Math.floor(wallMs) % 1000, 3)}Z`;
}

/** The same without what a file's name had better not hold: `20261128T145511.123Z`. */
export function stampOf(wallMs: number): string {
  let stamp = "";
  for (const letter of preciseUtcTime(wallMs)) {
    stamp += letter === "-" || letter === ":" ? "" : letter;
  }
  return stamp;
}
