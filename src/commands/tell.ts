import type { CommandLine } from "../cli/command-line.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { escapeName } from "../report/escape.ts";
import { linux } from "../sys/linux.ts";
import { type Asked, askedOf } from "./asked.ts";
import type { Loop } from "./selftest.ts";

type Tell = Extract<CommandLine, { kind: "tell" }>;

/** Runs a command that looks at what a daemon left behind; its exit code. */
export async function runTelling(line: Tell, loop: Loop): Promise<number> {
  const asked = askedOf(line, Date.now());
  if (typeof asked === "string") {
    process.stderr.write(`bustd: ${escapeName(asked)}\n`);
    return ExitCode.usage;
  }
  return run(line, asked, loop);
}

async function run(
  { flags, isBare, name, options }: Tell,
  asked: Asked,
  loop: Loop,
): Promise<number> {
  switch (name) {
    case "selftest": {
      linux.holdHangup(false);
      const { runSelftest } = await import("./selftest.ts");
      return runSelftest(loop);
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
    case "metrics": {
      const { runMetrics } = await import("./metrics.ts");
      const format = flags.has("openmetrics") ? "openmetrics" : "prometheus";
      return runMetrics(asked.directory, format, flags.get("output") ?? null);
    }
  }
}
