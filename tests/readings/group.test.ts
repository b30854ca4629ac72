import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { isGroupOf } from "../../src/readings/group.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import type { PaperProcess } from "../helpers/paper-process.ts";

/** Too many open files in the whole system. */
const ENFILE = 23;
const FIRST_TIME = 1000;
const AGAIN = 0;

const member = (pid: number, changes: Partial<PaperProcess> = {}): PaperProcess => ({
  pid,
  pgid: 9,
  sessionId: 5,
  comm: "storm",
  startMs: 2000,
  ...changes,
});

function mayBeEnded(sys: FakeSys, sinceMs: number): boolean {
  return isGroupOf(sys, { pgid: 9, comm: "storm", sinceMs });
}

describe("a process group may be ended whole", () => {
  test.each([
    ["when all bear one name", [], FIRST_TIME, true],
    ["not with somebody else among them", [member(12, { comm: "shell" })], AGAIN, false],
    ["whoever else there is", [{ pid: 12, pgid: 12, comm: "shell" }], FIRST_TIME, true],
    ["not with one that leads a session", [member(5)], FIRST_TIME, false],
    ["also with one that leads a session, the second time", [member(5)], AGAIN, true],
    ["not with one that was there before", [member(12, { startMs: 900 })], FIRST_TIME, false],
    ["also with that one, the second time", [member(12, { startMs: 900 })], AGAIN, true],
    ["not with one that is exempt", [member(12, { oomScoreAdj: -1000 })], AGAIN, false],
    ["not with init", [member(1)], AGAIN, false],
  ] as const)("%s", (_when, others, sinceMs, expected) => {
    const sys = new FakeSys().add(member(10), member(11), ...others);
    expect(mayBeEnded(sys, sinceMs)).toBe(expected);
  });

  test("not with bustd itself", () => {
    const sys = new FakeSys().add(member(10));
    sys.add(member(sys.ownPid()));
    expect(mayBeEnded(sys, AGAIN)).toBe(false);
  });

  test.each(["omit", "avoid"])("not with one that systemd is to %s", (preference) => {
    const sys = new FakeSys().add(member(10), member(11, { cgroup: "/keep.service" }));
    sys.attributes.set(`/sys/fs/cgroup/keep.service user.oomd_${preference}`, "1");
    expect(mayBeEnded(sys, AGAIN)).toBe(false);
  });

  test("not where nobody is in it", () => {
    expect(mayBeEnded(new FakeSys().add({ pid: 12, pgid: 12 }), AGAIN)).toBe(false);
  });

  test.each([
    ["stat", ENFILE],
    ["stat", Errno.ENOMEM],
    ["oom_score_adj", ENFILE],
    ["cgroup", ENFILE],
  ] as const)("not with one whose %s cannot be read (error %i)", (name, errno) => {
    const sys = new FakeSys().add(member(10), member(11));
    const read = sys.readProcessFile.bind(sys);
    sys.readProcessFile = (pid, file) => (pid === 11 && file === name ? -errno : read(pid, file));
    expect(mayBeEnded(sys, AGAIN)).toBe(false);
  });

  test.each(["stat", "oom_score_adj", "cgroup"] as const)(
    "without one that is gone when its %s is read",
    (name) => {
      const sys = new FakeSys().add(member(10), member(11));
      const read = sys.readProcessFile.bind(sys);
      let isGone = false;
      sys.readProcessFile = (pid, file) => {
        isGone ||= pid === 11 && file === name;
        return pid === 11 && isGone ? -Errno.ESRCH : read(pid, file);
      };
      expect(mayBeEnded(sys, AGAIN)).toBe(true);
    },
  );
});
