import { expect, test } from "bun:test";
import { availablePercent } from "../src/model/reading.ts";
import { look } from "../src/readings/machine.ts";
import { keepSizes } from "../src/readings/sizes.ts";
import { rehearsalOf } from "../src/rehearsal.ts";
import { judge, respond } from "../src/respond.ts";
import { type Daemon, start } from "../src/startup.ts";
import type { Match, Options } from "../src/model/options.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { someOptions } from "./helpers/nouns.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

const ANY = [{ kind: "glob", source: "*" }] as const;

function preferring(match: Match): Partial<Options> {
  return { rules: [{ origin: "test", match, effect: { kind: "points", points: 1 } }] };
}

/** A kernel on which a rehearsal runs whole, and on which nobody is ended. */
function aKernel(): FakeSys {
  const sys = new FakeSys();
  sys.machine = memoryAt(30);
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
  sys.machine = () => ({ ...memoryAt(30), refaults: 1e6 });
  const kills = rehearsedKills({}, sys);
  const reasons = [
    "memory is used up",
    "memory is running out and tasks stall",
    "memory in use is evicted again and again",
    "tasks have stalled nearly all the time",
  ];
  expect(reasons.filter((reason) => !kills.some((text) => text.includes(reason)))).toEqual([]);
});

test("so is a leak that is none yet, and the end of a whole process group", () => {
  const sys = aKernel();
  // Long after the boot: who has just been started has grown by all it holds.
  sys.atMs = 1e6;
  const groups: (readonly [number, number])[] = [];
  sys.signalGroup = (pgid, signal) => groups.push([pgid, signal]);
  const daemon = start(sys, someOptions({}), () => {}, "1.2.3") as Daemon;
  daemon.armed = true;
  const suspected: number[] = [];
  const turn = (player: Daemon) => {
    look(player.sys, player.machine, player.reading, player.enough);
    const verdict = judge(player);
    if (verdict.kind === "act") {
      respond(player, verdict);
      suspected.push(player.trend.suspectUntilMs);
    }
    return 0;
  };
  rehearsalOf(daemon, { turn, sleep: () => 0, heed: () => true, arrive: () => {} })();
  expect(suspected.filter((untilMs) => untilMs > 0)).toHaveLength(1);
  expect(groups).toEqual([[2 ** 22 + 2, 0]]);
});

test("no time of the rehearsal's own clock stays behind", () => {
  const sys = aKernel();
  const daemon = start(sys, someOptions({}), () => {}, "1.2.3") as Daemon;
  const turn = (player: Daemon) => {
    look(player.sys, player.machine, player.reading, player.enough);
    const verdict = judge(player);
    if (verdict.kind === "act") {
      respond(player, verdict);
    }
    keepSizes(player.sys, player.sizes, player.reading);
    return player.sys.wait(1000);
  };
  rehearsalOf(daemon, { turn, sleep: () => 0, heed: () => true, arrive: () => {} })();
  const times: [string, number][] = [];
  const visit = (value: object, path: string) => {
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === "number" && /(AtMs|atMs|UntilMs)$/.test(key) && inner !== Infinity) {
        times.push([`${path}${key}`, inner]);
      }
    }
  };
  const { machine, reading, sizes, trend } = daemon;
  Object.entries({ daemon, machine, reading, sizes, trend }).forEach(([name, value]) =>
    visit(value, `${name}.`),
  );
  expect(times.length).toBeGreaterThan(8);
  expect(times.filter(([, ms]) => ms > sys.nowMs())).toEqual([]);
  expect([trend.count, sizes.older.count, sizes.newer.count]).toEqual([1, 0, 0]);
});

test.each([true, false])("thrashing is seen as soon with trimming (%p) as without", (trim) => {
  const sys = aKernel().add({ pid: 42, oomScore: 900 });
  sys.machine = ({ atMs }) => {
    const someTotalUs = atMs > 1000 ? (atMs - 1000) * 900 : 0;
    const refaults = atMs > 1000 ? (atMs - 1000) * 1000 : 0;
    return memoryAt(atMs < 3000 ? 12 : 8, { someTotalUs, refaults });
  };
  const { reported } = watch(sys, 10_000, {
    trim,
    dryRun: true,
    swap: { softPercent: -1, hardPercent: -1 },
  });
  const killed = reported.find(({ event }) => event.kind === "killing");
  expect(killed?.atMs).toBeGreaterThanOrEqual(3000);
  expect(killed?.atMs).toBeLessThan(3200);
});

test("so is a glance at memory", () => {
  const sys = aKernel();
  const daemon = start(sys, someOptions({}), () => {}, "1.2.3") as Daemon;
  const slept: boolean[] = [];
  const sleep = ({ enough, reading }: Daemon) => {
    slept.push(reading.detailed && availablePercent(reading) > enough.availablePercent);
    return 0;
  };
  rehearsalOf(daemon, { turn: () => 0, sleep, heed: () => true, arrive: () => {} })();
  expect(slept).toEqual([true]);
});

test("while memory is ample no kill is rehearsed", () => {
  const sys = aKernel();
  sys.machine = memoryAt(80);
  expect(rehearsedKills({}, sys)).toEqual([]);
});

// The engine keeps the text of a number that it printed, and what prints one was not rehearsed.
test("each kill of a rehearsal prints a large number that was not printed before", () => {
  const scores = rehearsedKills({}).map((text) => /oom_score (\d+)/.exec(text)?.[1] ?? "");
  expect(scores.every((score) => Number(score) >= 1024)).toBe(true);
  expect(new Set(scores).size).toBe(scores.length);
});
