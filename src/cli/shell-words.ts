/** Splits a text into words as a shell would that expands nothing; sh(1), "Quoting". */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  const parts = text.matchAll(/\s+|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|[^\s'"\\]+|[^]/g);
  let word: string | null = null;
  for (const [part, single, double, escaped] of parts) {
    if (/^\s/.test(part)) {
      if (word !== null) {
        words.push(word);
      }
      word = null;
    } else {
      word = (word ?? "") + (single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped ?? part);
    }
  }
  return word === null ? words : [...words, word];
}

/** The last value a file of shell variables gives to one; null where it gives none. */
export function shellVariable(text: string, name: string): string | null {
  const lines = text.replaceAll("\\\n", "").split("\n");
  const line = lines.findLast((each) => each.trimStart().startsWith(`${name}=`));
  return line === undefined ? null : (shellWords(line)[0] ?? "").slice(name.length + 1);
}
