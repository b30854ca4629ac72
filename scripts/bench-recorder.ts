/** What a look takes with the flight recorder and without, near a limit, where the daemon looks at
 * everything ten times a second; in machines whose clock counts instructions, 4 ns each. */
import { missingTools } from "../tests/vm/lab.ts";
import { play } from "../tests/vm/play.ts";
import { peace } from "../tests/vm/stories/kit.ts";
import { bustdLike } from "../tests/vm/subjects.ts";
import type { Story } from "../tests/vm/story.ts";

const STORY_MS = 60_000;
const LOOKS_PER_S = 10;
/** A tenth of memory is available; nothing stalls, and swap is empty, so that nobody is killed. */
const FLAGS = "-n -m 20,2 -s 5,2";

function story(files: Record<string, string>): Story {
  const near = peace("memory is near the limit", ["disk"], STORY_MS, [
    { name: "holder", part: "hold mb=730", atMs: 100 },
  ]);
  return { ...near, wishes: { bustd: { flags: [], files } } };
}

/** Microseconds that a look takes. */
async function lookUs(files: Record<string, string>, executable: string): Promise<number> {
  const subject = bustdLike("bustd", `${executable} ${FLAGS}`);
  const circumstances = { swap: "disk", clock: "instructions", nice: -20 } as const;
  const played = await play(story(files), subject, circumstances);
  const { after, before } = played?.result.daemon ?? { after: null, before: null };
  if (after === null || before === null) {
    throw new Error("the machine told nothing");
  }
  return ((after.runMs - before.runMs) * 1000) / ((STORY_MS / 1000) * LOOKS_PER_S);
}

const missing = missingTools();
if (missing.length > 0) {
  throw new Error(`missing: ${missing.join(", ")}; run bun scripts/setup-test-tools.ts`);
}
const executable = process.argv[2] ?? "dist/bustd";
const withRing = await lookUs({}, executable);
// A file in the place of the directory: there is no ring then.
const without = await lookUs({ "/run/bustd": "" }, executable);
const more = (100 * (withRing - without)) / without;
console.log(`with the recorder    ${withRing.toFixed(1)} us a look`);
console.log(`without              ${without.toFixed(1)} us a look`);
console.log(`more                 ${more.toFixed(1)} %`);
process.exitCode = more <= 5 ? 0 : 1;
