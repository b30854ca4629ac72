import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeMessage, encodeMessage, Kind } from "../../src/desktop/message.ts";
import { WireError } from "../../src/desktop/wire.ts";

const HELLO = {
  kind: Kind.call,
  serial: 1,
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
  member: "Hello",
};

test("Hello is what every client of D-Bus sends first", () => {
  const bytes = encodeMessage(HELLO);
  expect(Buffer.from(bytes).toString("latin1").replaceAll("\0", ".")).toBe(
    "l\x01.\x01....\x01...m..." +
      "\x01\x01o.\x15.../org/freedesktop/DBus..." +
      "\x02\x01s.\x14...org.freedesktop.DBus...." +
      "\x03\x01s.\x05...Hello..." +
      "\x06\x01s.\x14...org.freedesktop.DBus....",
  );
});

describe("a message", () => {
  const bytes = encodeMessage({ ...HELLO, signature: "su", body: ["text", 7] });

  test("comes back as it was", () => {
    const decoded = decodeMessage(bytes);
    expect(decoded?.length).toBe(bytes.length);
    expect(decoded?.message).toMatchObject({ ...HELLO, signature: "su", body: ["text", 7] });
  });

  test("is waited for until it is whole", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeMessage(bytes.subarray(0, length))).toBeNull();
    }
    expect(decodeMessage(Buffer.concat([bytes, bytes]))?.length).toBe(bytes.length);
  });

  test("of another version, of no order or without end is refused", () => {
    const broken = (at: number, value: number) => {
      const copy = Uint8Array.from(bytes);
      copy[at] = value;
      return copy;
    };
    expect(() => decodeMessage(broken(0, 0x78))).toThrow(WireError);
    expect(() => decodeMessage(broken(3, 2))).toThrow(WireError);
    expect(() => decodeMessage(broken(7, 0x7f))).toThrow(WireError);
    expect(() => decodeMessage(broken(15, 0x7f))).toThrow(WireError);
  });

  test("with any byte changed is refused in words, or is some message", () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const copy = Uint8Array.from(bytes);
        copy[at] = value;
        try {
          decodeMessage(copy);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
