import type { Dialect } from "./tree.ts";

/** Ends the reading of a regular expression that cannot be used. */
export class Refusal extends Error {
  readonly position: number;

  constructor(reason: string, position: number) {
    super(reason);
    this.position = position;
  }
}

/** A place in a source, and what the source said so far about how the rest is to be read. */
export class Reader {
  readonly source: string;
  readonly dialect: Dialect;
  at = 0;
  ignoresCase = false;

  constructor(source: string, dialect: Dialect) {
    this.source = source;
    this.dialect = dialect;
  }

  isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  sees(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  /** Goes on behind a text if it stands here. */
  takes(text: string): boolean {
    const isHere = this.sees(text);
    this.at += isHere ? text.length : 0;
    return isHere;
  }

  /** The next character, or "" at the end. */
  take(): string {
    const code = this.source.codePointAt(this.at);
    const character = code === undefined ? "" : String.fromCodePoint(code);
    this.at += character.length;
    return character;
  }

  /** The text up to `end`, which is left behind as well. */
  skipPast(end: string, otherwise: () => never): string {
    const found = this.source.indexOf(end, this.at);
    if (found === -1) {
      return otherwise();
    }
    const text = this.source.slice(this.at, found);
    this.at = found + end.length;
    return text;
  }

  refuse(reason: string, position: number): never {
    throw new Refusal(reason, position);
  }
}
