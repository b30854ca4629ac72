import type { Flag } from "../../src/cli/flag.ts";

/** The day the pages' text was last worked on; mdoc(7) wants one. */
export const PAGE_DATE = "November 28, 2026";

/** Longer lines of text are broken. */
const WIDTH = 78;

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

/** A list of paragraphs, each with a dot in front. */
export function bullets(entries: readonly string[]): string {
  return [".Bl -bullet", ...entries.map((text) => `.It\n${prose(text)}`), ".El"].join("\n");
}

/** A whole page: text lines broken at 78 columns, macro lines as they are. */
export function page(parts: readonly string[]): string {
  const lines = parts.join("\n").split("\n");
  return `${lines.map((line) => (line.startsWith(".") ? line : folded(line))).join("\n")}\n`;
}

function folded(text: string): string {
  if (text.length <= WIDTH) {
    return text;
  }
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    }
  }
  return lines.join("\n");
}

/** Paragraphs, which a blank line separates; lines may be broken anywhere. */
export function prose(text: string): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((part) => paragraph(part.replaceAll(/\s+/g, " ").trim()))
    .join("\n.Pp\n");
}

/** A heading and what stands below it. */
export function section(title: string, ...parts: readonly string[]): string {
  return [`.Sh ${title}`, ...parts].join("\n");
}

/** A heading of the second order. */
export function subsection(title: string, ...parts: readonly string[]): string {
  return [`.Ss ${title}`, ...parts].join("\n");
}

/** Lines as they are typed or printed, each a literal of at most so many columns. */
export function literal(lines: readonly string[], width = 70): string {
  const shown = lines.flatMap((line) => wrapped(line, width)).map((line) => plain(line));
  return [".Bd -literal -offset indent", ...shown, ".Ed"].join("\n");
}

/** A line broken at blanks; what goes on is indented by one. */
function wrapped(text: string, width: number): string[] {
  if (text.length <= width) {
    return [text];
  }
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(` ${word}`);
    } else {
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    }
  }
  return lines;
}

/** A time in seconds, as people write it. */
export function inSeconds(ms: number): string {
  return `${ms / 1000} s`;
}
