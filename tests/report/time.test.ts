import { expect, test } from "bun:test";
import fc from "fast-check";
import { utcTime } from "../../src/report/time.ts";

/** What the engine makes of it, which the daemon does without. */
function expected(realMs: number): string {
  return new Date(realMs).toISOString().replace(/\.\d+Z$/, "Z");
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
])("%d ms after 1970", (realMs) => expect(utcTime(realMs)).toBe(expected(realMs)));

test("every second from 1970 to the year 9999 is as the calendar says", () => {
  const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
  fc.assert(
    fc.property(fc.double({ min: 0, max: lastMs, noNaN: true }), (realMs) => {
      expect(utcTime(realMs)).toBe(expected(realMs));
    }),
    { numRuns: 5000 },
  );
});

test("every day of four hundred years follows the one before", () => {
  for (let day = 0; day < 146_097; day++) {
    const realMs = day * 86_400_000 + 43_200_000;
    if (utcTime(realMs) !== expected(realMs)) {
      expect(utcTime(realMs)).toBe(expected(realMs));
    }
  }
});
