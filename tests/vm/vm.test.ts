/** The built executable in machines that really run out of memory; who died by whose hand is the
 * kernel's own record. Two machines at once; the others wait for their turn. Their clocks count
 * instructions, so that the host's load changes no verdict, but for a few with two processors. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { missingTools } from "./lab.ts";
import type { Clock, Lru, Swap } from "./machine.ts";
import { describe, play } from "./play.ts";
import { stories } from "./stories.ts";
import type { Story } from "./story.ts";
import { knownSubjects } from "./subjects.ts";

/** The stories told here, longest first so that the two places end together; a subset that takes
 * some fifteen minutes. scripts/bench-oom.ts plays them all. */
const told: [name: string, swap: Swap, lru?: Lru, clock?: Clock][] = [
  ["kill-storm", "disk"],
  ["preferences", "none"],
  ["many-leakers", "none", "classic", "host"],
  ["fork-storm", "none", "classic", "host"],
  ["newcomer", "zram"],
  ["newcomer", "zram", "mglru"],
  ["turns", "zram"],
  ["leak-old", "none"],
  ["eight-leakers", "none"],
  ["container-swap", "zram"],
  ["database", "zram"],
  ["eight-leakers", "zram"],
  ["swapoff", "zram"],
  ["tabs-20", "none"],
  ["tabs-13", "zram"],
  ["workers", "none"],
  ["leak", "disk"],
  ["leak", "zram", "mglru"],
  ["leak", "zram"],
  ["leak", "none", "classic", "host"],
  ["leak-random", "zram"],
  ["leak-empty", "zram"],
  ["leak-protected", "none"],
  ["leak-adj", "none"],
  ["stuck", "none"],
  ["snapshot", "none"],
  ["pool", "none"],
  ["locked", "none"],
  ["tables", "none"],
  ["core", "none"],
  ["leak-deaf", "none"],
  ["leak-zombie", "none"],
  ["group", "none"],
  ["squeeze", "disk"],
];

function title([name, swap, lru = "classic", clock = "instructions"]: (typeof told)[number]) {
  const more = [lru === "mglru" ? ", MGLRU" : "", clock === "host" ? ", two processors" : ""];
  return `${name}, swap ${swap}${more.join("")}`;
}

/** One of them is asked afterwards what it did: that takes seconds, and no machine more. */
function asked([name, swap, , clock]: (typeof told)[number]): Story {
  const story = stories[name]!;
  return name === "leak" && swap === "none" && clock === "host"
    ? {
        ...story,
        asks: [["/bin/bustd", "explain", "last"]],
        mustAnswer: [
          /^hog \(pid \d+\) was killed on /,
          /\(rule exhaustion\): MemAvailable was \d+\.\d % \(limit \d+\.\d %\)/,
          /^Why not idle /m,
          /^ {2}Gone \d+\.\d\d s after the first signal/m,
        ],
      }
    : story;
}

const missing = missingTools();
if (!existsSync(resolve(import.meta.dir, "../../dist/bustd"))) missing.push("dist/bustd");
/** They wait for each other. */
const timeoutMs = 3_600_000;
/** As packaging/systemd/bustd.service has it: a fork storm leaves no processor to others. */
const niceOfUnit = -20;

if (missing.length > 0) {
  const reason = `${missing.join(", ")} missing; bun scripts/setup-test-tools.ts and npm run build`;
  console.warn(`\nTHE TESTS IN VIRTUAL MACHINES ARE LEFT OUT: ${reason}\n`);
  for (const one of told) test.skip(`${title(one)} (left out: ${reason})`, () => {});
  if (process.env["CI"] === "true") {
    test("continuous integration has the tools for virtual machines", () => {
      expect(missing).toEqual([]);
    });
  }
} else {
  const bustd = knownSubjects().find(({ name }) => name === "bustd")!;
  for (const one of told) {
    const [name, swap, lru = "classic", clock = "instructions"] = one;
    const story = stories[name]!;
    test.concurrent(
      `${title(one)}: ${story.about}`,
      async () => {
        const outcome = await play(asked(one), bustd, { swap, lru, clock, nice: niceOfUnit });
        if (!outcome) throw new Error("bustd cannot do what the story wishes");
        if (outcome.problems.length > 0) throw new Error(describe(outcome));
      },
      timeoutMs,
    );
  }
}
