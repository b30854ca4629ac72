/**
 * Breaks a sentence between words, so that no line is longer than so many columns; the first line
 * begins with one indent, the others with the next. A word that is longer than a line stays whole.
 */
export function wrapped(text: string, columns: number, first: string, next: string): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
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
