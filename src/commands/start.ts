import { parseCommandLine } from "../cli/options.ts";
import { ExitCode } from "../model/exit-codes.ts";
import type { Options } from "../model/options.ts";
import { isAtLeast } from "../readings/kernel-version.ts";
import { linux } from "../sys/linux.ts";
import { startDetached } from "./detach.ts";

/** The first stage: what was typed becomes a printed answer, a command's run, or the daemon. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const { readSurroundings } = await import("./surroundings.ts");
  const commandLine = await parseCommandLine(argv, readSurroundings());
  switch (commandLine.kind) {
    case "print":
      process.stdout.write(commandLine.text);
      return ExitCode.ok;
    case "problems":
      complain(commandLine.sentences);
      return commandLine.exitCode;
    case "daemon":
      return startDaemon(commandLine.options);
    case "command":
      return ExitCode.problems;
  }
}

function complain(sentences: readonly string[]): void {
  for (const sentence of sentences) {
    process.stderr.write(`bustd: ${sentence}\n`);
  }
}

/** Refuses kernels without PSI at all, then becomes the daemon, or starts it in the background. */
function startDaemon(options: Options): number | Promise<number> {
  const { release } = linux.systemName();
  if (!isAtLeast(release, 4, 20)) {
    complain([`Linux ${release} is too old: 4.20 or newer is needed, for pressure stall information`]);
    return ExitCode.unsupported;
  }
  if (options.daemonize) {
    return startDetached(options);
  }
  const failed = linux.restart("BUSTD_OPTIONS_FD", JSON.stringify(options), options.argv);
  complain([`cannot start the daemon's own stage (error ${-failed}); is /proc mounted?`]);
  return ExitCode.notStarted;
}
