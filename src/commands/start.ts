import type { CommandLine } from "../cli/command-line.ts";
import { parseCommandLine } from "../cli/options.ts";
import { errnoSentence } from "../model/errno.ts";
import { ExitCode } from "../model/exit-codes.ts";
import type { Handover } from "../model/handover.ts";
import type { Inheritance } from "../model/inheritance.ts";
import type { Options } from "../model/options.ts";
import type { RunDaemon } from "../replay/replay.ts";
import { readMachineFacts, standingText } from "../recorder/standing.ts";
import { isAtLeast } from "../readings/kernel-version.ts";
import { journalReport } from "../report/journal.ts";
import { plainReport } from "../report/plain.ts";
import { linux } from "../sys/linux.ts";
import { version } from "../version.ts";
import { closeOutput, print } from "./output.ts";
import { readSurroundings } from "./surroundings.ts";

type Command = Extract<CommandLine, { kind: "command" }>;

/** The first stage: what was typed becomes a printed answer, a command's run, or the daemon. */
export async function runCommandLine(
  argv: readonly string[],
  runDaemon: RunDaemon,
): Promise<number> {
  const running = linux.readHandover(Number(process.env["BUSTD_RELOAD_FD"] ?? -1));
  if (running !== null) {
    return reload(JSON.parse(running) as Handover);
  }
  const commandLine = await parseCommandLine(argv, readSurroundings());
  switch (commandLine.kind) {
    case "print":
      linux.holdHangup(false);
      print(commandLine.text);
      warn(commandLine.warnings ?? []);
      return closeOutput(commandLine.exitCode ?? ExitCode.ok);
    case "problems":
      complain(commandLine.sentences);
      return commandLine.exitCode;
    case "daemon":
      warn(commandLine.warnings);
      return startDaemon(handoverOf(commandLine.inheritance, commandLine.options));
    case "command":
      return closeOutput(await runCommand(commandLine));
    case "announce": {
      linux.holdHangup(false);
      const { runAnnounce } = await import("./announce.ts");
      return runAnnounce(commandLine);
    }
    case "tell": {
      const { runTelling } = await import("./tell.ts");
      return closeOutput(await runTelling(commandLine, runDaemon));
    }
  }
}

/** What the daemon needs; all that takes memory to make is made here, and not in its own stage. */
function handoverOf(inheritance: Inheritance, options: Options): Handover {
  const machine = readMachineFacts(linux);
  return { inheritance, options, standing: standingText(linux, options, { machine, version }) };
}

async function runCommand(command: Command): Promise<number> {
  const { json, name, problems, warnings } = command;
  linux.holdHangup(false);
  if (name === "victims") {
    warn(warnings);
    const { runVictims } = await import("./victims.ts");
    return runVictims(command);
  }
  const { runDoctor } = await import("./doctor.ts");
  return runDoctor({ json, problems, warnings });
}

function warn(sentences: readonly string[]): void {
  complain(sentences.map((sentence) => `warning: ${sentence}`));
}

function complain(sentences: readonly string[]): void {
  for (const sentence of sentences) {
    process.stderr.write(`bustd: ${sentence}\n`);
  }
}

/** Refuses kernels without PSI at all, then becomes the daemon, or starts it in the background. */
async function startDaemon(handover: Handover): Promise<number> {
  const { release } = linux.systemName();
  if (!isAtLeast(release, 4, 20)) {
    complain([`Linux ${release} is too old: 4.20 or newer is needed`]);
    return ExitCode.unsupported;
  }
  if (handover.options.daemonize) {
    const { startDetached } = await import("./detach.ts");
    return startDetached(handover);
  }
  if (handover.inheritance.places === null) {
    const hasRuntime = process.env["XDG_RUNTIME_DIR"]?.startsWith("/") === true;
    const missing = hasRuntime ? "XDG_STATE_HOME or HOME" : "XDG_RUNTIME_DIR";
    warn([`${missing} is no path: no kill is recorded, status and explain will know of none`]);
  }
  return become(handover);
}

/** Becomes the daemon's own stage; returns only when that failed. */
function become(handover: Handover): number {
  const { argv } = handover.options;
  const failed = linux.restart("BUSTD_OPTIONS_FD", JSON.stringify(handover), argv);
  complain([`cannot start the daemon's own stage, ${errnoSentence(-failed)}; is /proc mounted?`]);
  return ExitCode.notStarted;
}

const UNREADABLE = { kind: "problems", sentences: [] } as const;

/**
 * SIGHUP: a running daemon started itself again to have its files read. With any problem it goes on
 * with the options it had; what belongs to the process and not to the files stays in any case.
 */
async function reload({ inheritance, options }: Handover): Promise<number> {
  if (options.daemonize) {
    const { reopenLogs } = await import("./detach.ts");
    reopenLogs();
  }
  // Nothing may end a daemon that protects, not even a mistake in what reads its files.
  const reading = parseCommandLine(options.argv, readSurroundings());
  const commandLine = await reading.catch(() => UNREADABLE);
  const report = options.sink === "journal" ? journalReport(linux) : plainReport(linux);
  if (commandLine.kind === "daemon") {
    for (const warning of commandLine.warnings) {
      report({ kind: "problem", sentence: `warning: ${warning}` });
    }
    const { daemonize, sink } = options;
    return become(handoverOf(inheritance, { ...commandLine.options, daemonize, sink }));
  }
  for (const sentence of commandLine.kind === "problems" ? commandLine.sentences : []) {
    report({ kind: "problem", sentence });
  }
  report({ kind: "problem", sentence: "the configuration is broken: the old one stays in force" });
  return become({ inheritance, options });
}
