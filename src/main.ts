import { runDaemon } from "./daemon.ts";
import type { Warner } from "./daemon-state.ts";
import type { Report } from "./model/event.ts";
import type { Handover } from "./model/handover.ts";
import { NO_WARNINGS } from "./model/warned.ts";
import { reportFor } from "./report/sinks.ts";
import { linux } from "./sys/linux.ts";
import { version } from "./version.ts";

/**
 * The program runs in two stages. The first parses what was typed, with the libraries made for it.
 * The second is the same executable started again in place, with the checked options handed over
 * and nothing else loaded: the lean loop that runs for months.
 */
async function main(): Promise<number> {
  // A reload that is asked for during the start is heeded after it.
  linux.holdHangup(true);
  const content = linux.readHandover(Number(process.env["BUSTD_OPTIONS_FD"] ?? -1));
  if (content === null) {
    const { runCommandLine } = await import("./commands/start.ts");
    return runCommandLine(process.argv.slice(2), runDaemon);
  }
  // Started as /proc/self/exe it is called "exe", and pkill(1) would not find it; proc(5).
  linux.writeFile("/proc/self/comm", "bustd");
  const handover = JSON.parse(content) as Handover;
  const { inheritance, options } = handover;
  const report = reportFor(linux, options, inheritance.notifySocket, await linesOf(handover));
  return runDaemon(linux, handover, report, version, await warnerOf(handover));
}

/** Warns before kills: loaded for nobody who does not want it. */
async function warnerOf({ inheritance, options }: Handover): Promise<Warner | null> {
  if (!options.warn) {
    return null;
  }
  const { KillWarner } = await import("./warn/warner.ts");
  return new KillWarner(inheritance.warned ?? NO_WARNINGS);
}

/** Lines for a person at a terminal take a library, which is loaded for nobody else. */
async function linesOf({ options }: Handover): Promise<Report | undefined> {
  if (options.sink !== "terminal") {
    return undefined;
  }
  const { terminalReport } = await import("./report/terminal.ts");
  return terminalReport(linux);
}

const exitCode = await main();
linux.restoreOutput();
process.exit(exitCode);
