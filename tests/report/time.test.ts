import { expect, test } from "bun:test";
import fc from "fast-check";
import { preciseUtcTime, stampOf, utcTime } from "../../src/report/time.ts";

/** What the engine makes of it, which the daemon does without. */
function expected(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.\d+Z$/, "Z");
}

test.each([
  0,
  999,
  1000,
  86_399_999,
  86_400_000,
  Date.UTC(1972, 1, 29),
  Date.UTC(2000, 1, 29, 23, 59, 59, 999),
  Date.UTC(2000, 2, 1),
  Date.UTC(2026, 10, 28, 12),
  Date.UTC(2100, 1, 28),
  Date.UTC(2100, 2, 1),
  Date.UTC(9999, 11, 31, 23, 59, 59),
])("%d ms after 1970", (wallMs) => expect(utcTime(wallMs)).toBe(expected(wallMs)));

test("every second from 1970 to the year 9999 is as the calendar says", () => {
  const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
  fc.assert(
    fc.property(fc.double({ min: 0, max: lastMs, noNaN: true }), (wallMs) => {
      expect(utcTime(wallMs)).toBe(expected(wallMs));
    }),
    { numRuns: 5000 },
  );
});

test("every day of four hundred years follows the one before", () => {
  for (let day = 0; day < 146_097; day++) {
    const wallMs = day * 86_400_000 + 43_200_000;
    if (utcTime(wallMs) !== expected(wallMs)) {
      expect(utcTime(wallMs)).toBe(expected(wallMs));
    }
  }
});

test("to the millisecond, any time from 1970 to 9999 is written as the engine writes it", () => {
  fc.assert(
    fc.property(fc.nat(253_402_300_799_999), (ms) => {
      expect(preciseUtcTime(ms)).toBe(new Date(ms).toISOString());
    }),
    { numRuns: 20_000 },
  );
});

test("a stamp has nothing that a file's name had better not hold", () => {
  expect(stampOf(Date.UTC(2028, 1, 29, 23, 59, 59, 7))).toBe("20280229T235959.007Z");
});
