/**
 * Characters that a line shows as nothing, as something else, or that move what stands beside them:
 * Unicode's Cc, Cf, Cs, Zl, Zp, Default_Ignorable_Code_Point, and all blanks but the space. First
 * and last of each range, ascending; https://www.unicode.org/Public/16.0.0/ucd/.
 */
const RANGES = [
  0x0, 0x1f, 0x7f, 0xa0, 0xad, 0xad, 0x34f, 0x34f, 0x600, 0x605, 0x61c, 0x61c, 0x6dd, 0x6dd, 0x70f,
  0x70f, 0x890, 0x891, 0x8e2, 0x8e2, 0x115f, 0x1160, 0x1680, 0x1680, 0x17b4, 0x17b5, 0x180b, 0x180f,
  0x2000, 0x200f, 0x2028, 0x202f, 0x205f, 0x206f, 0x2800, 0x2800, 0x3000, 0x3000, 0x3164, 0x3164,
  0xd800, 0xdfff, 0xfe00, 0xfe0f, 0xfeff, 0xfeff, 0xffa0, 0xffa0, 0xfff0, 0xfffb, 0x110bd, 0x110bd,
  0x110cd, 0x110cd, 0x13430, 0x1343f, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0fff,
] as const;

const FIRST_BEYOND_ASCII = 0x7f;

/** Whether a code point must not be printed as it is. */
export function isUnprintable(code: number): boolean {
  if (code < FIRST_BEYOND_ASCII) {
    return code < 0x20;
  }
  for (let i = 0; i < RANGES.length; i += 2) {
    if (code < (RANGES[i] ?? 0)) {
      return false;
    }
    if (code <= (RANGES[i + 1] ?? 0)) {
      return true;
    }
  }
  return false;
}

/** How a character is written that must not be printed: `\xNN` or `\u{NNNN}`. */
export function hexEscape(code: number): string {
  const hex = code.toString(16);
  return code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
}
