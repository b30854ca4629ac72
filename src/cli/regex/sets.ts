/** Code points as ascending ranges that do not touch: first, last, first, last … */
export type Ranges = readonly number[];

const LAST = 0x10ffff;

export const ALL: Ranges = [0, LAST];

/** What `\d`, `\w` and `\s` stand for; in ASCII, as names of programs are. */
export const DIGITS: Ranges = [0x30, 0x39];
export const WORD: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
export const BLANKS: Ranges = [0x09, 0x0d, 0x20, 0x20];

/** The names inside brackets such as `[[:alpha:]]`, in the C locale; isalpha(3). */
export const POSIX_CLASSES: Readonly<Record<string, Ranges>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0x00, 0x1f, 0x7f, 0x7f],
  digit: DIGITS,
  graph: [0x21, 0x7e],
  lower: [0x61, 0x7a],
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: BLANKS,
  upper: [0x41, 0x5a],
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};

/** All that is in one of these. */
export function union(sets: readonly Ranges[]): Ranges {
  const pairs: (readonly [number, number])[] = [];
  for (const set of sets) {
    for (let i = 0; i < set.length; i += 2) {
      pairs.push([set[i] ?? 0, set[i + 1] ?? 0]);
    }
  }
  pairs.sort(([a], [b]) => a - b);
  const merged: number[] = [];
  for (const [from, to] of pairs) {
    const end = merged.at(-1) ?? -2;
    if (from <= end + 1) {
      merged[merged.length - 1] = Math.max(end, to);
    } else {
      merged.push(from, to);
    }
  }
  return merged;
}

/** All that is not in it. */
export function inverse(set: Ranges): Ranges {
  const rest: number[] = [];
  let from = 0;
  for (let i = 0; i < set.length; i += 2) {
    if ((set[i] ?? 0) > from) {
      rest.push(from, (set[i] ?? 0) - 1);
    }
    from = (set[i + 1] ?? 0) + 1;
  }
  return from > LAST ? rest : [...rest, from, LAST];
}

export function holds(set: Ranges, code: number): boolean {
  for (let i = 0; i < set.length && code >= (set[i] ?? 0); i += 2) {
    if (code <= (set[i + 1] ?? 0)) {
      return true;
    }
  }
  return false;
}

/** Letters beyond these are left as they are when case does not matter: Cyrillic's are the last. */
const LAST_CASED = 0x556;

/** The same with the other case of each letter, up to Cyrillic. */
export function bothCases(set: Ranges): Ranges {
  const others: Ranges[] = [set];
  for (let code = 0x41; code <= LAST_CASED; code++) {
    if (holds(set, code)) {
      const letter = String.fromCodePoint(code);
      for (const other of [letter.toLowerCase(), letter.toUpperCase()]) {
        const [same = 0, more] = Array.from(other, (part) => part.codePointAt(0) ?? 0);
        if (more === undefined) {
          others.push([same, same]);
        }
      }
    }
  }
  return union(others);
}
