import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Errno } from "../../src/model/errno.ts";
import { isAtLeast } from "../../src/readings/kernel-version.ts";
import { scan } from "../../src/readings/processes.ts";
import { linux } from "../../src/sys/linux.ts";
import { Signal, Source } from "../../src/sys/sys.ts";
import { aPlan } from "../helpers/nouns.ts";
import { isRoot, startProgram, startSleeper } from "../helpers/program.ts";

const { release } = linux.systemName();
const hasPidfds = isAtLeast(release, 5, 3);
const hasRelease = isAtLeast(release, 5, 15);
const NO_PIDFD = "(skipped before Linux 5.3: no pidfd)";

describe("a pidfd", () => {
  test.skipIf(!hasPidfds)(`tells when its process ends ${NO_PIDFD}`, async () => {
    using sleeper = startSleeper();
    const pidfd = linux.openPidfd(sleeper.pid);
    expect(pidfd).toBeGreaterThanOrEqual(0);
    expect(linux.sendSignal(pidfd, 0)).toBe(0);
    linux.watch(Source.victim, pidfd);
    expect(linux.wait(20)).toBe(0);
    expect(linux.hasEnded(pidfd)).toBe(false);
    expect(linux.sendSignal(pidfd, Signal.SIGTERM)).toBe(0);
    const startMs = linux.nowMs();
    expect(linux.wait(10_000)).toBe(Source.victim);
    expect(linux.nowMs() - startMs).toBeLessThan(5000);
    expect(linux.hasEnded(pidfd)).toBe(true);
    linux.watch(Source.victim, -1);
    expect(linux.wait(0)).toBe(0);
    expect(await sleeper.endedBy()).toBe("SIGTERM");
    expect(linux.sendSignal(pidfd, Signal.SIGTERM)).toBe(-Errno.ESRCH);
    expect(linux.openPidfd(sleeper.pid)).toBe(-Errno.ESRCH);
    linux.close(pidfd);
  });

  test.skipIf(!hasPidfds)(`refuses what is no signal ${NO_PIDFD}`, () => {
    using sleeper = startSleeper();
    const pidfd = linux.openPidfd(sleeper.pid);
    expect(linux.sendSignal(pidfd, 999)).toBe(-Errno.EINVAL);
    linux.close(pidfd);
  });
});

describe("kill", () => {
  test("of one process", async () => {
    using sleeper = startSleeper();
    expect(linux.signalProcess(sleeper.pid, 0)).toBe(0);
    expect(linux.signalProcess(sleeper.pid, Signal.SIGKILL)).toBe(0);
    expect(await sleeper.endedBy()).toBe("SIGKILL");
    expect(linux.signalProcess(sleeper.pid, 0)).toBe(-Errno.ESRCH);
  });

  test("of a group, and of nobody else", async () => {
    using leader = startSleeper(true);
    using bystander = startSleeper();
    expect(linux.signalGroup(leader.pid, Signal.SIGTERM)).toBe(0);
    expect(await leader.endedBy()).toBe("SIGTERM");
    expect(linux.signalProcess(bystander.pid, 0)).toBe(0);
  });

  test.each([isRoot ? ("nobody" as const) : ("me" as const)])(
    "of process 1 by %s is not permitted",
    async (user) => {
      using program = startProgram("kill-init", [], user);
      const [isOpen, ...results] = (await program.line()).split(" ");
      expect(isOpen).toBe("true");
      expect(results.map(Number).slice(0, 2)).toEqual([-Errno.EPERM, -Errno.EPERM]);
      expect(results.map(Number)[2]).toBeLessThan(0);
    },
  );
});

describe("process_mrelease", () => {
  const WHY = "(skipped before Linux 5.15)";

  test.skipIf(!hasRelease)(`refuses while a process lives ${WHY}`, () => {
    using sleeper = startSleeper();
    const pidfd = linux.openPidfd(sleeper.pid);
    expect(linux.releaseMemory(pidfd)).toBe(-Errno.EINVAL);
    linux.close(pidfd);
  });

  test.skipIf(!hasRelease)(`frees a dying one, or finds it gone ${WHY}`, async () => {
    using sleeper = startSleeper();
    const pidfd = linux.openPidfd(sleeper.pid);
    linux.sendSignal(pidfd, Signal.SIGKILL);
    expect([0, -Errno.ESRCH]).toContain(linux.releaseMemory(pidfd));
    await sleeper.endedBy();
    expect(linux.releaseMemory(pidfd)).toBe(-Errno.ESRCH);
    linux.close(pidfd);
  });
});

describe("kcmp", () => {
  const WHY = "(skipped where the kernel does not have it, or does not permit it)";
  const canCompare = linux.compareMemory(process.pid, process.pid) === 0;

  test.skipIf(!canCompare)(`tells whether two processes share all their memory ${WHY}`, () => {
    using sleeper = startSleeper();
    expect(linux.compareMemory(process.pid, process.pid)).toBe(0);
    expect(linux.compareMemory(process.pid, sleeper.pid)).toBeGreaterThan(0);
    expect(linux.compareMemory(process.pid, 2 ** 22 + 2)).toBe(-Errno.ESRCH);
  });
});

test("one that is dying may be helped to a processor, where that is permitted", () => {
  using sleeper = startSleeper();
  expect([0, -Errno.EACCES, -Errno.EPERM]).toContain(linux.hurry(sleeper.pid));
  expect(linux.hurry(2 ** 22 + 2)).toBe(-Errno.ESRCH);
});

describe("the process table of this machine", () => {
  const NEEDS = { exe: true, exeProtects: true, cmdline: true, cmdlineRules: true };

  function find(pid: number) {
    return scan(linux, aPlan({ needs: NEEDS })).processes.find((process) => process.pid === pid);
  }

  test("has this process, as it is", () => {
    const found = find(process.pid);
    expect(found).toMatchObject({
      ppid: process.ppid,
      comm: readFileSync("/proc/self/comm", "utf8").trimEnd(),
      exe: process.execPath,
      uid: process.geteuid?.(),
      oomScoreAdj: Number(readFileSync("/proc/self/oom_score_adj", "utf8")),
    });
    const rssKib = process.memoryUsage.rss() / 1024;
    expect(found?.rssKib).toBeGreaterThan(0.5 * rssKib);
    expect(found?.rssKib).toBeLessThan(2 * rssKib);
  });

  test("has a process with a hostile name", async () => {
    const comm = "a) Z 1\n(\u001B[31m";
    using program = startProgram("rename", [comm]);
    expect(await program.line()).toBe("ready");
    const found = find(program.pid);
    expect(found).toMatchObject({ comm, ppid: process.pid });
  });

  test("has the memory of a process whose first thread has ended, and can end it", async () => {
    using program = startProgram("zombie-leader");
    expect(await program.line()).toBe(`ready ${64 * 1024 * 1024}`);
    while (find(program.pid)?.state !== "Z") {
      await Bun.sleep(5);
    }
    const found = find(program.pid);
    expect(found?.threads).toBeGreaterThan(1);
    expect(found?.rssKib).toBeGreaterThan(64 * 1024);
    const pidfd = linux.openPidfd(program.pid);
    linux.watch(Source.victim, pidfd);
    expect(linux.wait(50)).toBe(0);
    linux.sendSignal(pidfd, Signal.SIGKILL);
    expect(linux.wait(10_000)).toBe(Source.victim);
    linux.watch(Source.victim, -1);
    linux.close(pidfd);
  });
});
