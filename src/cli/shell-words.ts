/** What a text is split into, or why it cannot be. */
export type Words =
  | {
      readonly words: readonly string[];
      /** Words with a backslash that stood outside quotes, and each as it is without. */
      readonly bared: readonly (readonly [word: string, without: string])[];
    }
  | { readonly problem: string };

/** Characters that are meant by themselves behind a backslash; others need it. */
export const KEEPS_NO_BACKSLASH = /[\s'"\\$`#]/;

const PIECE = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)|[^]/g;

/**
 * Splits a text into words as a shell does that expands nothing; sh(1), "Quoting". Outside quotes,
 * a backslash stays where it was hardly meant for the shell, as in `a\sb`.
 */
export function shellWords(text: string): Words {
  const words: string[] = [];
  const bared: (readonly [string, string])[] = [];
  let word: string | null = null;
  let without = "";
  const finish = (): void => {
    if (word !== null) {
      words.push(word);
      if (without !== word) {
        bared.push([word, without]);
      }
    }
    word = null;
    without = "";
  };
  for (const [part, blank, single, double, escaped, plain] of text.matchAll(PIECE)) {
    if (blank !== undefined) {
      finish();
    }
    // A line that goes on.
    if (blank !== undefined || escaped === "\n") {
      continue;
    }
    const inner: string | undefined = single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? plain;
    if (inner === undefined && escaped === undefined) {
      return {
        problem: part === "\\" ? "it ends in a backslash" : `a quote ${part} is not closed`,
      };
    }
    const kept: string =
      escaped !== undefined && !KEEPS_NO_BACKSLASH.test(escaped) ? part : (escaped ?? "");
    word = (word ?? "") + (inner ?? kept);
    without += inner ?? escaped ?? "";
  }
  finish();
  return { words, bared };
}
