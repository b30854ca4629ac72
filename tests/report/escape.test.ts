import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { escapeName } from "../../src/report/escape.ts";

/** What could end a line, move a cursor, turn text around or hide in it. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b-\u200d\u2060-\u206f\ufeff]/u;

/** What a reader of the log would do to get the name back. */
function unescapeName(text: string): string {
  return text.replace(/\\(\\|x([0-9a-f]{2})|u\{([0-9a-f]+)\})/g, (_all, first, hex, long) =>
    first === "\\" ? "\\" : String.fromCodePoint(Number.parseInt(hex ?? long, 16)),
  );
}

describe("escapeName", () => {
  test.each([
    ["firefox", "firefox"],
    ["Web Content", "Web Content"],
    ["a%s%d", "a%s%d"],
    ["näme 名 🦊", "näme 名 🦊"],
    ["", ""],
    ["a\nb", "a\\x0ab"],
    ["a\r\tb", "a\\x0d\\x09b"],
    ["\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"],
    ["\u009b31m", "\\x9b31m"],
    ["\u007f\u0000", "\\x7f\\x00"],
    ["\u202egpj.exe", "\\u{202e}gpj.exe"],
    ["\u2066\u2069\u061c", "\\u{2066}\\u{2069}\\u{61c}"],
    ["\u2028\u2029\u0085", "\\u{2028}\\u{2029}\\x85"],
    ["\ufeff\u200b", "\\u{feff}\\u{200b}"],
    ["back\\slash", "back\\\\slash"],
    ["\\x0a", "\\\\x0a"],
    ["\ufffd", "\ufffd"],
  ])("%j", (name, expected) => {
    expect(escapeName(name)).toBe(expected);
    expect(unescapeName(expected)).toBe(name);
  });

  test("leaves nothing unsafe, and can be undone", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string({ unit: fc.constantFrom(..."\\xu{}0a\n\u001b\u202e\u2029\u061cz") }),
        ),
        (name) => {
          const escaped = escapeName(name);
          expect(escaped).not.toMatch(UNSAFE);
          expect(unescapeName(escaped)).toBe(name);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
