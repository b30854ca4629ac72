import { describe, expect, test } from "bun:test";
import { defaultRules } from "../src/cli/default-rules.ts";
import type { Match, Options } from "../src/model/options.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import type { PaperProcess } from "./helpers/paper-process.ts";
import { memoryAt, watch } from "./helpers/watch.ts";
import { Signal } from "../src/sys/sys.ts";

const glob = (source: string) => [{ kind: "glob", source } as const];

function protecting(match: Match): Partial<Options> {
  return { rules: [{ origin: "rule", match, effect: { kind: "protect" } }] };
}

function avoiding(match: Match): Partial<Options> {
  return { rules: [{ origin: "rule", match, effect: { kind: "points", points: -900 } }] };
}

describe("a storm in one process group", () => {
  const BORN_MS = 500;
  const bornAt = { startMs: 1_000_000 + BORN_MS, bornAtMs: BORN_MS };

  /** Six of one group, each the parent of the next; the last one is somebody to be spared. */
  function storm(last: Partial<PaperProcess>) {
    const sys = new FakeSys().add({ pid: 1, ppid: 0 });
    const worker = {
      comm: "worker",
      pgid: 50,
      sessionId: 40,
      uid: 1000,
      rssKib: 60_000,
      ...bornAt,
    };
    for (let pid = 100; pid < 106; pid++) {
      sys.add({ pid, ppid: pid - 1, ...worker, ...(pid === 105 ? last : {}) });
    }
    sys.machine = ({ atMs }) => memoryAt(atMs < BORN_MS ? 38 : sys.isAlive(100) ? 8 : 80);
    return sys;
  }

  test.each<readonly [string, Partial<Options>]>([
    ["", {}],
    [" with the default rules", { rules: defaultRules() }],
    [" where others are protected by more than a name", protecting({ comm: glob("x"), uids: [7] })],
  ])("is killed whole%s", (_name, options) => {
    const { signals } = watch(storm({}), 3000, options);
    expect(signals[0]).toEndWith("ms SIGKILL group 50");
  });

  test.each<readonly [string, Partial<PaperProcess>, Partial<Options>]>([
    ["by its arguments", { cmdline: "worker keep" }, protecting({ cmdline: glob("*keep") })],
    ["by its user", { uid: 0 }, { ignoreRootUser: true }],
    ["by its user's rule", { uid: 7 }, protecting({ uids: [7] })],
    ["by its executable", { exe: "/usr/bin/keep" }, protecting({ exe: glob("*keep") })],
    ["by its name and more", { uid: 7 }, protecting({ comm: glob("work*"), uids: [7] })],
    [
      "by wanting them to die later",
      { cmdline: "worker late" },
      avoiding({ cmdline: glob("*late") }),
    ],
    ["by systemd, as far as can be", { cgroup: "/late.service" }, {}],
    ["by having been there long before", { startMs: 900_000, bornAtMs: 0 }, {}],
    ["by its unit", { cgroup: "/system.slice/keep.service" }, protecting({ unit: glob("keep*") })],
  ])("but one by one where some are protected %s", (_name, last, options) => {
    const sys = storm(last);
    sys.attributes.set("/sys/fs/cgroup/late.service user.oomd_avoid", "1");
    const { signals } = watch(sys, 3000, options);
    expect(signals.filter((signal) => signal.includes("group"))).toEqual([]);
    expect(sys.isAlive(105)).toBeTrue();
    expect(sys.isAlive(100)).toBeFalse();
  });
});

test("when all the largest are protected, one of the crowd below is chosen", () => {
  const sys = new FakeSys().add({ pid: 50, comm: "db", oomScore: 900, rssKib: 500_000 });
  for (let pid = 100; pid < 180; pid++) {
    sys.add({ pid, comm: `w${pid}`, oomScore: 667, rssKib: 60_000 });
  }
  sys.machine = () => memoryAt(sys.calls.some((call) => call.includes("SIG")) ? 80 : 8);
  const { signals } = watch(sys, 3000, protecting({ comm: glob("db") }));
  expect(signals).toHaveLength(1);
  expect(signals).not.toContain("0ms SIGTERM 50");
});

test("a rule on its executable protects also who runs one that an upgrade has replaced", () => {
  const db = { pid: 42, comm: "db", exe: "/opt/db (deleted)", oomScore: 900, rssKib: 500_000 };
  const sys = new FakeSys().add(db, { pid: 43, comm: "editor", rssKib: 80_000 });
  sys.machine = (machine) => memoryAt(machine.isAlive(43) ? 8 : 80);
  expect(watch(sys, 3000, protecting({ exe: glob("/opt/db") })).signals).toEqual([
    "0ms SIGTERM 43",
  ]);
});

describe("an executable that cannot be seen", () => {
  function hidden() {
    const sys = new FakeSys().add({ pid: 42, comm: "hog", oomScore: 900, rssKib: 500_000 });
    sys.files.set("/proc/42/exe", -13);
    sys.machine = (machine) => memoryAt(machine.isAlive(42) ? 8 : 80);
    return sys;
  }

  test("may be the one that a rule protects", () => {
    expect(watch(hidden(), 3000, protecting({ exe: glob("/bin/keep") })).signals).toEqual([]);
  });

  test("is not the one that a rule prefers, and no reason to spare anybody", () => {
    const effect = { kind: "points", points: 300 } as const;
    const rules = [{ origin: "rule", match: { exe: glob("/bin/*") }, effect }];
    expect(watch(hidden(), 3000, { rules }).signals).toEqual(["0ms SIGTERM 42"]);
  });
});

test("a reload waits until the victim is gone, so that nobody dies in its place", () => {
  const sys = new FakeSys().add(
    { pid: 42, comm: "hog", oomScore: 900, rssKib: 800_000, dyingMs: 3000, givesBack: true },
    { pid: 43, comm: "editor", oomScore: 700, rssKib: 80_000 },
  );
  sys.machine = (machine) => memoryAt(machine.isAlive(42) ? 4 : 80);
  sys.at(1000, Signal.SIGHUP);
  expect(() => watch(sys, 10_000)).toThrow("restarted");
  expect(sys.isAlive(42)).toBeFalse();
  expect(sys.calls.filter((call) => call.includes("SIG"))).toEqual(["0ms SIGKILL 42"]);
});

test("a condition on avg10 kills once for a pressure that is over", () => {
  const sys = new FakeSys();
  for (let pid = 100; pid < 130; pid++) {
    sys.add({ pid, comm: `p${pid}`, oomScore: 1000 - pid, rssKib: 60_000, dyingMs: 5 });
  }
  const decayed = () => 60 * Math.exp(-sys.atMs / 10_000);
  sys.machine = () =>
    memoryAt(60, { hasPressure: true, someAvg10: sys.isAlive(100) ? 60 : decayed() });
  const allOf = [{ metric: "psi.avg10", operator: ">", value: 25 }] as const;
  const when = [{ text: "psi.avg10 > 25", allOf }];
  expect(watch(sys, 60_000, { when }).signals).toEqual(["0ms SIGTERM 100"]);
});
