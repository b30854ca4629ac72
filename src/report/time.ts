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
export function utcTime(realMs: number): string {
  const days = Math.floor(realMs / DAY_MS) + EPOCH_DAYS;
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
  const seconds = Math.floor((realMs % DAY_MS) / 1000);
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  const clock = time.map((part) => padded(Math.floor(part))).join(":");
  return `${padded(year, 4)}-${padded(month)}-${padded(day)}T${clock}Z`;
}
