import { expect, test } from "bun:test";
import type { Match, Options } from "../src/model/options.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { watch } from "./helpers/watch.ts";

const ANY = [{ kind: "glob", source: "*" }] as const;

function preferring(match: Match): Partial<Options> {
  return { rules: [{ origin: "test", match, effect: { kind: "points", points: 1 } }] };
}

/** How often a start with these options sends the signal that only asks, to nobody. */
function rehearsedKills(options: Partial<Options>): number {
  const sys = new FakeSys();
  sys.files.set("/proc/self/pagemap", "");
  sys.files.set("/dev/null", "");
  let kills = 0;
  sys.sendSignal = (pidfd, signal) => {
    expect([pidfd, signal]).toEqual([-1, 0]);
    kills++;
    return 0;
  };
  sys.releaseMemory = () => 0;
  sys.watchVictim = () => {};
  watch(sys, 1000, { trim: true, ...options });
  return kills;
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
  const usual = rehearsedKills({});
  expect(usual).toBeGreaterThan(20);
  expect(rehearsedKills(options)).toBeGreaterThanOrEqual(usual);
});
