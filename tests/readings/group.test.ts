import { describe, expect, test } from "bun:test";
import { isGroupOf } from "../../src/readings/group.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import type { PaperProcess } from "../helpers/kernel-texts.ts";

describe("a process group may be ended whole", () => {
  const member = (pid: number, changes: Partial<PaperProcess> = {}): PaperProcess => ({
    pid,
    pgid: 9,
    sessionId: 5,
    comm: "storm",
    ...changes,
  });
  test.each([
    ["when all bear one name", [], false, true],
    ["not with somebody else among them", [member(12, { comm: "shell" })], true, false],
    ["whoever else there is", [{ pid: 12, pgid: 12, comm: "shell" }], false, true],
    ["not with one that leads a session", [member(5)], false, false],
    ["also with one that leads a session, the second time", [member(5)], true, true],
    ["not with one that is exempt", [member(12, { oomScoreAdj: -1000 })], true, false],
  ] as const)("%s", (_when, others, leader, expected) => {
    const sys = new FakeSys().add(member(10), member(11), ...others);
    expect(isGroupOf(sys, 9, "storm", leader)).toBe(expected);
  });
});
