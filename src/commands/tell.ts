import type { CommandLine } from "../cli/command-line.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { escapeName } from "../report/escape.ts";
import type { RunDaemon } from "../replay/replay.ts";
import { linux } from "../sys/linux.ts";
import { type Asked, askedOf } from "./asked.ts";

type Tell = Extract<CommandLine, { kind: "tell" }>;

/** Runs a command that looks at what a daemon left behind; its exit code. */
export async function runTelling(line: Tell, runDaemon: RunDaemon): Promise<number> {
  const asked = askedOf(line, Date.now());
  if (typeof asked === "string") {
    process.stderr.write(`bustd: ${escapeName(asked)}\n`);
    return ExitCode.usage;
  }
  return run(line, asked, runDaemon);
}

async function run(line: Tell, asked: Asked, runDaemon: RunDaemon): Promise<number> {
  const { flags, isBare, name, options } = line;
  switch (name) {
    case "selftest": {
      linux.holdHangup(false);
      const { runSelftest } = await import("./selftest.ts");
      return runSelftest(runDaemon);
    }
    case "incidents": {
      const { runIncidents } = await import("./incidents.ts");
      return runIncidents(asked);
    }
    case "explain": {
      const { runExplain } = await import("./incidents.ts");
      return runExplain(asked);
    }
    case "status": {
      const { runStatus } = await import("./status.ts");
      return runStatus(asked);
    }
    case "report": {
      const { runReport } = await import("./report-page.ts");
      return runReport(asked, flags.get("html"));
    }
    case "top": {
      const { runTop } = await import("./top.ts");
      const { inForce, others, runningDaemons } = await import("./running.ts");
      const daemon = isBare ? inForce(await runningDaemons(others())) : null;
      const shown = daemon?.options ?? options;
      return shown === null ? ExitCode.usage : runTop(shown, flags.has("once"));
    }
    case "record":
    case "replay":
    case "tune":
      return runOnRecording(line, name, asked, runDaemon);
    case "notify": {
      const { runNotify } = await import("./notify.ts");
      return runNotify(asked.directory, flags.has("watch"));
    }
    case "metrics": {
      const { runMetrics } = await import("./metrics.ts");
      const format = flags.has("openmetrics") ? "openmetrics" : "prometheus";
      return runMetrics(asked.directory, format, flags.get("output") ?? null);
    }
  }
}

/** The commands that make recordings, or need some. */
async function runOnRecording(
  { flags, options, said, words }: Tell,
  name: "record" | "replay" | "tune",
  asked: Asked,
  runDaemon: RunDaemon,
): Promise<number> {
  switch (name) {
    case "record": {
      const { runRecord } = await import("./record.ts");
      return runRecord({ file: words[0] ?? "", forMs: asked.forMs });
    }
    case "replay": {
      const { runReplay } = await import("./replay.ts");
      const sweep = flags.get("sweep");
      return options === null
        ? ExitCode.usage
        : runReplay(runDaemon, { asked, options, said, words, sweep });
    }
    case "tune": {
      const { runTune } = await import("./replay.ts");
      return options === null ? ExitCode.usage : runTune(runDaemon, { asked, options, words });
    }
  }
}
