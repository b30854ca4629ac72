import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { canMatch, matchesAll, type TextKey } from "../../src/cli/can-match.ts";
import { compileRegex, compileTree } from "../../src/cli/compile-regex.ts";
import { globTree } from "../../src/cli/glob-tree.ts";
import { regexBudget } from "../../src/cli/regex/budget.ts";
import type { GlobPattern, RegexPattern } from "../../src/model/options.ts";
import { compileGlob, matchGlob } from "../../src/policy/glob.ts";
import { matchesPattern } from "../../src/policy/pattern.ts";
import { matchRegex } from "../../src/policy/regex.ts";

function patternOf(source: string, isRegex: boolean): GlobPattern | RegexPattern {
  const pattern = isRegex ? compileRegex(source) : compileGlob(source);
  if ("reason" in pattern) {
    throw new Error(`${source}: ${pattern.reason}`);
  }
  return pattern;
}

test("a glob is the same as a regular expression", () => {
  const classes = ["[a-c]", "[!b]", "[]-]", "[!]a]"];
  const piece = fc.constantFrom(..."aab/?*[]!-é😀", "**/", "/**", ...classes);
  const glob = fc.array(piece, { maxLength: 7 }).map((parts) => parts.join(""));
  const text = fc.string({ unit: fc.constantFrom(..."aabc/-]!é😀"), maxLength: 7 });
  fc.assert(
    fc.property(glob, fc.array(text, { minLength: 5, maxLength: 5 }), (source, texts) => {
      const compiled = compileGlob(source);
      fc.pre("kind" in compiled);
      const automaton = compileTree(globTree(source), source, regexBudget());
      for (const each of texts) {
        const same = "kind" in automaton && "kind" in compiled;
        expect([source, each, same && matchRegex(automaton, each)]).toEqual([
          source,
          each,
          same && matchGlob(compiled, each),
        ]);
      }
    }),
    { numRuns: 3000 },
  );
});

describe("whether there can be such a text", () => {
  test.each<[TextKey, string, boolean]>([
    ["comm", "gnome-terminal-", true],
    ["comm", "gnome-terminal-s", false],
    ["comm", "gnome-terminal-*", true],
    ["comm", "gnome-terminal-s*", false],
    ["comm", "*gnome-terminal-server", false],
    ["comm", "[a-z]?????????????*", true],
    ["comm", "[a-z]???????????????", false],
    ["comm", "äääääää", true],
    ["comm", "äääääää�", true],
    ["comm", "ääääääää*", false],
    ["comm", "", true],
    ["exe", "/usr/bin/foo", true],
    ["exe", "usr/bin/foo", false],
    ["exe", "*/foo", true],
    ["exe", "**/foo", true],
    ["exe", "?usr*", true],
    ["exe", "[a-z]*", false],
    ["exe", "foo", false],
    ["exe", "/opt/", false],
    ["exe", "/opt/*", true],
    ["exe", "/opt//x", false],
    ["exe", "/usr/bin/foo (deleted)", true],
    ["exe", "", true],
    ["cmdline", "anything at all, of any length", true],
    ["cgroup", "/system.slice/", false],
    ["cgroup", "/", true],
    ["cgroup", "system.slice/*", false],
    ["unit", "postgresql", false],
    ["unit", "postgresql*", true],
    ["unit", "postgresql.service", true],
    ["unit", "postgresql@", false],
    ["unit", "app-[a-z]*.scope", true],
    ["unit", "user.slice", false],
    ["unit", "*.socket", false],
    ["unit", "system.slice/x.service", false],
    ["unit", "", true],
    ["unit", "*", true],
  ])("%s, glob %j: %p", (key, source, expected) => {
    expect(canMatch(key, patternOf(source, false))).toBe(expected);
  });

  test.each<[TextKey, string, boolean]>([
    ["comm", "^gnome-terminal-server$", false],
    ["comm", "gnome-terminal-", true],
    ["comm", "gnome-terminal-s", false],
    ["comm", "^(sshd|gnome-terminal-server)$", true],
    ["comm", "a{15}", true],
    ["comm", "a{16}", false],
    ["comm", "a^b", false],
    ["comm", "", true],
    ["exe", "usr/bin/foo", true],
    ["exe", "^usr/bin/foo", false],
    ["exe", "^/opt/$", false],
    ["exe", "^/opt/", true],
    ["unit", "^postgresql$", false],
    ["unit", "postgresql", true],
    ["unit", "/", false],
    ["unit", "\\.slice$", false],
    ["cgroup", "^/system\\.slice/$", false],
    ["cgroup", "/system\\.slice/", true],
    ["cmdline", "x\\by", false],
  ])("%s, regular expression %j: %p", (key, source, expected) => {
    expect(canMatch(key, patternOf(source, true))).toBe(expected);
  });

  const texts: Readonly<Record<TextKey, fc.Arbitrary<string>>> = {
    comm: fc
      .string({ unit: fc.constantFrom(..."aab-/ä😀"), maxLength: 15 })
      .filter((text) => Buffer.byteLength(text) <= 15),
    exe: fc.stringMatching(/^(\/|(\/[ab.-]{1,3}){1,3})$/),
    cmdline: fc.string({ unit: fc.constantFrom(..."ab /-"), maxLength: 20 }),
    cgroup: fc.stringMatching(/^(\/|(\/[ab.-]{1,3}){1,3})$/),
    unit: fc.stringMatching(/^([ab-]{0,3}\.(service|scope))?$/),
  };

  test.each(Object.keys(texts) as TextKey[])("%s: what matches one can match", (key) => {
    const piece = fc.constantFrom(
      "a",
      "b",
      "/",
      "-",
      ".service",
      ".scope",
      "*",
      "?",
      "[ab]",
      "a*b",
    );
    const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""));
    let matched = 0;
    fc.assert(
      fc.property(pattern, fc.boolean(), texts[key], (source, isRegex, text) => {
        const compiled = isRegex ? compileRegex(source) : compileGlob(source);
        if ("kind" in compiled && matchesPattern(compiled, text)) {
          matched++;
          expect([source, text, canMatch(key, compiled)]).toEqual([source, text, true]);
        }
      }),
      { numRuns: 3000 },
    );
    expect(matched).toBeGreaterThan(50);
  });
});

describe("whether it matches all there are", () => {
  test.each<[TextKey, string, boolean, boolean]>([
    ["comm", "*", false, true],
    ["comm", "?*", false, true],
    ["comm", "**", false, true],
    ["comm", "??*", false, false],
    ["comm", "[a-z]*", false, false],
    ["comm", "", true, true],
    ["comm", ".", true, true],
    ["comm", ".*", true, true],
    ["comm", "^.{1,15}$", true, true],
    ["comm", "^.{1,14}$", true, false],
    ["comm", "[^x]", true, false],
    ["comm", "a|[^a]", true, true],
    ["exe", "/*", false, true],
    ["exe", "/usr/*", false, false],
    ["exe", "/", true, true],
    ["unit", "*", false, true],
    ["unit", "*.service", false, false],
    ["unit", "service$|scope$", true, true],
    ["cmdline", "*", false, true],
    ["cmdline", "a", true, false],
  ])("%s, %j (regex %p): %p", (key, source, isRegex, expected) => {
    expect(matchesAll(key, patternOf(source, isRegex))).toBe(expected);
  });
});
