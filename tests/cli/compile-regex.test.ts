import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { compileRegex } from "../../src/cli/compile-regex.ts";
import { regexBudget } from "../../src/cli/regex/budget.ts";
import { matchRegex } from "../../src/policy/regex.ts";

function matches(source: string, text: string): boolean {
  const compiled = compileRegex(source);
  if ("reason" in compiled) {
    throw new Error(`${source}: ${compiled.reason}`);
  }
  return matchRegex(compiled, text);
}

describe("regular expressions", () => {
  const sources = [
    "(^|/)(init|X|sshd|firefox)$",
    "^(java|chromium)$",
    "ab",
    "^ab",
    "ab$",
    "^$",
    "$^",
    "",
    "a|$",
    "^|b",
    "(^a|b$)*c",
    "(?:^a|b)*c$",
    "a^b",
    "b$a",
    "(a*)*b",
    "(a|aa)+$",
    "[^a/]b?",
    "a{2,3}b",
    "a.b",
    "\\d+[b-]",
    "(^)*a",
    "(a$)?b",
    "\\ba",
    "a\\b",
    "\\B1",
    "(?i)A",
    "(?:b|\\bc)+$",
    "[\\d/]+?\\b",
  ];
  const texts = fc.string({
    unit: fc.constantFrom("a", "b", "c", "/", "\n", "1", "😀"),
    maxLength: 8,
  });

  test.each(sources)("%s matches what RegExp finds", (source) => {
    // JavaScript has flags beside the expression, ours in front of it.
    const expected = new RegExp(
      source.replace("(?i)", ""),
      source.startsWith("(?i)") ? "sui" : "su",
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(matches(source, text)).toBe(expected.test(text));
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["(^|/)(init|X|sshd|firefox)$", "firefox", true],
    ["(^|/)(init|X|sshd|firefox)$", "firefoxes", false],
    ["(^|/)(init|X|sshd|firefox)$", "/usr/bin/X", true],
    ["^Web Content$", "Web Content", true],
    ["[[:digit:]]+:[[:alpha:]_]", "kworker/3:x", true],
    ["^[[:upper:]]", "firefox", false],
    ["--type=renderer", "chromium --type=renderer", true],
    ["\\-\\-type", "a --type=b", true],
    ["a{b", "a{b", true],
    ["é$", "café", true],
    ["\\<sway\\>", "a sway", true],
    ["\\<sway\\>", "swayidle", false],
    ["^a{,2}$", "aaa", false],
    ["^a{,2}$", "", true],
    ["[]x]", "]", true],
    ["[^]x]", "]x", false],
    ["(?i)chrom", "Chromium", true],
    ["(?i)ÄÖ", "äö", true],
    ["(?i:a)B", "Ab", false],
    ["\\u{1f98a}\\x41\\u0042", "🦊AB", true],
    ["a}]", "a}]", true],
  ])("%s in %j: %p", (source, text, expected) => {
    expect(matches(source, text)).toBe(expected);
  });

  test.each([
    ["(", 0, "unterminated group"],
    ["ab[", 2, "unterminated character class"],
    ["[]", 0, "unterminated character class"],
    ["*a", 0, "nothing to repeat"],
    ["g++", 2, "nothing to repeat"],
    ["a{2}{3}", 4, "nothing to repeat"],
    ["^*", 1, "nothing to repeat"],
    ["a{3,2}", 1, "invalid count"],
    ["a)", 1, "unmatched )"],
    ["(a)\\1", 3, "back-references cannot be used"],
    ["a(?=b)", 1, "looking ahead or behind cannot be used"],
    ["\\p{L}", 0, "there is no \\p"],
    ["a\\", 1, "a backslash at the end"],
    ["[[:foo:]]", 1, "there is no such class of characters"],
    ["[b-a]", 1, "invalid range"],
    ["(?P<n>a)", 0, "invalid group"],
    ["a(?i)b", 1, "flags must stand at the beginning"],
    ["(".repeat(200), 100, "nested too deeply"],
    ["a".repeat(4001), 4000, "longer than 4000 characters"],
    ["a.{12}b", 0, "too large: write it shorter, or as globs"],
    ["((((a{1,99}){1,99}){1,99}){1,99})", 0, "too large: write it shorter, or as globs"],
    ["(a?){900}(a.{8}b)?x", 0, "too large: write it shorter, or as globs"],
    ["(a{1,1000}){1,1000}", 0, "too large: write it shorter, or as globs"],
  ])("%s is refused at %d: %s", (source, position, reason) => {
    expect(compileRegex(source)).toEqual({ position, reason });
  });

  test("an expression that would take RegExp for ever takes one step a character", () => {
    const compiled = compileRegex("^(a+)+$");
    expect("reason" in compiled ? null : matchRegex(compiled, `${"a".repeat(100_000)}b`)).toBe(
      false,
    );
  });

  test("the same allowance is for all expressions of a configuration, and none takes long", () => {
    const budget = regexBudget();
    const refused: string[] = [];
    for (let length = 1; length < 500; length++) {
      const source = `(a?){${length}}(b?){${length}}.{4}c$`;
      refused.push(...("reason" in compileRegex(source, budget) ? [source] : []));
    }
    expect(refused.length).toBeGreaterThan(100);
    expect(compileRegex("a{100}", budget)).toMatchObject({ reason: expect.any(String) });
    expect(compileRegex("a{100}")).toMatchObject({ kind: "regex" });
  });

  test("a list of a hundred names takes a small part of it", () => {
    const names = Array.from({ length: 100 }, (_, index) => `program-${index * 7919}`);
    const budget = regexBudget();
    expect(compileRegex(`(^|/)(${names.join("|")})$`, budget)).toMatchObject({ kind: "regex" });
    expect(budget.steps).toBeGreaterThan(regexBudget().steps / 2);
  });

  test("no text makes it throw", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ab([{*+?|)]}\\^$.-:1,!=<d") }),
        (source) => {
          const compiled = compileRegex(source);
          expect("reason" in compiled || compiled.source === source).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
