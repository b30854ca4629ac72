import { printable } from "./quote.ts";
import type { FoundFile } from "./surroundings.ts";

/** Nobody writes so much by hand; reading it takes a second. */
const LONGEST = 64 * 1024;

/** The text of a file that people write, or a sentence on why there is none. */
export function textOf(path: string, file: FoundFile): { text: string } | { problem: string } {
  const shown = printable(path);
  switch (file.kind) {
    case "missing":
      return { problem: `${shown}: cannot be read: there is no such file` };
    case "unreadable":
      return { problem: `${shown}: cannot be read: ${file.reason}` };
    case "null":
      return { text: "" };
    case "found":
      break;
  }
  if (file.notUtf8 !== undefined) {
    const { column, line } = file.notUtf8;
    return { problem: `${shown}:${line}:${column}: not UTF-8: save it in that encoding` };
  }
  return file.text.length > LONGEST
    ? { problem: `${shown}: cannot be read: it is larger than ${LONGEST / 1024} KiB` }
    : { text: file.text };
}
