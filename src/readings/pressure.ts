import type { Reading } from "../model/reading.ts";
import { afterKey, decimalNumber, key, NEWLINE, NINE, ZERO } from "./text.ts";

const SOME = key("some avg10=");
const FULL = key("full avg10=");
const EQUALS = 61;

/** The number that ends the line, behind its last `=`; -1 when there is none. */
function totalOfLine(text: Uint8Array, length: number, at: number): number {
  let total = -1;
  let isNumber = false;
  for (let i = at; i < length; i++) {
    const byte = text[i] ?? 0;
    if (byte === NEWLINE) {
      return total;
    }
    isNumber = byte === EQUALS || (isNumber && byte >= ZERO && byte <= NINE);
    total = byte === EQUALS || !isNumber ? -1 : (total < 0 ? 0 : total * 10) + (byte - ZERO);
  }
  return -1;
}

/**
 * Reads `/proc/pressure/memory`'s text into a reading; Documentation/accounting/psi.rst.
 * False, and nothing changed, when it is not of that form.
 */
export function parsePressure(text: Uint8Array, length: number, into: Reading): boolean {
  const some = afterKey(text, length, SOME);
  const full = afterKey(text, length, FULL);
  if (some < 0 || full < 0) {
    return false;
  }
  const someAvg10 = decimalNumber(text, length, some);
  const someTotal = totalOfLine(text, length, some);
  const fullTotal = totalOfLine(text, length, full);
  if (someAvg10 < 0 || someTotal < 0 || fullTotal < 0) {
    return false;
  }
  into.someAvg10 = someAvg10;
  into.someTotalUs = someTotal;
  into.fullTotalUs = fullTotal;
  return true;
}
