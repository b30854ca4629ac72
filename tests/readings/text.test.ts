import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { afterKey, decode, key, numberOf, wholeNumber } from "../../src/readings/text.ts";
import { anyBytes, read, refused } from "../helpers/bytes.ts";

describe("wholeNumber", () => {
  const rows: readonly (readonly [string, number])[] = [
    ["42\n", 42],
    ["   42 kB\n", 42],
    ["0\n", 0],
    ["007\n", 7],
    ["42\0", 42],
    ["42", -1],
    ["", -1],
    ["   ", -1],
    ["\n42\n", -1],
    ["-42\n", -1],
    ["x42\n", -1],
    ["9007199254740991\n", Number.MAX_SAFE_INTEGER],
    ["18446744073709551615\n", Number.MAX_SAFE_INTEGER],
    [`${"9".repeat(400)}\n`, Number.MAX_SAFE_INTEGER],
  ];
  test.each(rows)("%j is %d", (content, expected) => {
    const { text, length } = read(content);
    expect(wholeNumber(text, length, 0)).toBe(expected);
  });

  test("an error is no number", () => {
    const { text, length } = refused(2);
    expect(wholeNumber(text, length, 0)).toBe(-1);
  });

  test("what is written is read, unless it is cut", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(5), (value, blanks) => {
        const { text, length } = read(`${" ".repeat(blanks)}${value}\n`);
        expect(wholeNumber(text, length, 0)).toBe(value);
        expect(wholeNumber(text, length - 1, 0)).toBe(-1);
      }),
    );
  });
});

describe("afterKey", () => {
  test("finds a key only where it starts a line", () => {
    const wanted = key("Shmem:");
    const { text, length } = read("XShmem: 1\n Shmem: 2\nShmem: 3\n");
    expect(numberOf(text, length, wanted)).toBe(3);
  });

  test("looks where it found the key the last time, and elsewhere when it moved", () => {
    const wanted = key("Shmem:");
    for (const [content, value] of [
      ["A: 1\nShmem: 2\n", 2],
      ["A: 1\nShmem: 3\n", 3],
      ["A: 1 Shmem: 4\n", -1],
      ["A: 1\nB: 5\nShmem: 4\n", 4],
      ["Shmem: 5\n", 5],
      ["A: 1\n", -1],
      ["A: 1\nShmem: 6\n", 6],
    ] as const) {
      const { text, length } = read(content);
      expect(numberOf(text, length, wanted)).toBe(value);
    }
  });

  test("does not find what lies behind the end", () => {
    const { text } = read("A: 1\nShmem: 2\n");
    expect(afterKey(text, 10, key("Shmem:"))).toBe(-1);
    expect(afterKey(text, 0, key("A:"))).toBe(-1);
    expect(afterKey(text, -2, key("A:"))).toBe(-1);
  });

  test("agrees with a plain search in any text", () => {
    fc.assert(
      fc.property(fc.array(anyBytes("AB:\n 12"), { maxLength: 4 }), (contents) => {
        const wanted = key("AB:");
        for (const content of contents) {
          const { text, length } = read(content);
          const plain = `\n${Buffer.from(content).toString("latin1")}`.indexOf("\nAB:");
          const found = afterKey(text, length, wanted);
          expect(found < 0).toBe(plain < 0);
          expect(found < 0 || text.subarray(found - 3, found)).not.toBe(false);
          expect(found < 0 ? "AB:" : decode(text, found, found - 3)).toBe("AB:");
        }
      }),
    );
  });
});

describe("decode", () => {
  test("cuts at the length, keeps what it can, and an error is empty", () => {
    const { text, length } = read("a\0b\nc");
    expect(decode(text, length)).toBe("a\0b\nc");
    expect(decode(text, length, 2)).toBe("b\nc");
    expect(decode(text, -2)).toBe("");
    expect(decode(text, 0)).toBe("");
  });

  test("keeps a byte order mark: it is a part of the name", () => {
    const { text, length } = read("\uFEFFsshd");
    expect(decode(text, length)).toBe("\uFEFFsshd");
  });

  test("a mixed text cut at every byte is never broken in a new way", () => {
    const mixed = "aä€🙂\u{10FFFF}z";
    const whole = new TextEncoder().encode(mixed);
    for (let length = 0; length <= whole.length; length++) {
      const decoded = decode(read(whole.subarray(0, length)).text, length);
      expect(decoded.replace(/\uFFFD+$/, "")).toBe(
        mixed.slice(0, decoded.replace(/\uFFFD+$/, "").length),
      );
    }
  });

  test("any bytes become some text", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const { text, length } = read(bytes);
        expect(decode(text, length).isWellFormed()).toBe(true);
      }),
    );
  });
});
