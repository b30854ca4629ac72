/**
 * Breaks a sentence between words, so that no line is longer than so many columns; the first line
 * begins with one indent, the others with the next. A word that is longer than a line stays whole,
 * and so do a number with its unit, and a pid.
 */
export function wrapped(text: string, columns: number, first: string, next: string): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(/(?<!\(pid) (?!(?:%|[KMG]iB|s|ms|min|h)(?![^\s.,;:)]))/)) {
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = next;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/**
 * As many of these parts, from the first on, as fit so many columns with this between them: a
 * number is left out rather than cut. Only the first one alone is cut where it does not fit.
 */
export function fitting(parts: readonly string[], columns: number, between = ", "): string {
  for (let count = parts.length; count > 1; count--) {
    const text = parts.slice(0, count).join(between);
    if (text.length <= columns) {
      return text;
    }
  }
  return (parts[0] ?? "").slice(0, Math.max(0, columns));
}
