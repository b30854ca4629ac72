import { resolve } from "node:path";
import type { Settings } from "../cli/settings.ts";
import { ExitCode } from "../model/exit-codes.ts";
import type { Options } from "../model/options.ts";
import { deathsOf } from "../replay/stage.ts";
import { replayJson, sweepJson } from "../replay/json.ts";
import { headLines, type Replayed, replayLines, sweepLines } from "../replay/lines.ts";
import { replay, type RunDaemon, type Warning } from "../replay/replay.ts";
import { parseSweep, SWEEPS, sweepOver } from "../replay/sweep.ts";
import { tuneLines } from "../replay/tune-lines.ts";
import { tune } from "../replay/tune.ts";
import { escapedJson, escapeName } from "../report/escape.ts";
import type { Asked } from "./asked.ts";
import { print } from "./output.ts";
import { findRecording, readRecordingFile } from "./recordings.ts";
import { readScreen } from "./screen.ts";
import { optionsThen } from "./settings-then.ts";

interface Wish {
  readonly asked: Asked;
  /** Those of files and flags. */
  readonly options: Options;
  /** What was typed of them. */
  readonly said: Partial<Settings>;
  readonly words: readonly string[];
  readonly sweep: string | undefined;
}

function complain(sentence: string): void {
  process.stderr.write(`bustd: ${escapeName(sentence)}\n`);
}

function printLines(lines: readonly string[]): void {
  print(`${lines.map((line) => line.trimEnd()).join("\n")}\n`);
}

/**
 * `replay FILE|INCIDENT`: what the daemon would have done, beside what happened. An incident is
 * replayed with the settings of its daemon, and what was typed in their place.
 */
export function runReplay(run: RunDaemon, wish: Wish): number {
  const { asked, said, sweep, words } = wish;
  const wanted = sweep === undefined ? null : parseSweep(sweep);
  if (sweep !== undefined && wanted === null) {
    complain(`--sweep: found '${sweep}', allowed is ${SWEEPS}`);
    return ExitCode.usage;
  }
  const found = findRecording(words[0] ?? "last", asked);
  if (found === null || typeof found === "string") {
    complain(found ?? "there is nothing to replay");
    return ExitCode.problems;
  }
  const { incident, recording } = found;
  const options = incident === null ? wish.options : optionsThen(incident, said);
  if (typeof options === "string") {
    complain(options);
    return ExitCode.problems;
  }
  if (wanted !== null && options.when !== null) {
    complain("--sweep means nothing while conditions (when) stand in place of psi, mem and swap");
    return ExitCode.usage;
  }
  const isTyped = Object.keys(said).length > 0;
  const whose = incident === null ? "here" : isTyped ? "changed" : "incident";
  const paper = readScreen();
  if (wanted !== null) {
    const tried = sweepOver(run, recording, options, wanted);
    if (asked.json) {
      print(`${escapedJson(sweepJson(wanted, tried))}\n`);
    } else {
      const head = headLines({ recording, options, whose }, paper);
      printLines([...head, ...sweepLines(wanted, tried, recording, paper)]);
    }
    return ExitCode.ok;
  }
  const warnings: Warning[] = [];
  const acts = replay(run, recording, options, (warning) => warnings.push(warning));
  const deaths = deathsOf(recording);
  const replayed: Replayed = { recording, options, whose, acts, warnings, deaths };
  if (asked.json) {
    print(`${escapedJson(replayJson(replayed))}\n`);
  } else {
    printLines(replayLines(replayed, paper));
  }
  return ExitCode.ok;
}

/** `tune FILE…`: settings that would have done better; exit code 1 where there is too little. */
export function runTune(
  run: RunDaemon,
  { asked, options, words }: Omit<Wish, "said" | "sweep">,
): number {
  // One that is named twice is no more to go by.
  const read = [...new Set(words.map((word) => resolve(word)))].map(readRecordingFile);
  const problems = read.filter((item) => typeof item === "string");
  problems.forEach(complain);
  if (problems.length > 0) {
    return ExitCode.problems;
  }
  const recordings = read.filter((item) => typeof item !== "string");
  const tuning = tune(run, recordings, options);
  if (asked.json) {
    print(`${escapedJson(tuning)}\n`);
  } else {
    printLines(tuneLines(tuning, readScreen().columns));
  }
  return tuning.refusal === null ? ExitCode.ok : ExitCode.problems;
}
