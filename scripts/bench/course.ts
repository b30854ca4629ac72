/** Writes what tests/vm recorded of a whole story as lines of JSON. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Played } from "../../tests/vm/play.ts";

/** Which story it was, and where it was played. */
interface Occasion {
  story: string;
  swap: string;
  lru: string;
  daemon: string;
  run: number;
}

/** Writes FOLDER/STORY-SWAP-LRU-DAEMON-RUN.jsonl: a line for the machine and what became of it,
 * then one for each sample; see CourseSample. */
export function writeCourse(folder: string, occasion: Occasion, played: Played): void {
  const { story, swap, lru, daemon, run } = occasion;
  const { course, result } = played;
  const machine = {
    story,
    swap,
    lru,
    daemon,
    run,
    totals: result.totals,
    crisisAtMs: result.crisisAtMs,
    deaths: result.deaths,
    kernelOomKills: result.kernelOomKills,
    stallUs: result.stallUs,
    durationMs: result.durationMs,
    samples: course.length,
    actors: result.actors,
    isCut: result.isCourseCut,
  };
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${[story, swap, lru, daemon, run].join("-")}.jsonl`);
  writeFileSync(path, [machine, ...course].map((line) => `${JSON.stringify(line)}\n`).join(""));
}
