import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "../helpers/program.ts";

const ROOT = join(import.meta.dir, "../..");
const EXECUTABLE = join(ROOT, "dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const unbuilt = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";
const why = isRoot ? unbuilt : " (left out: only root may have a PID namespace)";

/** The commands that find kills, as the README has them. */
const [inBackground = "", inForeground = ""] =
  /^(grep .*?) *# in the background\n(bustd -n \| grep .*?) *# in the foreground$/m
    .exec(readFileSync(join(ROOT, "README.md"), "utf8"))
    ?.slice(1) ?? [];

/** When, who and why, and who would have been next; then when memory was back. */
const KILL = [
  expect.stringMatching(
    new RegExp(
      String.raw`^\S+Z killing tail \(pid \d+, user 0, /\S+tail, .* by SIGTERM, because memory ` +
        String.raw`is used up \(rule exhaustion\): MemAvailable [\d.]+ % \(limit 100.0 %\).*; ` +
        String.raw`(next|nobody) would be `,
    ),
  ),
  expect.stringMatching(/^\S+Z killed tail \(pid \d+\) by SIGTERM: gone after .* s; MemAvailable /),
];

/**
 * Plays a script in which `bustd` kills whatever has 16 MiB, and `load` is the name of a function
 * that takes more, where nothing else runs.
 */
function play(script: string): string[] {
  const alone = ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child"];
  const world = `
    own() { mount -t tmpfs -o mode=1777 none "$1"; }
    own /run && own /var/log && own /var/lib
    executable=$1
    bustd() { "$executable" --config /dev/null --mem 100,0 --swap 100,0 "$@" | tee /var/log/said; }
    killed() { until grep -qs "killed tail" /var/log/*; do sleep 0.1; done; }
    load() { { head -c 64M /dev/zero; while sleep 0.1; do echo; done; } | tail >/dev/null; }
    ${script}`;
  const { stdout } = Bun.spawnSync([...alone, "bash", "-c", world, "bash", EXECUTABLE], {
    stderr: "ignore",
    timeout: 50_000,
  });
  // Before there is a load, and after it, the log may say that nobody can be killed.
  const lines = stdout.toString().trimEnd().split("\n");
  const from = lines.findIndex((line) => line.includes("Z killing "));
  return lines.slice(from).slice(0, KILL.length);
}

describe.skipIf(!isBuilt || !isRoot)(`the README's own command finds a kill${why}`, () => {
  test("in the background", () => {
    expect(inBackground).toStartWith("grep ");
    expect(play(`bustd; load; killed; ${inBackground}`)).toEqual(KILL);
  });

  test("in the foreground", () => {
    expect(inForeground).toStartWith("bustd -n | grep ");
    const stop = "kill $(cat /run/bustd.pid)";
    expect(play(`{ sleep 1; load; killed; ${stop}; } & ${inForeground}`)).toEqual(KILL);
  });
});
