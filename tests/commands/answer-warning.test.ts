import { expect, test } from "bun:test";
import {
  endedText,
  endIt,
  isGone,
  sparedText,
  spareIt,
} from "../../src/commands/answer-warning.ts";
import { Errno } from "../../src/model/errno.ts";
import { startOf } from "../../src/readings/alive.ts";
import { linux } from "../../src/sys/linux.ts";
import { aWarning } from "../helpers/desk.ts";
import { isRoot, startSleeper } from "../helpers/program.ts";

function named({ pid }: { readonly pid: number }) {
  return { pid, startMs: startOf(linux, pid) };
}

test("End it ends the process that was named, and no other", async () => {
  using one = startSleeper();
  using other = startSleeper();
  expect(endIt(named(one))).toBe(0);
  expect(await one.endedBy()).toBe("SIGTERM");
  expect(isGone(named(other))).toBe(false);
});

test("End it says when it is gone, and lets one live that has its pid now", async () => {
  using living = startSleeper();
  const { pid, startMs } = named(living);
  expect(endIt({ pid, startMs: startMs - 10 })).toBe(-Errno.ESRCH);
  expect(isGone({ pid, startMs })).toBe(false);
  living[Symbol.dispose]();
  await living.endedBy();
  expect(endIt({ pid, startMs })).toBe(-Errno.ESRCH);
  expect(endedText("hog (pid 42)", -Errno.ESRCH)).toBe("hog (pid 42) was gone already");
});

test.skipIf(!isRoot)("End it ends nobody else's process, even as root (needs root)", async () => {
  await using stranger = Bun.spawn(["setpriv", "--reuid=65534", "sleep", "1000"]);
  while (linux.ownerOf(`/proc/${stranger.pid}`) === 0) {
    // oxlint-disable-next-line no-await-in-loop -- until it is another user's
    await Bun.sleep(10);
  }
  const who = named(stranger);
  expect(endIt(who)).toBe(-Errno.EPERM);
  expect(isGone(who)).toBe(false);
});

test("Spare it asks nobody but the daemon that warned", async () => {
  using sleeper = startSleeper();
  using other = startSleeper();
  const who = named(sleeper);
  // No daemon, though it is this user's: SIGUSR2 would be its end.
  expect(spareIt(who, aWarning(who, { daemon: other.pid }))).toBe(-Errno.ENOENT);
  expect(isGone(named(other))).toBe(false);
  expect(spareIt({ ...who, startMs: 1 }, aWarning(who))).toBe(-Errno.ESRCH);
  other[Symbol.dispose]();
  await other.endedBy();
  expect(spareIt(who, aWarning(who, { daemon: other.pid }))).toBe(-Errno.ENOENT);
});

test("what became of it is said in a sentence", () => {
  expect(endedText("hog", 0)).toBeNull();
  expect(endedText("hog", -Errno.EPERM)).toStartWith("hog could not be ended: ");
  expect(sparedText("hog", 0)).toBe("bustd was asked to spare hog for 10 minutes; see its log");
  expect(sparedText("hog", -Errno.ENOENT)).toContain("does not run any more");
  expect(sparedText("hog", -Errno.EPERM)).toStartWith("hog is not spared: ");
});
