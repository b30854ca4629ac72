import type { Reading } from "../model/reading.ts";
import { afterKey, key, wholeNumber } from "./text.ts";

const SOME = key("some avg10=");
const FULL = key("full avg10=");
const EQUALS = 61;
const NEWLINE = 10;

/** The number behind the last `=` of the line, or -1. */
function totalOfLine(text: Uint8Array, length: number, at: number): number {
  const newline = text.indexOf(NEWLINE, at);
  const end = newline < 0 || newline > length ? length : newline;
  const equals = text.lastIndexOf(EQUALS, end - 1);
  return equals < at ? -1 : wholeNumber(text, end, equals + 1);
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
  const whole = wholeNumber(text, length, some);
  const point = text.indexOf(46, some);
  const hundredths = point < 0 ? -1 : wholeNumber(text, Math.min(length, point + 3), point + 1);
  const someTotal = totalOfLine(text, length, some);
  const fullTotal = totalOfLine(text, length, full);
  if (whole < 0 || hundredths < 0 || someTotal < 0 || fullTotal < 0) {
    return false;
  }
  into.someAvg10 = whole + hundredths / 100;
  into.someTotalUs = someTotal;
  into.fullTotalUs = fullTotal;
  return true;
}
