const LONGEST = 60;

/** A text of a stranger's in one line, with nothing in it that moves a cursor or turns text. */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
  });
}

/** A text of the user's in double quotes, cut if it is long. */
export function quote(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return printable(JSON.stringify(short.toWellFormed()));
}
