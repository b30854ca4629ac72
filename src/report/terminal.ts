import { createConsola, type ConsolaInstance, type LogType } from "consola";
import type { Sys } from "../sys/sys.ts";
import type { Report } from "./plain.ts";
import { Level, sentenceOf } from "./sentences.ts";

const TYPES: Readonly<Record<Level, LogType>> = {
  [Level.error]: "error",
  [Level.warning]: "warn",
  [Level.notice]: "success",
  [Level.info]: "info",
  [Level.debug]: "debug",
};

/** Lines for a person at a terminal, through consola; only loaded where there is one. */
export function terminalReport(sys: Sys): Report {
  const stream = (fd: number) => ({ write: (text: string) => sys.write(fd, text) >= 0 });
  const logger: ConsolaInstance = createConsola({
    level: Number.POSITIVE_INFINITY,
    // Repeated lines are held back by a timer otherwise, and nothing here ever runs one.
    throttle: 0,
    formatOptions: { date: false },
    stdout: stream(1) as unknown as NodeJS.WriteStream,
    stderr: stream(2) as unknown as NodeJS.WriteStream,
  });
  return (event) => {
    const { level, text } = sentenceOf(event);
    // The fancy reporter reads `x` and _x_ as markup; an argument behind the first is left alone.
    logger[TYPES[level]]("%s", text);
  };
}
