import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { marshal, typesOf, unmarshal, type Value, WireError } from "../../src/desktop/wire.ts";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Bytes that libdbus and GLib make of the same values. */
const ROWS: readonly (readonly [string, readonly Value[], string])[] = [
  ["y", [7], "07"],
  ["yu", [7, 258], "0700000002010000"],
  ["i", [-2], "feffffff"],
  ["b", [true], "01000000"],
  ["yt", [1, 258n], "01000000000000000201000000000000"],
  ["s", ["foo"], "03000000666f6f00"],
  ["s", ["ö"], "02000000c3b600"],
  ["g", ["as"], "02617300"],
  ["as", [[]], "00000000"],
  ["as", [["a", "bc"]], "0f000000010000006100000002000000626300"],
  ["ax", [[]], "0000000000000000"],
  ["v", [{ signature: "u", value: 8 }], "0175000008000000"],
  [
    "a{sv}",
    [[["urgency", { signature: "y", value: 2 }]]],
    "100000000000000007000000757267656e63790001790002",
  ],
  ["(yu)y", [[1, 2], 3], "010000000200000003"],
];

describe("values on the wire", () => {
  test.each(ROWS)("%s %#", (signature, values, bytes) => {
    expect(hex(marshal(signature, values))).toBe(bytes);
    expect(unmarshal(signature, Buffer.from(bytes, "hex")).values).toEqual(values);
  });

  test("in the other order of bytes", () => {
    const bytes = Buffer.from("00000003666f6f0000000102", "hex");
    expect(unmarshal("su", bytes, false).values).toEqual(["foo", 258]);
  });

  test("a NUL, and half of a pair, become what a text may hold", () => {
    expect(unmarshal("s", marshal("s", ["a\0b\uD800"])).values).toEqual(["a\uFFFDb\uFFFD"]);
  });
});

/** A type, and a value of it. */
const typed: fc.Arbitrary<readonly [string, Value]> = fc.letrec<{
  one: readonly [string, Value];
}>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: 0, max: 255 }).map((value) => ["y", value] as const),
    fc.integer().map((value) => ["i", value] as const),
    fc.double({ noNaN: true }).map((value) => ["d", value] as const),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ["x", value] as const),
    fc.boolean().map((value) => ["b", value] as const),
    fc
      .string({ unit: "binary" })
      .map((text) => ["s", text.replaceAll("\0", "").toWellFormed()] as const),
    tie("one").map(([signature, value]) => ["v", { signature, value }] as const),
    tie("one").map(([type, value]) => [`a${type}`, [value, value, value]] as const),
    fc
      .array(tie("one"), { minLength: 1, maxLength: 4 })
      .map(
        (parts) =>
          [`(${parts.map(([type]) => type).join("")})`, parts.map(([, value]) => value)] as const,
      ),
  ),
})).one;

test("what was put comes back, and nothing is left over", () => {
  fc.assert(
    fc.property(fc.array(typed, { maxLength: 4 }), (parts) => {
      const signature = parts.map(([type]) => type).join("");
      const values = parts.map(([, value]) => value);
      const bytes = marshal(signature, values);
      expect(unmarshal(signature, bytes)).toEqual({ values, end: bytes.length });
    }),
  );
});

test("any bytes are values, or are refused in words", () => {
  const signatures = ["susssasa{sv}i", "yyyyuua(yv)", "v", "aav", "a(sas)", "ab", "as"];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(6), fc.boolean(), (bytes, n, little) => {
      try {
        unmarshal(signatures[n] ?? "", bytes, little);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 2000 },
  );
});

test.each(["(", "()", "a", "a()", "(y", "z", "{", "h", `${"a".repeat(40)}y`, "y".repeat(256)])(
  "%p is no signature",
  (signature) => expect(() => typesOf(signature)).toThrow(WireError),
);
