/** The value in the middle, the upper one of two; null when nobody knows any. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? null;
}

/** A number with its thousands apart; "-" when it is not known. */
export function figure(value: number | null, decimals = 0): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return value === null ? "-" : value.toLocaleString("en", digits);
}

/** Prints lines of cells, the head first; all columns but the first ones to the right. */
export function printTable(lines: readonly (readonly string[])[], labels = 1): void {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  for (const line of lines) {
    const cells = line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < labels ? cell.padEnd(width) : cell.padStart(width);
    });
    console.log(cells.join("  ").trimEnd());
  }
}
