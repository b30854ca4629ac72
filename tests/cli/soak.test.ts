import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Sample } from "../../scripts/soak/run.ts";
import { isRoot } from "../helpers/program.ts";

const LOOKS = 60_000;
/** It takes 20 s on an idle machine. */
const TIMEOUT_MS = 600_000;
const asRoot = isRoot ? [] : ["--map-root-user"];
const isAlone =
  Bun.which("unshare") !== null &&
  Bun.spawnSync(["unshare", ...asRoot, "--pid", "--fork", "true"]).success;
const whyNot = isAlone ? "" : " (left out: no PID namespace is to be had)";

test.skipIf(!isAlone)(
  `60,000 looks and thousands of choices later the daemon is no larger${whyNot}`,
  async () => {
    const script = join(import.meta.dir, "../../scripts/soak.ts");
    const command = [process.execPath, script, "--looks", String(LOOKS), "--json"];
    const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "pipe"] });
    const [said, problems] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    expect(problems).toBe("");
    expect(await child.exited).toBe(0);
    const samples = said
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Sample);
    expect(samples.at(-1)?.ticks).toBe(LOOKS);
    expect(samples.at(-1)?.selections).toBeGreaterThan(2000);
    expect(new Set(samples.map(({ threads }) => threads))).toEqual(new Set([1]));
  },
  TIMEOUT_MS,
);
