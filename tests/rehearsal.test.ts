import { expect, test } from "bun:test";
import type { Match, Options } from "../src/model/options.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

const ANY = [{ kind: "glob", source: "*" }] as const;

function preferring(match: Match): Partial<Options> {
  return { rules: [{ origin: "test", match, effect: { kind: "points", points: 1 } }] };
}

/** A kernel on which a rehearsal runs whole, and on which nobody is ended. */
function aKernel(): FakeSys {
  const sys = new FakeSys();
  sys.files.set("/proc/self/pagemap", "");
  sys.files.set("/dev/null", "");
  sys.sendSignal = (pidfd, signal) => {
    expect([pidfd, signal]).toEqual([-1, 0]);
    return 0;
  };
  sys.releaseMemory = () => 0;
  sys.watchVictim = () => {};
  return sys;
}

/** The lines of a start with these options that speak of a kill. */
function rehearsedKills(options: Partial<Options>, sys = aKernel()): readonly string[] {
  const said: string[] = [];
  sys.write = (_fd, text) => said.push(text);
  watch(sys, 1000, { trim: true, ...options });
  return said.filter((text) => text.startsWith("ending "));
}

// What was not rehearsed is read from disk in the crisis.
test.each([
  [{ ignoreRootUser: true }],
  [{ sortBy: "rss" }],
  [{ scope: "cgroup" }],
  [preferring({ uids: [0] })],
  [preferring({ exe: ANY })],
  [preferring({ cmdline: ANY })],
  [preferring({ unit: ANY, olderThanS: 1 })],
] as const)("kills are rehearsed as often with %j as without", (options) => {
  const usual = rehearsedKills({}).length;
  expect(usual).toBeGreaterThan(10);
  expect(rehearsedKills(options).length).toBeGreaterThanOrEqual(usual);
});

test("every rule is rehearsed, also where memory was thrashed before", () => {
  const sys = aKernel();
  sys.machine = () => ({ ...memoryAt(80), refaults: 1e6 });
  const kills = rehearsedKills({}, sys);
  const reasons = [
    "memory is used up",
    "memory is running out and tasks stall",
    "memory in use is evicted again and again",
    "tasks have stalled nearly all the time",
  ];
  expect(reasons.filter((reason) => !kills.some((text) => text.includes(reason)))).toEqual([]);
});
