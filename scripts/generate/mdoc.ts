import type { Flag } from "../../src/cli/args.ts";

/** The day the pages' text was last worked on; mdoc(7) wants one. */
export const PAGE_DATE = "November 23, 2026";

/** Text as mdoc(7) source: no word is a macro, no character an escape. */
export function plain(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll('"', "\\(dq");
}

/** A sentence a line, as mdoc(7) asks for; a leading dot or quote would be a macro. */
export function paragraph(text: string): string {
  return plain(text)
    .replaceAll(/([.:;]) (?=[A-Z])/g, "$1\n")
    .split("\n")
    .map((line) => (/^[.]/.test(line) ? `\\&${line}` : line))
    .join("\n");
}

/** `Fl n , Fl \-no-daemon Ar value`. */
export function flagMacros({ name, short, value }: Flag): string {
  const long = `Fl \\-${name}`;
  const both = short === undefined ? long : `Fl ${short} , ${long}`;
  return value === undefined ? both : `${both} Ar ${plain(value)}`;
}

/** A list of tagged entries. */
export function tagged(entries: readonly (readonly [string, string])[]): string {
  const items = entries.map(([tag, text]) => `.It ${tag}\n${text}`);
  return [".Bl -tag -width Ds", ...items, ".El"].join("\n");
}

/** A whole page: text lines broken at 78 columns, macro lines as they are. */
export function page(parts: readonly string[]): string {
  const lines = parts.join("\n").split("\n");
  return `${lines.map((line) => (line.startsWith(".") ? line : folded(line))).join("\n")}\n`;
}

function folded(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > 78) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    }
  }
  return lines.join("\n");
}
