import type { CommandLine } from "../cli/command-line.ts";
import { ExitCode } from "../model/exit-codes.ts";
import { escapeName } from "../report/escape.ts";
import { type Asked, askedOf } from "./asked.ts";

type Tell = Extract<CommandLine, { kind: "tell" }>;

/** Runs a command that looks at what a daemon left behind; its exit code. */
export async function runTelling(line: Tell): Promise<number> {
  const asked = askedOf(line, Date.now());
  if (typeof asked === "string") {
    process.stderr.write(`bustd: ${escapeName(asked)}\n`);
    return ExitCode.usage;
  }
  return run(line, asked);
}

async function run({ flags, name, options }: Tell, asked: Asked): Promise<number> {
  switch (name) {
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
      return options === null ? ExitCode.usage : runTop(options, flags.has("once"));
    }
    case "metrics": {
      const { runMetrics } = await import("./metrics.ts");
      const format = flags.has("openmetrics") ? "openmetrics" : "prometheus";
      return runMetrics(asked.directory, format, flags.get("output") ?? null);
    }
  }
}
