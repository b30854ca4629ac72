import { describe, expect, test } from "bun:test";
import { diagnose, type Facts, type State } from "../../src/commands/diagnose.ts";
import type { Running } from "../../src/commands/running.ts";

const DAEMON: Running = {
  pid: 42,
  sinceMs: 0,
  args: ["-n"],
  options: null,
  isBroken: false,
  dryRun: false,
  isHalted: false,
};

/** A machine on which everything works. */
const BEST: Facts = {
  running: [DAEMON],
  problems: [],
  warnings: [],
  kernelRelease: "6.18.1",
  isKernelNewEnough: true,
  hasPidfd: true,
  hasMrelease: true,
  pressure: 0,
  shortTrigger: 0,
  plainTrigger: 0,
  isRoot: true,
  capabilities: new Set(["CAP_KILL", "CAP_IPC_LOCK", "CAP_SYS_RESOURCE", "CAP_SYS_PTRACE"]),
  memlockLimit: 8 << 20,
  swapKib: 1 << 20,
  hasZram: true,
  seesOthers: true,
  cgroupVersion: 2,
  rivals: [],
  killing: 0,
};

test("the best machine has nothing to complain of, and no remedies", () => {
  const findings = diagnose(BEST);
  expect(findings.filter(({ state }) => state !== "good")).toEqual([]);
  expect(findings.filter(({ remedy }) => remedy !== "")).toEqual([]);
});

const ENOENT = -2;
const EINVAL = -22;
const without = (name: string) => new Set([...BEST.capabilities].filter((item) => item !== name));

describe("what is not as it should be is named, with a remedy", () => {
  test.each<[Partial<Facts>, string, Exclude<State, "good">]>([
    [{ running: [] }, "bustd", "hint"],
    [{ running: [{ ...DAEMON, dryRun: true }] }, "bustd", "limited"],
    [{ problems: ["/f:1:1: psi: wrong"] }, "configuration", "broken"],
    [{ warnings: ["/d/a.conf: not read"] }, "configuration", "hint"],
    [{ isKernelNewEnough: false, kernelRelease: "4.19.0" }, "kernel", "broken"],
    [{ hasPidfd: false }, "kernel", "limited"],
    [{ hasMrelease: false }, "kernel", "limited"],
    [{ shortTrigger: EINVAL }, "PSI trigger", "limited"],
    [{ shortTrigger: EINVAL, plainTrigger: EINVAL }, "PSI trigger", "limited"],
    [{ capabilities: without("CAP_KILL") }, "killing others", "limited"],
    [{ capabilities: without("CAP_IPC_LOCK") }, "locking memory", "limited"],
    [{ capabilities: without("CAP_SYS_PTRACE") }, "seeing executables", "hint"],
    [{ swapKib: 0, hasZram: false }, "swap", "hint"],
    [{ seesOthers: false }, "hidepid", "limited"],
    [{ cgroupVersion: 1 }, "cgroups", "limited"],
    [{ cgroupVersion: 0 }, "cgroups", "limited"],
    [{ rivals: ["earlyoom"] }, "other daemons", "limited"],
    [{ killing: -1 }, "killing", "broken"],
    [{ killing: -11 }, "killing", "limited"],
  ])("%j: %s is %s", (facts, subject, state) => {
    const bad = diagnose({ ...BEST, ...facts }).filter((finding) => finding.state !== "good");
    expect(bad.map((finding) => [finding.subject, finding.state])).toEqual([[subject, state]]);
    expect(bad[0]?.remedy).not.toBe("");
  });

  test("without PSI there is no trigger either", () => {
    const facts = { ...BEST, pressure: ENOENT, shortTrigger: ENOENT, plainTrigger: ENOENT };
    const bad = diagnose(facts).filter(({ state }) => state === "limited");
    expect(bad.map(({ subject }) => subject)).toEqual(["pressure", "PSI trigger"]);
  });
});

describe("the first thing said is whether bustd runs", () => {
  const SINCE = Date.UTC(2026, 10, 28, 14, 0, 5);
  test.each<[readonly Running[], string]>([
    [[], "does not run"],
    [[DAEMON], "runs, pid 42: bustd -n"],
    [[{ ...DAEMON, args: [] }], "runs, pid 42: bustd"],
    [[{ ...DAEMON, args: ["-u", "a b|it's"] }], "runs, pid 42: bustd -u 'a b|it'\\''s'"],
    [[{ ...DAEMON, args: ["\u202e\n"] }], "runs, pid 42: bustd '\\u{202e}\\x0a'"],
    [[{ ...DAEMON, isBroken: true }], "runs, pid 42: bustd -n; its files are broken by now"],
    [[{ ...DAEMON, dryRun: true }], "runs, pid 42: bustd -n; a dry run: it kills nobody"],
    [[{ ...DAEMON, isHalted: true }], "is stopped by a signal, pid 42: bustd -n"],
  ])("%j", (running, found) => {
    const [first] = diagnose({ ...BEST, running });
    expect([first?.subject, first?.found]).toEqual(["bustd", found]);
  });

  test("since when, with the zone", () => {
    const [first] = diagnose({ ...BEST, running: [{ ...DAEMON, sinceMs: SINCE }] });
    const [, time = ""] = /^runs since (\S+), pid 42/.exec(first?.found ?? "") ?? [];
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    expect(Date.parse(time)).toBe(SINCE);
  });

  test("of several problems the first is said, and how many there are", () => {
    const findings = diagnose({ ...BEST, problems: ["one", "two", "three"] });
    expect(findings.find(({ subject }) => subject === "configuration")?.found).toBe(
      "one, and 2 more",
    );
  });
});

test("LimitMEMLOCK=infinity is as good as CAP_IPC_LOCK", () => {
  const facts = {
    ...BEST,
    capabilities: without("CAP_IPC_LOCK"),
    memlockLimit: Number.POSITIVE_INFINITY,
  };
  expect(diagnose(facts).every(({ state }) => state === "good")).toBe(true);
});

test("a rival is called by its name", () => {
  const found = diagnose({ ...BEST, rivals: ["earlyoom", "nohang"] });
  expect(found.find(({ subject }) => subject === "other daemons")?.found).toBe(
    "earlyoom, nohang runs as well",
  );
});
