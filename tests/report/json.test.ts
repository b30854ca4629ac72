import { expect, test } from "bun:test";
import fc from "fast-check";
import { escapedJson } from "../../src/report/json.ts";

/** CSI as one byte, right-to-left override, soft hyphen, a tag and a blank letter. */
const UNSEEN = "\u009b31m\u202e\u00ad\u{e0041}\u3164";

test("what a terminal acts on, or what cannot be seen, is escaped", () => {
  expect(escapedJson(UNSEEN)).toBe('"\\u009b31m\\u202e\\u00ad\\udb40\\udc41\\u3164"');
});

test("any text reads back the same, and holds nothing unsafe", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = escapedJson({ text });
      expect(JSON.parse(json)).toEqual({ text });
      expect(json).not.toMatch(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
});
