import { runDaemon } from "./daemon.ts";
import type { Options } from "./model/options.ts";
import { journalReport, plainReport, type Report } from "./report/plain.ts";
import { withStatus } from "./report/systemd.ts";
import { linux } from "./sys/linux.ts";
import { version } from "./version.ts";

/**
 * The program runs in two stages. The first parses what was typed, with the libraries made for it.
 * The second is the same executable started again in place, with the checked options handed over
 * and nothing else loaded: the lean loop that runs for months.
 */
async function main(): Promise<number> {
  const handover = linux.readHandover(Number(process.env["BUSTD_OPTIONS_FD"] ?? -1));
  if (handover === null) {
    const { runCommandLine } = await import("./commands/start.ts");
    return runCommandLine(process.argv.slice(2));
  }
  // Started as /proc/self/exe it is called "exe", and pkill(1) would not find it; proc(5).
  linux.writeFile("/proc/self/comm", "bustd");
  const options = JSON.parse(handover) as Options;
  const report = withStatus(linux, options.notifySocket, await reportFor(options));
  return runDaemon(linux, options, report, version);
}

async function reportFor({ sink }: Options): Promise<Report> {
  if (sink === "terminal") {
    const { terminalReport } = await import("./report/terminal.ts");
    return terminalReport(linux);
  }
  return sink === "journal" ? journalReport(linux) : plainReport(linux);
}

process.exit(await main());
