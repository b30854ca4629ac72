import type { Event } from "../model/event.ts";
import type { Sys } from "../sys/sys.ts";
import { Level, sentenceOf } from "./sentences.ts";

export type Report = (event: Event) => void;

const STDOUT = 1;
const STDERR = 2;

/** Plain lines: what needs attention on stderr, the rest on stdout, as the original does. */
export function plainReport(sys: Sys): Report {
  return (event) => {
    const { level, text } = sentenceOf(event);
    sys.write(level <= Level.warning ? STDERR : STDOUT, `${text}\n`);
  };
}

/** Lines for the journal, with the priority in front of each; sd-daemon(3). */
export function journalReport(sys: Sys): Report {
  return (event) => {
    const { level, text } = sentenceOf(event);
    sys.write(STDERR, `<${level}>${text}\n`);
  };
}
