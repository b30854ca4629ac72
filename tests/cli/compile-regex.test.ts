import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { compileRegex } from "../../src/cli/compile-regex.ts";
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
  ];
  const texts = fc.string({
    unit: fc.constantFrom("a", "b", "c", "/", "\n", "1", "😀"),
    maxLength: 8,
  });

  test.each(sources)("%s matches what RegExp finds", (source) => {
    const expected = new RegExp(source, "su");
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
  ])("%s in %j: %p", (source, text, expected) => {
    expect(matches(source, text)).toBe(expected);
  });

  test.each([
    ["(", 1, "unterminated group"],
    ["ab[", 3, "unterminated character class"],
    ["*a", 1, "nothing to repeat"],
    ["(a)\\1", 3, "back-references cannot be used"],
    ["a(?=b)", 1, "looking ahead or behind cannot be used"],
    ["\\bfoo", 0, "word boundaries cannot be used"],
    ["a.{12}b", 0, "too large: it needs more than 1000 states"],
    ["((((a{1,99}){1,99}){1,99}){1,99})", 0, "too large: it needs more than 1000 states"],
    ["(?P<n>a)", 1, "invalid group"],
  ])("%s is refused at %d: %s", (source, position, reason) => {
    expect(compileRegex(source)).toEqual({ position, reason });
  });

  test("an expression that would take RegExp for ever takes one step a character", () => {
    const compiled = compileRegex("^(a+)+$");
    const started = performance.now();
    expect("reason" in compiled ? null : matchRegex(compiled, `${"a".repeat(100_000)}b`)).toBe(
      false,
    );
    expect(performance.now() - started).toBeLessThan(1000);
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
