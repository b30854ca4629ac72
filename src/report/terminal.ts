import { type ConsolaReporter, createConsola, type LogType } from "consola";
import { colors } from "consola/utils";
import type { Sys } from "../sys/sys.ts";
import type { Report } from "../model/event.ts";
import { descriptorOf, lineWriter } from "./plain.ts";
import { Level, sentenceOf } from "./sentences.ts";

const TYPES: Readonly<Record<Level, LogType>> = {
  [Level.error]: "error",
  [Level.warning]: "warn",
  [Level.notice]: "success",
  [Level.info]: "info",
  [Level.debug]: "debug",
};

const MARKS: Readonly<Partial<Record<LogType, string>>> = {
  error: colors.red("✖"),
  warn: colors.yellow("⚠"),
  success: colors.green("✔"),
  info: colors.cyan("ℹ"),
  debug: colors.gray("⚙"),
};

/**
 * A line is a mark and the sentence as it is: consola's own reporter takes `x` and _x_ in it for
 * markup and drops what marks them, in names as well.
 */
function reporterFor(sys: Sys): ConsolaReporter {
  const write = lineWriter(sys);
  return {
    log: ({ args, type }) => {
      const [text, isWrong] = args;
      write(descriptorOf(isWrong === true), `${MARKS[type] ?? ""} ${String(text)}`);
    },
  };
}

/** Lines for a person at a terminal, through consola; only loaded where there is one. */
export function terminalReport(sys: Sys): Report {
  const logger = createConsola({
    level: Number.POSITIVE_INFINITY,
    // Repeated lines are held back by a timer otherwise, and nothing here ever runs one.
    throttle: 0,
    reporters: [reporterFor(sys)],
  });
  return (event) => {
    const { isWrong, level, text } = sentenceOf(event);
    logger[TYPES[level]](text, isWrong);
  };
}
