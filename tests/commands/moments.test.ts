import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { join } from "node:path";
import { localTime, parseMoment } from "../../src/commands/moments.ts";

const MOMENTS = join(import.meta.dir, "../../src/commands/moments.ts");
const NOW = new Date(2026, 10, 28, 14, 30, 15).getTime();
const HOUR = 3_600_000;

const at = (...fields: readonly number[]) =>
  new Date(...(fields as [number, number, number])).getTime();

describe("a moment", () => {
  const rows: readonly (readonly [string, number | null])[] = [
    ["now", NOW],
    ["today", at(2026, 10, 28)],
    ["yesterday", at(2026, 10, 27)],
    ["2026-11-28", at(2026, 10, 28)],
    ["2026-11-28 09:05", at(2026, 10, 28, 9, 5)],
    ["2026-11-28T09:05:06", at(2026, 10, 28, 9, 5, 6)],
    ["2026-11-28T09:05:06.123Z", Date.UTC(2026, 10, 28, 9, 5, 6)],
    ["09:05", at(2026, 10, 28, 9, 5)],
    ["-2h", NOW - 2 * HOUR],
    ["- 90 s", NOW - 90_000],
    ["3 days ago", NOW - 72 * HOUR],
    ["5min ago", NOW - 300_000],
    ["@1700000000", 1_700_000_000_000],
    ["", null],
    ["soon", null],
    ["-2 fortnights", null],
    ["25:00", null],
    ["2026-02-30", null],
    ["2026-13-01", null],
    ["2026-13-45Z", null],
    ["2026-02-30T10:00Z", null],
    ["2h", null],
  ];

  test.each(rows)("%s", (text, ms) => expect(parseMoment(text, NOW)).toBe(ms));

  test("any that is shown is read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), (seconds) => {
        // An hour that comes twice is read as one of the two.
        const shown = localTime(seconds * 1000);
        expect(localTime(parseMoment(shown, NOW) ?? 0)).toBe(shown);
      }),
    );
  });
});

test("a time is shown with its zone, and never with another one's", () => {
  const local = (zone: string) => {
    const code = `import { zonedTime } from "${MOMENTS}"; console.log(zonedTime(0));`;
    const env = { ...process.env, TZ: zone };
    const { stdout } = Bun.spawnSync([process.execPath, "-e", code], { env });
    return stdout.toString().trim();
  };
  expect(local("UTC")).toBe("1970-01-01 00:00:00 UTC");
  expect(local("Asia/Kolkata")).toBe("1970-01-01 05:30:00 +05:30");
  expect(local("America/St_Johns")).toBe("1969-12-31 20:30:00 -03:30");
});
