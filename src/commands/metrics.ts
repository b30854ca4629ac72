import { lstatSync } from "node:fs";
import { ExitCode } from "../model/exit-codes.ts";
import { escapeName } from "../report/escape.ts";
import { type Format, metricsText } from "../report/metrics-text.ts";
import { metricsOf } from "./metrics-of.ts";
import { print } from "./output.ts";
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
  const unreadable = status.problems;
  if (output === null || output === "-") {
    print(text);
    return complain(unreadable);
  }
  const refusal = refusalOf(output);
  const problem = refusal ?? writeWhole(output, text, MODE);
  return complain(problem === null ? unreadable : [...unreadable, problem]);
}

/** A device, a pipe or a link is not replaced by a file. */
function refusalOf(path: string): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined || found.isFile()
    ? null
    : `${path}: it is no plain file; name another`;
}

function complain(sentences: readonly string[]): ExitCode {
  for (const sentence of sentences) {
    process.stderr.write(`bustd: ${escapeName(sentence)}\n`);
  }
  return sentences.length === 0 ? ExitCode.ok : ExitCode.problems;
}
