import { describe, expect, test } from "bun:test";
import { runDaemon } from "../../src/daemon.ts";
import type { Daemon } from "../../src/daemon-state.ts";
import { rehearsalOf } from "../../src/footprint/rehearsal.ts";
import { REOPEN_MS } from "../../src/model/limits.ts";
import type { Match, Options } from "../../src/model/options.ts";
import { SYSTEM_PLACES } from "../../src/model/places.ts";
import { EVERY_RULE } from "../../src/policy/rules.ts";
import { start } from "../../src/start.ts";
import { NO_WARNINGS } from "../../src/model/warned.ts";
import { Signal } from "../../src/sys/sys.ts";
import { KillWarner } from "../../src/warn/warner.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { anInheritance, someOptions } from "../helpers/nouns.ts";
import { plainSys } from "../helpers/plain-sys.ts";
import { memoryAt } from "../helpers/watch.ts";

const ANY = [{ kind: "glob", source: "*" }] as const;
/** What the rehearsal takes for a process that does not exist. */
const NOBODY = 2 ** 22 + 2;

function preferring(match: Match): Partial<Options> {
  return { rules: [{ origin: "test", match, effect: { kind: "points", points: 1 } }] };
}

/** A kernel on which a rehearsal runs whole, and on which nobody may be harmed. */
function aKernel(memPercent = 30): FakeSys {
  const sys = new FakeSys();
  sys.machine = memoryAt(memPercent);
  sys.files.set("/proc/self/pagemap", "");
  sys.files.set("/dev/null", "");
  for (let pid = 500; pid < 520; pid++) {
    sys.add({ pid });
  }
  const harmless = (...args: readonly number[]) => {
    expect([[-1, 0], [NOBODY, 0], [-1]]).toContainEqual([...args]);
    return 0;
  };
  sys.sendSignal = harmless;
  sys.signalProcess = harmless;
  sys.signalGroup = harmless;
  sys.releaseMemory = harmless;
  sys.watch = () => {};
  return sys;
}

/** What is written by a daemon that starts with these options and is told to stop at once. */
function said(options: Partial<Options> = {}, sys = aKernel()): readonly string[] {
  const lines: string[] = [];
  sys.write = (_fd, text) => lines.push(text);
  sys.at(sys.atMs, Signal.SIGTERM);
  const handover = { options: someOptions(options), inheritance: anInheritance() };
  const warner = handover.options.warn ? new KillWarner(NO_WARNINGS) : null;
  runDaemon(plainSys(sys), handover, () => {}, "1.2.3", warner);
  return lines;
}

function killsIn(lines: readonly string[]): string[] {
  return lines.filter((text) => text.includes(" killing "));
}

describe("what was not rehearsed is read from disk in the crisis:", () => {
  test.each([
    [{ ignoreRootUser: true }],
    [{ sortBy: "rss" }],
    [{ scope: "cgroup" }],
    [preferring({ uids: [0] })],
    [preferring({ exe: ANY })],
    [preferring({ cmdline: ANY })],
    [preferring({ unit: ANY, olderThanS: 1 })],
    [{}],
  ] as const)("kills are rehearsed with %j", (options) => {
    expect(killsIn(said(options)).length).toBeGreaterThan(12);
  });

  test.each([30, 80])("every rule is, with %d %% available", (memPercent) => {
    const lines = said({}, aKernel(memPercent));
    const missing = EVERY_RULE.filter(
      ({ because, name }) => !lines.some((text) => text.includes(`${because} (rule ${name})`)),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  test("also just after the boot, and where memory was thrashed before", () => {
    const rules = (sys: FakeSys) =>
      EVERY_RULE.map(({ name }) => said({}, sys).some((text) => text.includes(`rule ${name}`)));
    const booting = aKernel();
    booting.atMs = 1000;
    const thrashed = aKernel();
    thrashed.machine = () => memoryAt(30, { refaults: 1e6, evicted: 1e6, allocStalls: 1e5 });
    for (const sys of [booting, thrashed]) {
      expect(rules(sys)).not.toContain(false);
    }
  });

  test.each([
    ["a group, one after the other", / of 4 processes of one parent, one after the other,/],
    ["a storm", / and 3 more .*which are started without end/],
    ["a whole process group", /and all else of process group \d+/],
    ["one alone", /of which it took \d+ MiB/],
    ["one that is stuck", /is still there after .* stuck in the kernel/],
    ["one that ends", /gone after 0\.\d+ s/],
    ["nobody", /nobody can be killed/],
  ])("so is the end of %s", (_whose, text) => {
    expect(said().some((line) => text.test(line))).toBe(true);
  });

  test("so is a warning, where there are any", () => {
    const warnings = (warn: boolean) =>
      said({ warn }).filter((line) => line.includes("warning: memory is at its limit")).length;
    expect(warnings(false)).toBe(0);
    expect(warnings(true)).toBeWithin(2, 10);
  });

  test("so are the help for one that lingers, and the end of a process group", () => {
    const sys = aKernel();
    const done = new Set<string>();
    for (const verb of ["sendSignal", "signalGroup", "releaseMemory"] as const) {
      const harmless = sys[verb].bind(sys) as (...args: number[]) => number;
      sys[verb] = (...args: number[]) => {
        done.add(verb);
        return harmless(...args);
      };
    }
    said({}, sys);
    expect([...done].toSorted()).toEqual(["releaseMemory", "sendSignal", "signalGroup"]);
  });
});

// The engine keeps the text of a number that it printed, and what prints one was not rehearsed.
test("each scene of a rehearsal prints a large number that was not printed before", () => {
  const kills = killsIn(said());
  const scores = kills.map((text) => Number(/oom_score (\d+)/.exec(text)?.[1]));
  const scenes = kills.map((text) => / killing (\S+ \S+) \(/.exec(text)?.[1]);
  expect(Math.min(...scores)).toBeGreaterThanOrEqual(1024);
  expect(new Set(scores).size).toBeGreaterThanOrEqual(new Set(scenes).size);
  expect(new Set(scenes).size).toBeGreaterThan(10);
});

test("no incident is written in one: that would keep all that writes it in memory", () => {
  /** Each incident is written with the kernel's name. */
  const namesAsked = (trim: boolean) => {
    const sys = aKernel();
    sys.at(sys.atMs, Signal.SIGTERM);
    let count = 0;
    const { systemName } = sys;
    sys.systemName = () => {
      count++;
      return systemName.call(sys);
    };
    const inheritance = anInheritance({ places: SYSTEM_PLACES });
    const handover = { options: someOptions({ trim }), inheritance };
    runDaemon(plainSys(sys), handover, () => {}, "1.2.3");
    return count;
  };
  expect(namesAsked(true)).toBe(namesAsked(false));
});

test("it leaves no descriptor open, and nobody is really signalled", () => {
  const sys = aKernel();
  said({}, sys);
  expect([...sys.open.values()].filter((what) => what === "/dev/null")).toEqual([]);
  expect(sys.calls.filter((call) => /SIG|release|remove \S|restart/.test(call))).toEqual([]);
});

describe("what a rehearsal remembers", () => {
  const daemonOn = (sys: FakeSys) => {
    const handover = { options: someOptions(), inheritance: anInheritance() };
    return start(plainSys(sys), handover, () => {}, "1.2.3") as Daemon;
  };

  test("does not stay behind: no kill, no doubt, no course, no time of its own clock", () => {
    const sys = aKernel();
    const daemon = daemonOn(sys);
    let lastMs = 0;
    rehearsalOf(daemon, ({ sys: played, course, crisis, reading }) => {
      lastMs = Math.max(lastMs, played.nowMs());
      const isReal = reading === daemon.reading;
      if (!isReal) {
        course.troubleAtMs = course.reliefAtMs = 1e12;
        course.doubts.set("leak", { untilMs: 1e12, isLow: true });
        crisis.dying.add("1:1");
        crisis.lastAtMs = crisis.quietUntilMs = 1e12;
      }
      played.wait(1000);
      return true;
    })();
    expect(lastMs).toBeGreaterThan(sys.nowMs() + 10_000);
    const { course, crisis, ledger, machine, reading } = daemon;
    const times: [string, number][] = [];
    for (const [name, room] of Object.entries({ course, crisis, ledger, machine, reading })) {
      for (const [key, value] of Object.entries(room)) {
        if (typeof value === "number" && /(AtMs|atMs|UntilMs|sinceMs)$/.test(key)) {
          times.push([`${name}.${key}`, value]);
        }
      }
    }
    expect(times.length).toBeGreaterThan(10);
    expect(times.filter(([, ms]) => ms > sys.nowMs() + REOPEN_MS)).toEqual([]);
    expect([crisis.kills.length, crisis.dying.size, course.doubts.size]).toEqual([0, 0, 0]);
  });

  test("does not keep it from acting as soon as without: thrashing, trimmed or not", () => {
    const killedAtMs = [true, false].map((trim) => {
      const sys = aKernel();
      sys.add({ pid: 42, oomScore: 900 });
      sys.machine = ({ atMs }) => {
        const stalledMs = Math.max(0, atMs - 1000);
        const counters = { refaults: stalledMs * 100, evicted: stalledMs * 110 };
        const changes = { someTotalUs: stalledMs * 900, allocStalls: stalledMs, ...counters };
        return memoryAt(atMs < 5000 ? 12 : 8, changes);
      };
      const swap = { softPercent: -1, hardPercent: -1 };
      const times: number[] = [];
      sys.at(20_000, Signal.SIGTERM);
      const handover = {
        options: someOptions({ trim, swap, dryRun: true }),
        inheritance: anInheritance(),
      };
      runDaemon(
        plainSys(sys),
        handover,
        ({ kind }) => void (kind === "killing" && times.push(sys.atMs)),
        "1",
      );
      return times[0] ?? -1;
    });
    expect(killedAtMs[0]).toBeWithin(10_000, 11_000);
    expect(Math.abs((killedAtMs[0] ?? 0) - (killedAtMs[1] ?? 0))).toBeLessThan(150);
  });
});
