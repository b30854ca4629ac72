import { expect } from "bun:test";
import type { Event } from "../../src/model/event.ts";
import { Level, sentenceOf } from "../../src/report/sentences.ts";

const LEVEL_NAMES = new Map<number, string>(Object.entries(Level).map(([name, n]) => [n, name]));

/** A sentence of one line, folded so that it can be read here. */
export function folded(text: string): string {
  expect(text).not.toContain("\n");
  return text.replace(/(.{1,80})( |$)/g, "$1\n").trimEnd();
}

/** Level and sentence in one text. */
export function say(event: Event): string {
  const { level, text } = sentenceOf(event);
  return `${LEVEL_NAMES.get(level)}: ${text}`;
}
