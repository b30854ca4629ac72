import type { Reading } from "../model/reading.ts";
import { afterKey, key, wholeNumber } from "./text.ts";

const SOME = key("some avg10=");
const FULL = key("full avg10=");
const EQUALS = 61;
const POINT = 46;
const NEWLINE = 10;

/** A number with two decimals, as the kernel prints averages; -1 when it is none. */
function average(text: Uint8Array, length: number, at: number): number {
  const whole = wholeNumber(text, length, at);
  const point = at + String(whole).length;
  const hundredths = text[point] === POINT ? wholeNumber(text, length, point + 1) : -1;
  return whole >= 0 && hundredths >= 0 && hundredths < 100 ? (100 * whole + hundredths) / 100 : -1;
}

/** The number behind the last `=` of the line, or -1. */
function totalOfLine(text: Uint8Array, length: number, at: number): number {
  const newline = text.indexOf(NEWLINE, at);
  const isWhole = newline >= 0 && newline < length;
  const equals = isWhole ? text.lastIndexOf(EQUALS, newline) : -1;
  return equals < at ? -1 : wholeNumber(text, length, equals + 1);
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
  const someAvg10 = average(text, length, some);
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
