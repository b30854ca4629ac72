import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { worldOf } from "../../src/commands/selftest.ts";
import { runDaemon } from "../../src/daemon.ts";
import type { Event } from "../../src/model/event.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { anInheritance, someOptions } from "../helpers/nouns.ts";
import { plainSys } from "../helpers/plain-sys.ts";
import { isRoot } from "../helpers/program.ts";
import { memoryAt, signalsOf } from "../helpers/watch.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/bustd");
const isBuilt = existsSync(EXECUTABLE);
const unbuilt = isBuilt ? "" : " (left out: npm run build makes dist/bustd)";
const CHILD = 42;

/** Runs the daemon's loop around one child; the events until it is told to stop. */
function exercise(sys: FakeSys): string[] {
  const kinds: string[] = [];
  const world = worldOf(plainSys(sys), CHILD, () => kinds.includes("killed"));
  const handover = {
    options: someOptions({ trim: false, mem: { softPercent: 100, hardPercent: 0 } }),
    inheritance: anInheritance(),
  };
  expect(runDaemon(world, handover, ({ kind }: Event) => kinds.push(kind), "1.2.3")).toBe(0);
  return kinds.filter((kind) => kind !== "look");
}

describe("the daemon's loop around a child", () => {
  /** Whatever happens, these would be chosen before it. */
  const others = [
    { pid: 7, comm: "larger", rssKib: 6_000_000, oomScoreAdj: 1000 },
    { pid: 8, comm: "group", rssKib: 5_000_000, pgid: CHILD, memoryOf: CHILD },
  ];

  test("kills it, and nobody else however large", () => {
    const sys = new FakeSys().add(...others, { pid: CHILD, rssKib: 65_536, pgid: CHILD });
    sys.machine = memoryAt(2);
    expect(exercise(sys)).toEqual(expect.arrayContaining(["killing", "killed", "stopped"]));
    expect(signalsOf(sys)).toEqual([`0ms SIGTERM ${CHILD}`]);
  });

  test("kills nobody in its place when it is gone, and gives up after a while", () => {
    const sys = new FakeSys().add(...others);
    sys.machine = memoryAt(2);
    expect(exercise(sys)).not.toContain("killing");
    expect(signalsOf(sys)).toEqual([]);
    expect(sys.atMs).toBeWithin(5000, 60_000);
  });
});

describe.skipIf(!isBuilt)(`selftest, as it is compiled${unbuilt}`, () => {
  const shown = (...as: readonly string[]) => {
    const { exitCode, stdout } = Bun.spawnSync([...as, EXECUTABLE, "selftest"]);
    return { exitCode, lines: stdout.toString().trimEnd().split("\n") };
  };
  const KILLS = [
    expect.stringMatching(/^ok +the child that obeys SIGTERM was killed by SIGTERM$/),
    expect.stringMatching(/^ +killing selftest \(pid \d+, user \d+, .* by SIGTERM, because /),
    expect.stringMatching(/^ +killed selftest \(pid \d+\) by SIGTERM: gone after /),
    expect.stringMatching(/^ok +the child that ignores SIGTERM was killed by SIGKILL$/),
    expect.stringMatching(/^ +killing selftest \(pid \d+, user \d+, .* by SIGTERM, because /),
    expect.stringMatching(/^ +killed selftest \(pid \d+\) by SIGKILL: gone after /),
  ];

  test("shows that kills work", () => {
    const { exitCode, lines } = shown();
    expect(lines.slice(1, -1)).toEqual(KILLS);
    expect(lines.at(-1)).toStartWith("Kills work on this machine");
    expect(exitCode).toBe(0);
  });

  const unprivileged = isRoot ? "" : " (left out: only root may become somebody else)";
  test.skipIf(!isRoot)(`shows it to an ordinary user${unprivileged}`, () => {
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const { exitCode, lines } = shown(...nobody);
    expect(lines.slice(1, -1)).toEqual(KILLS);
    expect(lines.at(-1)).toBe("Kills work on this machine, for processes of this user.");
    expect(exitCode).toBe(0);
  });

  test.skipIf(!isRoot)(`says so where they do not${unprivileged}`, () => {
    // Another namespace's /proc tells nothing of what runs in this one.
    const { exitCode, lines } = shown("unshare", "--pid", "--fork", "--kill-child");
    expect([exitCode, lines[1], lines.at(-1)]).toEqual([
      2,
      "broken  the child that obeys SIGTERM was not killed by SIGTERM",
      "Kills do not work here as they should: bustd doctor says what hinders them.",
    ]);
  });
});
