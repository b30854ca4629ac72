import { expect, test } from "bun:test";
import fc from "fast-check";
import { rfc3339, stampOf } from "../../src/recorder/stamp.ts";

test("any time from 1970 to 9999 is written as the engine writes it", () => {
  fc.assert(
    fc.property(fc.nat(253_402_300_799_999), (ms) => {
      expect(rfc3339(ms)).toBe(new Date(ms).toISOString());
    }),
    { numRuns: 20_000 },
  );
});

test("a stamp has nothing that a file's name had better not hold", () => {
  expect(stampOf(Date.UTC(2028, 1, 29, 23, 59, 59, 7))).toBe("20280229T235959.007Z");
});
