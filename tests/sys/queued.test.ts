import { afterAll, describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { linux } from "../../src/sys/linux.ts";
import { sendValue } from "../../src/sys/queued.ts";
import { Signal } from "../../src/sys/sys.ts";
import { compileProgram, isRoot, startProgram, startSleeper } from "../helpers/program.ts";

describe("a signal with a value", async () => {
  const signals = await compileProgram("signals");
  afterAll(() => signals[Symbol.dispose]());

  test.each([42, 2 ** 22, 0, -1])("tells whose it is, and %d", async (value) => {
    using program = signals.start();
    await program.line();
    const pidfd = linux.openPidfd(program.pid);
    expect(sendValue(pidfd, Signal.SIGUSR2, value)).toBe(0);
    linux.close(pidfd);
    expect(await program.line()).toBe(`woken by 12 of ${linux.ownUid()} with ${value}`);
  });

  test("is another one than kill(1)'s, which has none", async () => {
    using program = signals.start();
    await program.line();
    program.signal("SIGUSR2");
    expect(await program.line()).toBe("woken by 12");
  });

  test.skipIf(!isRoot)("of another user is refused by the kernel (needs root)", async () => {
    using program = signals.start();
    await program.line();
    using stranger = startProgram("queue", [String(program.pid), "42"], "nobody");
    expect(await stranger.rest()).toBe(`${-Errno.EPERM}\n`);
    program.signal("SIGHUP");
    expect(await program.line()).toBe("woken by 1");
  });

  test("to somebody who is gone goes to nobody", async () => {
    const sleeper = startSleeper();
    const pidfd = linux.openPidfd(sleeper.pid);
    sleeper[Symbol.dispose]();
    await sleeper.endedBy();
    expect(sendValue(pidfd, Signal.SIGUSR2, 1)).toBe(-Errno.ESRCH);
    linux.close(pidfd);
  });
});
