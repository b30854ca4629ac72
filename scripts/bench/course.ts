/** Writes what tests/vm recorded of a whole story as `bustd replay` reads it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordingOf, type Occasion } from "../../tests/vm/recording.ts";
import type { Played } from "../../tests/vm/play.ts";

/** Writes FOLDER/STORY-SWAP-LRU-DAEMON-RUN.jsonl; src/replay/recording.ts says what is in it. */
export function writeCourse(folder: string, occasion: Occasion, played: Played): void {
  const { story, swap, lru, daemon, run } = occasion;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${[story, swap, lru, daemon, run].join("-")}.jsonl`);
  writeFileSync(path, recordingOf(occasion, played));
}
