/** Moments as `journalctl --since` takes them; systemd.time(7). */

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  sec: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  weeks: 604_800_000,
};

/** What may be said, as the end of a sentence. */
export const MOMENTS = "a time such as '2026-11-28 14:30', '14:30', yesterday, today, now or -2h";

const AGO = /^(?:-\s*(\d+)\s*([a-z]+)|(\d+)\s*([a-z]+)\s+ago)$/;
const DATE = /^(?:(\d{4})-(\d\d)-(\d\d))?(?:[ T]?(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?(Z)?$/;

function midnight(nowMs: number, days: number): number {
  const date = new Date(nowMs);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}

function parseDate(text: string, nowMs: number): number | null {
  const parts = DATE.exec(text);
  if (parts === null || text === "" || text === "Z") {
    return null;
  }
  const [, year, month, day, hour = "0", minute = "0", second = "0", utc] = parts;
  const today = new Date(nowMs);
  const fields = [
    year === undefined ? today.getFullYear() : Number(year),
    month === undefined ? today.getMonth() : Number(month) - 1,
    day === undefined ? today.getDate() : Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  ] as const;
  const isLocal = utc === undefined;
  const date = new Date(isLocal ? new Date(...fields) : Date.UTC(...fields));
  // What is no day, as 30 February, would be taken for one of another month.
  const isSame = (isLocal ? date.getMonth() : date.getUTCMonth()) === fields[1];
  return isSame && fields[3] < 24 && fields[4] < 60 && fields[5] < 61 ? date.getTime() : null;
}

/** Milliseconds since 1970, or null where the text is no time. */
export function parseMoment(text: string, nowMs: number): number | null {
  const said = text.trim().toLowerCase();
  switch (said) {
    case "now":
      return nowMs;
    case "today":
      return midnight(nowMs, 0);
    case "yesterday":
      return midnight(nowMs, -1);
    default:
  }
  if (/^@\d{1,11}$/.test(said)) {
    return Number(said.slice(1)) * 1000;
  }
  const ago = AGO.exec(said);
  if (ago !== null) {
    const unit = UNITS_MS[ago[2] ?? ago[4] ?? ""];
    return unit === undefined ? null : nowMs - Number(ago[1] ?? ago[3]) * unit;
  }
  return parseDate(text.trim(), nowMs);
}

/** What may be said of a time that something takes, as the end of a sentence. */
export const SPANS = "a time such as 30s, 10min, 8h or 2d";

const SPAN = /^(\d+)\s*([a-z]+)$/;

/** Milliseconds, or null where the text is no such time. */
export function parseSpan(text: string): number | null {
  const [, count, unit = ""] = SPAN.exec(text.trim().toLowerCase()) ?? [];
  const unitMs = UNITS_MS[unit];
  return count === undefined || unitMs === undefined ? null : Number(count) * unitMs;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** How far the reader's clock was from UTC at a moment: `+01:00`, or `UTC`. */
export function zoneOf(wallMs: number): string {
  const minutes = -new Date(wallMs).getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return minutes === 0 ? "UTC" : `${minutes < 0 ? "-" : "+"}${two(hours)}:${two(rest)}`;
}

/** A moment on the reader's clock, with its zone: `2026-11-28 14:30:05 +01:00`. */
export function zonedTime(wallMs: number): string {
  return `${localTime(wallMs)} ${zoneOf(wallMs)}`;
}

/** A moment on the reader's clock: `2026-11-28 14:30:05`. */
export function localTime(wallMs: number): string {
  const date = new Date(wallMs);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${day} ${time}`;
}
