import { describe, expect, test } from "bun:test";
import type { Effect, Match, Options, Pattern } from "../../src/model/options.ts";
import type { Process } from "../../src/model/process.ts";
import { maySpare, needsAll, needsOf, ruleMatches } from "../../src/policy/matching.ts";
import { aProcess, someOptions } from "../helpers/nouns.ts";

const glob = (source: string): Pattern => ({ kind: "glob", source });
/** As compiled from /x/: it occurs anywhere. */
const hasX: Pattern = {
  kind: "regex",
  source: "x",
  next: [
    [0, 119, 0, 120, 120, 1, 121, 0x10ffff, 0],
    [0, 0x10ffff, 1],
  ],
  accepting: [1],
};

describe("ruleMatches", () => {
  const firefox = aProcess(42, {
    comm: "firefox",
    exe: "/usr/lib/firefox/firefox",
    cmdline: "firefox -P work",
    cgroup: "/user.slice/user@1000.service/app.slice/app-firefox-7.scope",
    uid: 1000,
    oomScoreAdj: 100,
    startMs: 40_000,
  });
  const rows: readonly (readonly [Match, boolean])[] = [
    [{}, true],
    [{ comm: [glob("firefox")] }, true],
    [{ comm: [glob("fire")] }, false],
    [{ comm: [glob("chrome"), glob("fire*")] }, true],
    [{ comm: [] }, false],
    [{ comm: [hasX] }, true],
    [{ comm: [hasX], exe: [glob("*/chrome")] }, false],
    [{ exe: [glob("/usr/*/firefox")] }, true],
    [{ cmdline: [glob("*-P work")] }, true],
    [{ cmdline: [glob("firefox")] }, false],
    [{ cgroup: [glob("/user.slice/*")] }, true],
    [{ unit: [glob("app-firefox-?.scope")] }, true],
    [{ unit: [glob("user@1000.service")] }, false],
    [{ uids: [0, 1000] }, true],
    [{ uids: [0] }, false],
    [{ uids: [] }, false],
    [{ adjAtLeast: 100 }, true],
    [{ adjAtLeast: 101 }, false],
    [{ adjAtMost: 100 }, true],
    [{ adjAtMost: 99 }, false],
    [{ comm: [glob("firefox")], uids: [1000], adjAtLeast: 0, adjAtMost: 200 }, true],
  ];
  test.each(rows)("%j: %p", (match, expected) => {
    expect(ruleMatches(match, firefox, 100_000)).toBe(expected);
  });

  test.each([
    [{ olderThanS: 60 }, 99_990, false],
    [{ olderThanS: 60 }, 100_000, true],
    [{ youngerThanS: 60 }, 99_990, true],
    [{ youngerThanS: 60 }, 100_000, false],
    [{ olderThanS: 30, youngerThanS: 60 }, 80_000, true],
    [{ olderThanS: 0 }, 40_000, true],
  ])("%j at %d ms: %p", (match, takenMs, expected) => {
    expect(ruleMatches(match, firefox, takenMs)).toBe(expected);
  });

  test("an executable that is gone matches as it did, and by what the kernel says of it", () => {
    const gone: Process = aProcess(42, { exe: "/opt/db (deleted)" });
    const matches = (source: string) => ruleMatches({ exe: [glob(source)] }, gone, 0);
    expect([matches("/opt/db"), matches("* (deleted)"), matches("/opt")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("what a process does not have matches no name, and the glob for all", () => {
    const bare: Process = aProcess(42, { exe: "", cmdline: "", cgroup: "" });
    for (const member of ["exe", "cmdline", "cgroup", "unit"] as const) {
      expect(ruleMatches({ [member]: [glob("?*")] }, bare, 0)).toBe(false);
      expect(ruleMatches({ [member]: [glob("*")] }, bare, 0)).toBe(true);
    }
  });
});

function withRules(effect: Effect, match: Match = {}): Options {
  return someOptions({ rules: [{ origin: "test", match, effect }] });
}

describe("what a scan must read", () => {
  const protect: Effect = { kind: "protect" };
  const points: Effect = { kind: "points", points: 300 };
  test.each([
    [someOptions(), { exe: false, exeProtects: false, cmdline: false, cmdlineRules: false }],
    [withRules(protect, { uids: [0] }), { exe: false, cmdline: false }],
    [withRules(protect, { exe: [glob("*")] }), { exe: true, exeProtects: true, cmdline: false }],
    [withRules(points, { exe: [glob("*")] }), { exe: true, exeProtects: false }],
    [withRules(protect, { cmdline: [glob("*")] }), { exe: false, cmdline: true }],
  ])("%#", (options, needs) => expect(needsOf(options)).toMatchObject(needs));
});

describe("whether a scan must look at all processes", () => {
  test.each([
    [someOptions(), false],
    [someOptions({ sortBy: "rss" }), true],
    [someOptions({ adjPolicy: "ignore" }), true],
    [someOptions({ adjPolicy: "discount-positive" }), true],
    [someOptions({ scope: "process-group" }), true],
    [someOptions({ scope: "cgroup" }), true],
    [withRules({ kind: "protect" }), false],
    [withRules({ kind: "points", points: -300 }), false],
    [withRules({ kind: "points", points: 1 }), true],
    [withRules({ kind: "percent", percent: 100 }), false],
    [withRules({ kind: "percent", percent: 101 }), true],
    [withRules({ kind: "group", scope: "process" }), false],
    [withRules({ kind: "group", scope: "process-group" }), true],
  ])("%#", (options, expected) => expect(needsAll(options)).toBe(expected));
});

describe("whether rules may want one of this name to live, or to die later", () => {
  const byName: Match = { comm: [glob("work*")], uids: [7] };
  test.each([
    [someOptions(), false],
    [someOptions({ ignoreRootUser: true }), true],
    [withRules({ kind: "protect" }, byName), true],
    [withRules({ kind: "protect" }, { cmdline: [glob("x")] }), true],
    [withRules({ kind: "protect" }, { comm: [glob("shell")] }), false],
    [withRules({ kind: "points", points: -1 }, byName), true],
    [withRules({ kind: "points", points: 300 }, byName), false],
    [withRules({ kind: "percent", percent: 99 }, byName), true],
    [withRules({ kind: "percent", percent: 120 }, byName), false],
    [withRules({ kind: "group", scope: "cgroup" }, byName), false],
  ])("%#", (options, expected) => expect(maySpare(options, "worker")).toBe(expected));
});
