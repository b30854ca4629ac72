import { marshal, unmarshal, type Value, type Variant, WireError } from "./wire.ts";

/** D-Bus Specification, "Message Types". */
export const Kind = { call: 1, answer: 2, error: 3, signal: 4 } as const;

/** A message, as far as anybody here asks; "" and 0 where a field is not there. */
export interface Message {
  readonly kind: number;
  readonly serial: number;
  readonly answerTo: number;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly error: string;
  readonly destination: string;
  readonly sender: string;
  readonly signature: string;
  readonly body: readonly Value[];
}

/** Bytes before the list of fields, and those of its length. */
const FIXED_BYTES = 16;
/** D-Bus allows 128 MiB; a notification daemon has nothing to say that is so long. */
const MOST_BYTES = 1024 * 1024;
const VERSION = 1;

/** The code and the type of each field. */
const FIELDS = {
  path: [1, "o"],
  interface: [2, "s"],
  member: [3, "s"],
  error: [4, "s"],
  answerTo: [5, "u"],
  destination: [6, "s"],
  sender: [7, "s"],
  signature: [8, "g"],
} as const;

const NONE: Message = {
  kind: Kind.call,
  serial: 0,
  answerTo: 0,
  path: "",
  interface: "",
  member: "",
  error: "",
  destination: "",
  sender: "",
  signature: "",
  body: [],
};

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** A message as bytes. */
export function encodeMessage(parts: Partial<Message>): Uint8Array {
  const message = { ...NONE, ...parts };
  const body = marshal(message.signature, message.body);
  const fields: Value[] = [];
  for (const [name, [code, signature]] of Object.entries(FIELDS)) {
    const value = message[name as keyof typeof FIELDS];
    if (value !== "" && value !== 0) {
      fields.push([code, { signature, value }]);
    }
  }
  const { kind, serial } = message;
  const little = "l".codePointAt(0) ?? 0;
  const header = marshal("yyyyuua(yv)", [little, kind, 0, VERSION, body.length, serial, fields]);
  const bytes = new Uint8Array(padded(header.length) + body.length);
  bytes.set(header);
  bytes.set(body, padded(header.length));
  return bytes;
}

/**
 * The message at the beginning of what was received, and its length; null while it is not whole.
 * Throws `WireError`.
 */
export function decodeMessage(
  bytes: Uint8Array,
): { readonly message: Message; readonly length: number } | null {
  if (bytes.length < FIXED_BYTES) {
    return null;
  }
  const isLittle = bytes[0] === "l".codePointAt(0);
  if (!isLittle && bytes[0] !== "B".codePointAt(0)) {
    throw new WireError("what was received is no message of D-Bus");
  }
  const [, kind, , version, bodyBytes, serial, fieldBytes] = unmarshal(
    "yyyyuuu",
    bytes.subarray(0, FIXED_BYTES),
    isLittle,
  ).values as readonly number[] as [number, number, number, number, number, number, number];
  const bodyAt = padded(FIXED_BYTES + fieldBytes);
  const length = bodyAt + bodyBytes;
  if (version !== VERSION || length > MOST_BYTES) {
    throw new WireError(`a message has ${length} bytes and version ${version}`);
  }
  if (bytes.length < length) {
    return null;
  }
  const [, , , , , , fields] = unmarshal("yyyyuua(yv)", bytes.subarray(0, bodyAt), isLittle).values;
  const known = fieldsOf(fields as readonly (readonly [number, Variant])[]);
  const { values } = unmarshal(known.signature, bytes.subarray(bodyAt, length), isLittle);
  return { message: { ...known, kind, serial, body: values }, length };
}

/** What is known of the fields; one of another type than it must have counts as not there. */
function fieldsOf(fields: readonly (readonly [number, Variant])[]): Message {
  const found: Record<string, Value> = {};
  for (const [name, [code, signature]] of Object.entries(FIELDS)) {
    const field = fields.find(([number, variant]) => {
      return number === code && variant.signature === signature;
    });
    if (field !== undefined) {
      found[name] = field[1].value;
    }
  }
  return { ...NONE, ...found } as Message;
}
