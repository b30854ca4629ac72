const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as HTML shows it, also within quotes. */
export function html(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
}

/** A number for a style or a path: two decimals at most, never an exponent. */
export function coordinate(value: number): string {
  return String(Number(value.toFixed(2)));
}
