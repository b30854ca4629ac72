import fc from "fast-check";

/** Bytes as a reading verb leaves them: behind them still lies what was read before. */
export interface Read {
  readonly text: Uint8Array;
  readonly length: number;
}

const STALE = new TextEncoder().encode("7 (7) S 7 7\n7 7777 kB\n= 7.77 total=7\n".repeat(20));

/** A text, or raw bytes, in a larger buffer full of old text. */
export function read(content: string | Uint8Array): Read {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const text = new Uint8Array(bytes.length + STALE.length);
  text.set(bytes);
  text.set(STALE, bytes.length);
  return { text, length: bytes.length };
}

/** What a reading verb leaves behind when the kernel refused. */
export function refused(errno: number): Read {
  return { text: STALE, length: -errno };
}

/** Any bytes, and texts of the letters that such files are made of. */
export function anyBytes(letters: string): fc.Arbitrary<Uint8Array> {
  const likely = fc
    .string({ unit: fc.constantFrom(...letters), maxLength: 300 })
    .map((text) => new TextEncoder().encode(text));
  return fc.oneof(fc.uint8Array({ maxLength: 300 }), likely);
}

/** Every true beginning of a text. */
export function beginningsOf(text: string): Read[] {
  const bytes = new TextEncoder().encode(text);
  return Array.from(bytes, (_byte, length) => read(bytes.subarray(0, length)));
}
