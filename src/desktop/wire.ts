/**
 * Values as D-Bus puts them on the wire, by their signature: D-Bus Specification, "Type System" and
 * "Marshaling". All but descriptors, which nobody asks for.
 *
 * Arrays and structs are lists, a dictionary is a list of pairs, a 64-bit integer is a bigint. Own
 * code and no library: for these few calls one brings four packages, with a parser of XML.
 */
export type Value = number | bigint | boolean | string | Variant | readonly Value[];

/** A value that brings its own signature along. */
export interface Variant {
  readonly signature: string;
  readonly value: Value;
}

/** What was received is not what D-Bus says it must be; or what is to be sent cannot be. */
export class WireError extends Error {}

/** As the specification has it, and then it cannot be nested for ever. */
const LONGEST_SIGNATURE = 255;
const DEEPEST = 32;
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "{": "}" };

const INTEGERS = {
  y: { bytes: 1, get: "getUint8", set: "setUint8" },
  n: { bytes: 2, get: "getInt16", set: "setInt16" },
  q: { bytes: 2, get: "getUint16", set: "setUint16" },
  i: { bytes: 4, get: "getInt32", set: "setInt32" },
  u: { bytes: 4, get: "getUint32", set: "setUint32" },
  d: { bytes: 8, get: "getFloat64", set: "setFloat64" },
} as const;
const LONG_INTEGERS = {
  x: { get: "getBigInt64", set: "setBigInt64" },
  t: { get: "getBigUint64", set: "setBigUint64" },
} as const;

function isInteger(type: string): type is keyof typeof INTEGERS {
  return Object.hasOwn(INTEGERS, type);
}

function isLong(type: string): type is keyof typeof LONG_INTEGERS {
  return Object.hasOwn(LONG_INTEGERS, type);
}

function boundary(type: string): number {
  const first = type.charAt(0);
  if (isInteger(first)) {
    return INTEGERS[first].bytes;
  }
  if (isLong(first) || first === "(" || first === "{") {
    return 8;
  }
  return first === "g" || first === "v" ? 1 : 4;
}

/** Where the complete type that begins here ends. */
function endOfType(signature: string, from: number, depth: number): number {
  const first = signature.charAt(from);
  if (depth > DEEPEST) {
    throw new WireError("a type is nested too deeply");
  }
  if (first === "a") {
    return endOfType(signature, from + 1, depth + 1);
  }
  const closing = CLOSING[first];
  if (closing === undefined) {
    if (first === "" || !"ybnqiuxtdsogv".includes(first)) {
      throw new WireError(`no type begins with '${first}'`);
    }
    return from + 1;
  }
  let at = from + 1;
  while (at < signature.length && signature.charAt(at) !== closing) {
    at = endOfType(signature, at, depth + 1);
  }
  // Of nothing, there could be any number within no bytes.
  if (at >= signature.length || at === from + 1) {
    throw new WireError("a struct is empty or not closed");
  }
  return at + 1;
}

/** The complete types of a signature, in order. */
export function typesOf(signature: string): readonly string[] {
  if (signature.length > LONGEST_SIGNATURE) {
    throw new WireError("a signature is too long");
  }
  const types: string[] = [];
  for (let at = 0; at < signature.length;) {
    const end = endOfType(signature, at, 0);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

/** Puts values behind each other; offsets count from where it begins. */
class Writer {
  readonly #bytes: number[] = [];
  readonly #scratch = new DataView(new ArrayBuffer(8));

  take(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  all(types: readonly string[], values: readonly Value[]): void {
    if (types.length !== values.length) {
      throw new WireError(`${types.length} types, but ${values.length} values`);
    }
    for (const [index, type] of types.entries()) {
      this.#one(type, values[index] as Value);
    }
  }

  #one(type: string, value: Value): void {
    this.#align(boundary(type));
    if (isInteger(type)) {
      const { bytes, set } = INTEGERS[type];
      this.#scratch[set](0, Number(value), true);
      this.#push(bytes);
    } else if (isLong(type)) {
      this.#scratch[LONG_INTEGERS[type].set](0, BigInt(value as bigint), true);
      this.#push(8);
    } else if (type === "b") {
      this.#one("u", value === true ? 1 : 0);
    } else if (type === "v") {
      const variant = value as Variant;
      this.#text(variant.signature, "y");
      this.all(typesOf(variant.signature), [variant.value]);
    } else if (type.startsWith("a")) {
      this.#array(type.slice(1), value as readonly Value[]);
    } else if (CLOSING[type.charAt(0)] === undefined) {
      this.#text(String(value), type === "g" ? "y" : "u");
    } else {
      this.all(typesOf(type.slice(1, -1)), value as readonly Value[]);
    }
  }

  #array(element: string, values: readonly Value[]): void {
    const lengthAt = this.#bytes.length;
    this.#one("u", 0);
    this.#align(boundary(element));
    const from = this.#bytes.length;
    for (const value of values) {
      this.#one(element, value);
    }
    this.#scratch.setUint32(0, this.#bytes.length - from, true);
    for (let index = 0; index < 4; index++) {
      this.#bytes[lengthAt + index] = this.#scratch.getUint8(index);
    }
  }

  #text(text: string, lengthType: "u" | "y"): void {
    // A NUL would end it early, and half of a pair is no text.
    const bytes = new TextEncoder().encode(text.replaceAll("\0", "\uFFFD").toWellFormed());
    this.#one(lengthType, bytes.length);
    for (const byte of bytes) {
      this.#bytes.push(byte);
    }
    this.#bytes.push(0);
  }

  #align(to: number): void {
    while (this.#bytes.length % to !== 0) {
      this.#bytes.push(0);
    }
  }

  #push(count: number): void {
    for (let index = 0; index < count; index++) {
      this.#bytes.push(this.#scratch.getUint8(index));
    }
  }
}

/** Values as bytes in the order of this kind of machine, little-endian; throws `WireError`. */
export function marshal(signature: string, values: readonly Value[]): Uint8Array {
  const writer = new Writer();
  writer.all(typesOf(signature), values);
  return writer.take();
}

/** Takes values from bytes that a stranger may have made; throws `WireError`. */
class Reader {
  at = 0;
  readonly #view: DataView;
  readonly #isLittle: boolean;

  constructor(bytes: Uint8Array, isLittle: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isLittle = isLittle;
  }

  all(types: readonly string[], depth: number): Value[] {
    return types.map((type) => this.#one(type, depth));
  }

  #one(type: string, depth: number): Value {
    if (depth > DEEPEST) {
      throw new WireError("values are nested too deeply");
    }
    this.#align(boundary(type));
    if (isInteger(type)) {
      const { bytes, get } = INTEGERS[type];
      return this.#view[get](this.#advance(bytes), this.#isLittle);
    }
    if (isLong(type)) {
      return this.#view[LONG_INTEGERS[type].get](this.#advance(8), this.#isLittle);
    }
    if (type === "b") {
      return this.#number("u") === 1;
    }
    if (type === "v") {
      return this.#variant(depth);
    }
    if (type.startsWith("a")) {
      return this.#array(type.slice(1), depth);
    }
    return CLOSING[type.charAt(0)] === undefined
      ? this.#text(type === "g" ? "y" : "u")
      : this.all(typesOf(type.slice(1, -1)), depth + 1);
  }

  #variant(depth: number): Variant {
    const signature = this.#text("y");
    const [type, ...more] = typesOf(signature);
    if (type === undefined || more.length > 0) {
      throw new WireError("a variant holds not one value");
    }
    return { signature, value: this.#one(type, depth + 1) };
  }

  #array(element: string, depth: number): Value[] {
    const length = this.#number("u");
    this.#align(boundary(element));
    const end = this.at + length;
    if (end > this.#view.byteLength) {
      throw new WireError("an array is longer than its message");
    }
    const values: Value[] = [];
    while (this.at < end) {
      values.push(this.#one(element, depth + 1));
    }
    if (this.at !== end) {
      throw new WireError("an array ends within an element");
    }
    return values;
  }

  #number(type: "u" | "y"): number {
    this.#align(boundary(type));
    const { bytes, get } = INTEGERS[type];
    return this.#view[get](this.#advance(bytes), this.#isLittle);
  }

  #text(lengthType: "u" | "y"): string {
    const length = this.#number(lengthType);
    const from = this.#advance(length + 1);
    const { buffer, byteOffset } = this.#view;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + from, length));
  }

  #align(to: number): void {
    this.at += (to - (this.at % to)) % to;
  }

  #advance(bytes: number): number {
    const from = this.at;
    if (from + bytes > this.#view.byteLength) {
      throw new WireError("a message is cut short");
    }
    this.at += bytes;
    return from;
  }
}

/** The values of these types, and where they end; what follows is left alone. */
export function unmarshal(
  signature: string,
  bytes: Uint8Array,
  isLittle = true,
): { readonly values: readonly Value[]; readonly end: number } {
  const reader = new Reader(bytes, isLittle);
  const values = reader.all(typesOf(signature), 0);
  return { values, end: reader.at };
}
