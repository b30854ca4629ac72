import { expect, test } from "bun:test";
import fc from "fast-check";
import { isAtLeast } from "../../src/readings/kernel-version.ts";

const rows: readonly (readonly [string, boolean])[] = [
  ["4.20.0", true],
  ["4.20", true],
  ["4.20-rc1", true],
  ["4.19.300", false],
  ["4.3.0", false],
  ["3.99.99", false],
  ["5.0.0", true],
  ["5.4.0-1234-aws", true],
  ["6.1.0-18-amd64", true],
  ["6.18.44-fc-v769", true],
  ["10.0", true],
  ["4.9.337-tegra", false],
  // What cannot be read is taken for a new one: its features are tried anyway.
  ["", true],
  ["unknown", true],
  [".4.19", true],
  ["4", true],
];
test.each(rows)("%j is at least 4.20: %p", (release, expected) => {
  expect(isAtLeast(release, 4, 20)).toBe(expected);
});

test("agrees with the order of pairs", () => {
  const part = fc.nat(50);
  fc.assert(
    fc.property(part, part, part, part, fc.string(), (a, b, major, minor, tail) => {
      const expected = a * 1000 + b >= major * 1000 + minor;
      expect(isAtLeast(`${a}.${b}.${tail}`, major, minor)).toBe(expected);
    }),
  );
});
