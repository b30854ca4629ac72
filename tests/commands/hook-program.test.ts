import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programProblem } from "../../src/commands/hook-program.ts";
import { isRoot } from "../helpers/program.ts";

const euid = process.geteuid?.() ?? 0;
const directory = mkdtempSync(join(tmpdir(), "bustd-hook-"));
afterAll(() => rmSync(directory, { recursive: true }));

function place(name: string, mode = 0o755, directoryMode = 0o755): string {
  mkdirSync(join(directory, name));
  const path = join(directory, name, "hook");
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, mode);
  chmodSync(join(directory, name), directoryMode);
  return path;
}

describe("a hook's program", () => {
  const rows = [
    ["of ours alone", () => place("good"), null],
    ["in a sticky directory of ours", () => place("sticky", 0o755, 0o1777), null],
    ["that is missing", () => join(directory, "none"), /^there is no such file$/],
    ["below a file", () => `${place("below")}/hook`, /directory/],
    ["that is a directory", () => directory, /^it is no plain file$/],
    ["that is a device", () => "/dev/null", /^it is no plain file$/],
    ["that the group can write", () => place("group", 0o775), /can write it; chmod go-w$/],
    ["that all can write", () => place("all", 0o757), /can write it; chmod go-w$/],
    ["that is not executable", () => place("data", 0o644), /^it is not executable; chmod \+x$/],
    ["in a directory of all", () => place("open", 0o755, 0o777), /can write .*\/open; /],
  ] as const;
  test.each(rows)("%s", (_what, make, problem) => {
    const found = programProblem(make(), euid);
    if (problem === null) {
      expect(found).toBe(null);
    } else {
      expect(found).toMatch(problem);
    }
  });

  test("behind links is judged by all of them", () => {
    const target = place("target");
    const link = join(directory, "link");
    symlinkSync("target/../target/./hook", link);
    expect(programProblem(link, euid)).toBe(null);
    mkdirSync(join(directory, "loose"));
    symlinkSync(target, join(directory, "loose", "middle"));
    symlinkSync(join(directory, "loose", "middle"), join(directory, "far"));
    expect(programProblem(join(directory, "far"), euid)).toBe(null);
    chmodSync(join(directory, "loose"), 0o777);
    expect(programProblem(join(directory, "far"), euid)).toContain("/loose; ");
    symlinkSync("round", join(directory, "round"));
    expect(programProblem(join(directory, "round"), euid)).toBe("too many links");
  });

  test.skipIf(!isRoot)(
    `of another user is refused${isRoot ? "" : " (left out: only root can give files away)"}`,
    () => {
      const path = place("given");
      chownSync(path, 1000, 1000);
      expect(programProblem(path, 0)).toContain("belongs to user 1000");
      expect(programProblem(path, 1000)).toBe(null);
      chownSync(path, 0, 0);
      chownSync(join(directory, "given"), 1000, 1000);
      expect(programProblem(path, 0)).toContain("/given belongs to user 1000");
    },
  );
});
