import { expect, test } from "bun:test";
import fc from "fast-check";
import { fitting, wrapped } from "../../src/report/wrap.ts";

test("a number stays with its unit, and a word that only begins like one does not", () => {
  expect(wrapped("limits of 10 % and 5 %, of 972 MiB.", 12, "", "")).toEqual([
    "limits of",
    "10 % and",
    "5 %, of",
    "972 MiB.",
  ]);
  expect(wrapped("by leak (pid 4242): 9 MiB", 12, "", "")).toEqual([
    "by leak",
    "(pid 4242):",
    "9 MiB",
  ]);
  expect(wrapped("it took 5 seconds", 12, "", "")).toEqual(["it took 5", "seconds"]);
  expect(wrapped("after 0.25 s: gone", 11, "", "")).toEqual(["after", "0.25 s:", "gone"]);
});

test("no line is too long, but for a word that is, and nothing is lost", () => {
  const words = fc.array(fc.constantFrom("a", "leak", "10", "%", "MiB", "s", "second"), {
    minLength: 1,
  });
  fc.assert(
    fc.property(words, fc.integer({ min: 12, max: 40 }), (parts, columns) => {
      const lines = wrapped(parts.join(" "), columns, "", "");
      expect(lines.join(" ")).toBe(parts.join(" "));
      // Units in a row hang together.
      const isShort = !/(?:%|MiB|s) (?:%|MiB|s)/.test(parts.join(" "));
      expect(!isShort || lines.every(({ length }) => length <= columns)).toBe(true);
    }),
  );
});

test("parts that do not fit are left out from the last one on", () => {
  const parts = ["25.0 % of 972 MiB", "acts at 10 %"];
  expect(fitting(parts, 40)).toBe("25.0 % of 972 MiB, acts at 10 %");
  expect(fitting(parts, 30)).toBe("25.0 % of 972 MiB");
  expect(fitting(parts, 5)).toBe("25.0 ");
  expect(fitting([], 5)).toBe("");
});
