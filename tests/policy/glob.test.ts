import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { gathered } from "../../src/cli/patterns.ts";
import type { GlobPattern } from "../../src/model/options.ts";
import { compileGlob, matchGlob } from "../../src/policy/glob.ts";
import { matchesPattern } from "../../src/policy/pattern.ts";

function compiled(source: string): GlobPattern {
  const glob = compileGlob(source);
  if ("reason" in glob) {
    throw new Error(`${source}: ${glob.reason}`);
  }
  return glob;
}

describe("globs match as Rust's glob crate does", () => {
  // The crate's own tests (src/lib.rs, mod test), but for those about options.
  test.each([
    ["a*b", "a_b", true],
    ["a*b*c", "abc", true],
    ["a*b*c", "a_b_c", true],
    ["a*b*c", "a___b___c", true],
    ["a*b*c", "abcd", false],
    ["abc*abc*abc", "abcabcabcabcabcabcabc", true],
    ["abc*abc*abc", "abcabcabcabcabcabcabca", false],
    ["a*a*a*a*a*a*a*a*a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true],
    ["a*b[xyz]c*d", "abxcdbxcddd", true],
    ["some/**/needle.txt", "some/needle.txt", true],
    ["some/**/needle.txt", "some/one/needle.txt", true],
    ["some/**/needle.txt", "some/one/two/needle.txt", true],
    ["some/**/needle.txt", "some/other/needle.txt", true],
    ["some/**/needle.txt", "some/other/notthis.txt", false],
    ["some/**/**/needle.txt", "some/one/two/needle.txt", true],
    ["**/test", "one/two/test", true],
    ["**/test", "one/test", true],
    ["**/test", "test", true],
    ["/**/test", "/one/two/test", true],
    ["/**/test", "/test", true],
    ["**/.*", ".abc", true],
    ["**/.*", "abc/.abc", true],
    ["**/.*", "ab.c", false],
    ["**/.*", "abc/ab.c", false],
    ["a[0-9]b", "a0b", true],
    ["a[0-9]b", "a_b", false],
    ["a[!0-9]b", "a0b", false],
    ["a[!0-9]b", "a_b", true],
    ["[a-z123]", "1", true],
    ["[123a-z]", "q", true],
    ["[abc-]", "-", true],
    ["[-abc]", "-", true],
    ["[a-b-c]", "-", true],
    ["[]]", "]", true],
    ["[!]]", "]", false],
    ["[!]a-]", "-", false],
    ["[!]a-]", "b", true],
    ["[[]", "[", true],
    ["*hello.txt", "hello.txt", true],
    ["*hello.txt", "gareth_says_hello.txt", true],
    ["*hello.txt", "some/path/to/hello.txt", true],
    ["*hello.txt", "hello.txt-and-then-some", false],
    ["kworker/*", "kworker/0:1", true],
    ["kworker?0:1", "kworker/0:1", true],
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["?", "", false],
    ["?", "😀", true],
    ["[😀-😃]x", "😁x", true],
    ["[!a]", "😀", true],
    ["a**", "a**", null],
    ["**", "a/b", true],
    ["a/**", "a", false],
    ["a/**", "a/b/c", true],
  ])("%j and %j: %p", (source, text, expected) => {
    const glob = compileGlob(source);
    expect("reason" in glob ? null : matchGlob(glob, text)).toBe(expected);
  });

  test.each([
    ["[", 0, "invalid range pattern"],
    ["abc[def", 3, "invalid range pattern"],
    ["[]", 0, "invalid range pattern"],
    ["[!]", 0, "invalid range pattern"],
    ["a[!", 1, "invalid range pattern"],
    ["a***", 3, "wildcards are either regular `*` or recursive `**`"],
    ["a**b", 0, "recursive wildcards must form a single path component"],
    ["a/**b", 4, "recursive wildcards must form a single path component"],
    ["a/b**", 2, "recursive wildcards must form a single path component"],
  ])("%j is refused at %d: %s", (source, position, reason) => {
    expect(compileGlob(source)).toEqual({ position, reason });
  });

  const characters = fc.constantFrom("a", "b", "-", "/", "]", "!", "[", "*", "?", "😀");
  const texts = fc.string({ unit: characters, maxLength: 12 });

  test("a text in brackets matches itself and nothing else", () => {
    fc.assert(
      fc.property(texts, texts, (text, other) => {
        const escaped = text.replace(/[?*[\]]/g, "[$&]");
        expect(matchGlob(compiled(escaped), other)).toBe(text === other);
        expect(matchGlob(compiled(escaped), text)).toBe(true);
      }),
    );
  });

  test("whatever compiles agrees with a regular expression that says the same", () => {
    fc.assert(
      fc.property(texts, texts, (source, text) => {
        const glob = compileGlob(source);
        if (!("reason" in glob)) {
          expect(matchGlob(glob, text)).toBe(toRegExp(source).test(text));
        }
      }),
      { numRuns: 5000 },
    );
  });

  test("takes no longer than the product of the lengths", () => {
    const before = process.cpuUsage();
    expect(matchGlob(compiled(`${"*a".repeat(200)}b`), "a".repeat(20_000))).toBe(false);
    expect(process.cpuUsage(before).user).toBeLessThan(5e6);
  });
});

describe("names without wildcards", () => {
  test("are whole", () => {
    const names = { kind: "names", names: ["systemd"] } as const;
    expect(
      ["systemd", "systemd2", "toString", ""].map((name) => matchesPattern(names, name)),
    ).toEqual([true, false, false, false]);
  });

  test("are found among any others", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 3 });
    const word = text.filter((candidate) => !/[*?[]/.test(candidate));
    fc.assert(
      fc.property(fc.array(word, { minLength: 2 }), word, (words, other) => {
        const patterns = gathered(words.map(compiled));
        expect(patterns.length).toBe(1);
        for (const name of [...words, other]) {
          const isFound = patterns.some((pattern) => matchesPattern(pattern, name));
          expect(isFound).toBe(words.includes(name));
        }
      }),
    );
  });
});

/** Another way to the same result: slow, but short. */
function toRegExp(source: string): RegExp {
  const parts = source.matchAll(/\*\*\/?|\*|\?|\[(!?)(.[^\]]*)\]|[^]/gsu);
  const text = [...parts].map(([part, negated = "", inside]) => {
    if (inside !== undefined) {
      return `[${negated === "" ? "" : "^"}${classOf(inside)}]`;
    }
    switch (part) {
      case "**/":
        return "(?:|.*/|.*$)";
      case "**":
      case "*":
        return ".*";
      case "?":
        return ".";
      default:
        return part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    }
  });
  return new RegExp(`^${text.join("")}$`, "su");
}

function classOf(inside: string): string {
  const characters = [...inside];
  let text = "";
  for (let i = 0; i < characters.length;) {
    const from = characters[i] ?? "";
    const isRange = characters[i + 1] === "-" && i + 2 < characters.length;
    const to = isRange ? (characters[i + 2] ?? "") : from;
    if ((from.codePointAt(0) ?? 0) <= (to.codePointAt(0) ?? 0)) {
      text += `\\u{${from.codePointAt(0)?.toString(16)}}-\\u{${to.codePointAt(0)?.toString(16)}}`;
    }
    i += isRange ? 3 : 1;
  }
  return text;
}
