import { ExitCode } from "../model/exit-codes.ts";
import { type Format, metricsText } from "../report/metrics-text.ts";
import { metricsOf } from "./metrics-of.ts";
import { readPlaces } from "./places.ts";
import { readRingFile } from "./ring-file.ts";
import { readStatus } from "./status.ts";
import { writeWhole } from "./write-whole.ts";

/** Everybody may read it: the collector is another user. */
const MODE = 0o644;

/** `metrics`: to standard output, or to a file for the node exporter's textfile collector. */
export async function runMetrics(
  directory: string | null,
  format: Format,
  output: string | null,
): Promise<number> {
  const status = await readStatus(directory);
  const read = readRingFile(readPlaces(directory).ring);
  const text = metricsText(metricsOf(status, "ring" in read ? read.ring : null), format);
  if (output === null) {
    process.stdout.write(text);
    return ExitCode.ok;
  }
  const problem = writeWhole(output, text, MODE);
  if (problem === null) {
    return ExitCode.ok;
  }
  process.stderr.write(`bustd: ${problem}\n`);
  return ExitCode.problems;
}
