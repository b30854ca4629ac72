import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { printable } from "../../src/cli/quote.ts";
import { escapedJson, escapeName } from "../../src/report/escape.ts";

/** What could end a line, move a cursor, turn text around or hide in it; and U+2800, a blank. */
const UNSAFE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;

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
    ["\u00ad\u00a0\u180e", "\\xad\\xa0\\u{180e}"],
    ["\ufff9\u3164\uffa0", "\\u{fff9}\\u{3164}\\u{ffa0}"],
    ["\u115f\u1160\u2800\u3000", "\\u{115f}\\u{1160}\\u{2800}\\u{3000}"],
    ["a\u{e0041}\u{e007f}z", "a\\u{e0041}\\u{e007f}z"],
    ["\u2764\ufe0f\u{e0100}", "\u2764\\u{fe0f}\\u{e0100}"],
    ["\ud83e\ud83e\udd8a\udd8a", "\\u{d83e}\ud83e\udd8a\\u{dd8a}"],
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

/** Every character there is, and both halves of those that are two units. */
const EVERY = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));

test("every character is escaped when, and only when, Unicode says that it does not show", () => {
  const wrong = EVERY.filter((character) => {
    const isUnsafe = UNSAFE.test(character);
    const isEscaped = escapeName(character) !== character && character !== "\\";
    const isEscapedByWords = printable(character) !== character;
    return isUnsafe !== isEscaped || isUnsafe !== isEscapedByWords;
  });
  expect(wrong).toEqual([]);
});

describe("escapedJson", () => {
  test("is JSON of the same value, with nothing unsafe in it but line ends", () => {
    const values = [EVERY.join(""), { "\u202e\u009b": ["\ud800", "\u{e0041}", "\\", '"'] }];
    const text = escapedJson(values);
    expect(text.replaceAll("\n", "")).not.toMatch(UNSAFE);
    expect(JSON.parse(text)).toEqual(values);
  });

  test.each([
    ["\u202e", '"\\u202e"'],
    ["\u009b\u007f", '"\\u009b\\u007f"'],
    ["\u{e0041}", '"\\udb40\\udc41"'],
    ["näme 🦊", '"näme 🦊"'],
    ["\n", '"\\n"'],
  ])("%j", (text, json) => expect(escapedJson(text)).toBe(json));
});
