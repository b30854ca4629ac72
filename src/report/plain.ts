import type { Report } from "../model/event.ts";
import type { Sys } from "../sys/sys.ts";
import { sentenceOf } from "./sentences.ts";
import { utcTime } from "./time.ts";

const STDOUT = 1;
export const STDERR = 2;

/** Writes one line to a descriptor. */
export type WriteLine = (fd: number, line: string) => void;

/**
 * Writes lines, if that can be done without waiting: a full pipe, a stopped terminal or a reader
 * that is gone must not stop the daemon. What was lost is counted, and said with the next line.
 */
export function lineWriter(sys: Sys): WriteLine {
  let lost = 0;
  return (fd, line) => {
    const text = lost > 0 ? `lines that could not be written: ${lost}\n${line}\n` : `${line}\n`;
    const isWritten = sys.canWrite(fd) && sys.write(fd, text) >= 0;
    lost = isWritten ? 0 : lost + 1;
  };
}

/** Where a line belongs: all that happens on standard output, what is wrong on standard error. */
export function descriptorOf(isWrong: boolean): number {
  return isWrong ? STDERR : STDOUT;
}

/** Plain lines with their time. */
export function plainReport(sys: Sys): Report {
  const write = lineWriter(sys);
  return (event) => {
    const { isWrong, text } = sentenceOf(event);
    write(descriptorOf(isWrong), `${utcTime(sys.wallMs())} ${text}`);
  };
}
