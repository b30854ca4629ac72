/** The built executable in machines that really run out of memory; who died by whose hand is the
 * kernel's own record. Two machines at once; the others wait for their turn. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { missingTools } from "./lab.ts";
import type { Swap } from "./machine.ts";
import { describe, play } from "./play.ts";
import { stories } from "./stories.ts";
import { knownSubjects } from "./subjects.ts";

/** The stories told here, longest first so that the two places end together; a subset that takes
 * some eight minutes. scripts/bench-oom.ts plays them all. */
const told: [name: string, swap: Swap][] = [
  ["kill-storm", "disk"],
  ["preferences", "none"],
  ["many-leakers", "none"],
  ["fork-storm", "none"],
  ["newcomer", "zram"],
  ["leak", "disk"],
  ["leak", "zram"],
  ["leak", "none"],
  ["leak-fast", "none"],
  ["leak-deaf", "none"],
  ["leak-zombie", "none"],
  ["leak-strange-name", "none"],
  ["leak-no-psi", "none"],
  ["leak-dry-run", "none"],
  ["leak-small", "disk"],
  ["leak-protected", "none"],
  ["leak-few-rights", "none"],
  ["leak-foreign", "none"],
  ["leak-adj", "none"],
  ["group", "none"],
  ["squeeze", "none"],
  ["squeeze", "disk"],
  ["turns", "zram"],
  ["copy", "disk"],
  ["build", "none"],
  ["burst", "none"],
];

const missing = missingTools();
if (!existsSync(resolve(import.meta.dir, "../../dist/bustd"))) missing.push("dist/bustd");
const timeoutMs = 900_000;
/** As packaging/systemd/bustd.service has it: a fork storm leaves no processor to others. */
const niceOfUnit = -20;

if (missing.length > 0) {
  const reason = `${missing.join(", ")} missing; bun scripts/setup-test-tools.ts and npm run build`;
  console.warn(`\nTHE TESTS IN VIRTUAL MACHINES ARE LEFT OUT: ${reason}\n`);
  for (const [name, swap] of told)
    test.skip(`${name}, swap ${swap} (left out: ${reason})`, () => {});
  if (process.env["CI"] === "true") {
    test("continuous integration has the tools for virtual machines", () => {
      expect(missing).toEqual([]);
    });
  }
} else {
  const bustd = knownSubjects().find(({ name }) => name === "bustd")!;
  for (const [name, swap] of told) {
    const story = stories[name]!;
    test.concurrent(
      `${name}, swap ${swap}: ${story.about}`,
      async () => {
        const outcome = await play(story, bustd, { swap, nice: niceOfUnit });
        if (!outcome) throw new Error("bustd cannot do what the story wishes");
        if (outcome.problems.length > 0) throw new Error(describe(outcome));
      },
      timeoutMs,
    );
  }
}
