import { describe, expect, test } from "bun:test";
import { diagnose, type Facts } from "../../src/commands/diagnose.ts";

/** A machine on which everything works. */
const BEST: Facts = {
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
  ending: 0,
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
  test.each<[Partial<Facts>, string, "limited" | "broken"]>([
    [{ isKernelNewEnough: false, kernelRelease: "4.19.0" }, "kernel", "broken"],
    [{ hasPidfd: false }, "kernel", "limited"],
    [{ hasMrelease: false }, "kernel", "limited"],
    [{ shortTrigger: EINVAL }, "PSI trigger", "limited"],
    [{ shortTrigger: EINVAL, plainTrigger: EINVAL }, "PSI trigger", "limited"],
    [{ capabilities: without("CAP_KILL") }, "ending others", "limited"],
    [{ capabilities: without("CAP_IPC_LOCK") }, "locking memory", "limited"],
    [{ capabilities: without("CAP_SYS_PTRACE") }, "seeing executables", "limited"],
    [{ swapKib: 0, hasZram: false }, "swap", "limited"],
    [{ seesOthers: false }, "hidepid", "limited"],
    [{ cgroupVersion: 1 }, "cgroups", "limited"],
    [{ cgroupVersion: 0 }, "cgroups", "limited"],
    [{ rivals: ["earlyoom"] }, "other daemons", "limited"],
    [{ ending: -1 }, "ending", "broken"],
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
