import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import type { Options } from "../../src/model/options.ts";
import { watchingText } from "../../src/report/sentences.ts";
import { aReading, readingAt, someOptions } from "../helpers/nouns.ts";
import { folded, say } from "../helpers/say.ts";

describe("starting and stopping", () => {
  test("who we are and where", () => {
    expect(
      folded(
        say({
          kind: "started",
          version: "1.2.3",
          system: "Linux",
          host: "paper",
          release: "6.1.0",
          architecture: "x86_64",
        }),
      ),
    ).toMatchInlineSnapshot(`"info: bustd 1.2.3 on Linux 6.1.0 (x86_64), host paper"`);
  });

  test("what will wake us", () => {
    expect(folded(say({ kind: "trigger", stallMs: 70, windowMs: 1000 }))).toMatchInlineSnapshot(
      `"info: woken by the kernel when tasks stall 70 ms within 1000 ms"`,
    );
    expect(folded(say({ kind: "no-trigger", errno: Errno.EINVAL }))).toMatchInlineSnapshot(`
      "warning: no PSI trigger, the kernel does not accept the arguments: looking by
      the clock alone"
    `);
    expect(folded(say({ kind: "no-pressure", errno: Errno.ENOENT }))).toMatchInlineSnapshot(`
      "warning: /proc/pressure/memory cannot be read, there is no such file: going on
      without the rules that judge by stalls; boot with psi=1, or build the kernel
      with CONFIG_PSI=y"
    `);
    expect(folded(say({ kind: "no-pressure", errno: Errno.EOPNOTSUPP }))).toMatchInlineSnapshot(`
      "warning: /proc/pressure/memory cannot be read, this kernel has it switched off:
      going on without the rules that judge by stalls; boot with psi=1, or build the
      kernel with CONFIG_PSI=y"
    `);
    expect(folded(say({ kind: "pressure-lost" }))).toMatchInlineSnapshot(
      `"warning: the PSI trigger is gone: looking by the clock alone"`,
    );
  });

  test("what of our memory is locked", () => {
    expect(folded(say({ kind: "locked", how: "all", kib: 0 }))).toMatchInlineSnapshot(
      `"info: memory pages locked"`,
    );
    expect(folded(say({ kind: "locked", how: "resident", kib: 2100 }))).toMatchInlineSnapshot(
      `"info: 2100 KiB of resident pages locked; CAP_IPC_LOCK would lock all"`,
    );
    expect(folded(say({ kind: "not-locked", errno: Errno.ENOMEM }))).toMatchInlineSnapshot(`
      "warning: memory pages are not locked, not enough memory, or over the limit for
      locked memory: give bustd CAP_IPC_LOCK or LimitMEMLOCK=infinity, or it may be
      slow when it matters"
    `);
    expect(folded(say({ kind: "not-locked", errno: Errno.EPERM }))).toMatchInlineSnapshot(`
      "warning: memory pages are not locked, the kernel does not permit it: give bustd
      CAP_IPC_LOCK or LimitMEMLOCK=infinity, or it may be slow when it matters"
    `);
  });

  test("meminfo that is gone, and is there again", () => {
    expect(folded(say({ kind: "meminfo", isLost: true }))).toMatchInlineSnapshot(`
      "error: /proc/meminfo cannot be read: going by sysinfo(2) and /proc/vmstat, and
      trying again"
    `);
    expect(folded(say({ kind: "meminfo", isLost: false }))).toMatchInlineSnapshot(
      `"notice: /proc/meminfo can be read again"`,
    );
  });

  test("the end, a reload, and what went wrong", () => {
    expect(folded(say({ kind: "reloading" }))).toMatchInlineSnapshot(
      `"info: reading the configuration again"`,
    );
    const stopped = [2, 3, 15, 64].map((signal) => say({ kind: "stopped", signal }));
    expect(stopped).toEqual([
      "info: stopped by SIGINT",
      "info: stopped by SIGQUIT",
      "info: stopped by SIGTERM",
      "info: stopped by signal 64",
    ]);
    expect(folded(say({ kind: "problem", sentence: "the sky falls" }))).toMatchInlineSnapshot(
      `"error: the sky falls"`,
    );
  });
});

describe("what will make it act", () => {
  const swapless = readingAt(50);
  function watching(options: Partial<Options>, reading = swapless): string {
    return watchingText(someOptions(options), reading);
  }

  test("by default, with swap and without", () => {
    expect(folded(say({ kind: "watching", options: someOptions(), reading: swapless })))
      .toMatchInlineSnapshot(`
        "info: acting when MemAvailable is at 10 % or less; 50.0 % of 977 MiB available,
        no swap"
      `);
    expect(folded(say({ kind: "watching", options: someOptions(), reading: readingAt(50, 75) })))
      .toMatchInlineSnapshot(`
        "info: acting when MemAvailable is at 10 % or less and free swap is at 10 % or
        less, or when MemAvailable is at 10 % or less and tasks stall 25 % of the time;
        50.0 % of 977 MiB available, 75.0 % of 977 MiB swap free"
      `);
  });

  test("as a share of what is not set aside, whose size is told", () => {
    const reading = aReading({
      totalKib: 65_831_412,
      availableKib: 1_992_294,
      setAsideKib: 50_543_648,
    });
    const mem = { softPercent: 100, hardPercent: 100, softKib: 2_097_152, hardKib: 1_048_576 };
    expect(folded(say({ kind: "watching", options: someOptions({ mem }), reading })))
      .toMatchInlineSnapshot(`
      "info: acting when MemAvailable is at 2048 MiB or less; 13.0 % of 14929 MiB
      available, no swap"
    `);
  });

  test("with one rule only, and with none", () => {
    const noMem = { softPercent: 0, hardPercent: 0 };
    expect(folded(watching({ psiPercent: 0 }))).toMatchInlineSnapshot(
      `"acting when MemAvailable is at 10 % or less"`,
    );
    expect(folded(watching({ mem: noMem }))).toMatchInlineSnapshot(
      `"acting when MemAvailable is at 10 % or less and tasks stall 25 % of the time"`,
    );
    expect(folded(watching({ psiPercent: 0, mem: noMem }))).toMatchInlineSnapshot(
      `"all rules are switched off"`,
    );
  });

  test("without PSI there is no word of stalls", () => {
    expect(watching({}, aReading({ hasPressure: false }))).not.toContain("stall");
  });

  test("with -m 0 the other rules keep their limit, which is said", () => {
    const mem = { softPercent: 0, hardPercent: 0 };
    expect(folded(watching({ mem }))).toMatchInlineSnapshot(
      `"acting when MemAvailable is at 10 % or less and tasks stall 25 % of the time"`,
    );
  });

  test("in a dry run", () => {
    expect(folded(watching({ dryRun: true }))).toMatchInlineSnapshot(
      `"dry run, nobody is killed: would act when MemAvailable is at 10 % or less"`,
    );
    const when = [{ text: "mem < 5", allOf: [] }];
    expect(folded(watching({ dryRun: true, when }))).toMatchInlineSnapshot(
      `"dry run, nobody is killed: would act when mem < 5"`,
    );
  });

  test("with conditions of the user's own", () => {
    const texts = ["mem < 5", "psi.some > 40 and swap < 10"];
    const when = texts.map((text) => ({ text, allOf: [] }));
    expect(folded(watching({ when }))).toMatchInlineSnapshot(
      `"acting when mem < 5, or when psi.some > 40 and swap < 10"`,
    );
  });
});

test("a look, and one with nothing to compare it to", () => {
  const reading = { ...readingAt(12.34, 5), someAvg10: 7.5 };
  expect(
    folded(
      say({
        kind: "look",
        reading,
        stallPercent: 33.33,
        refaultsPerS: 1234.5,
        swapInsPerS: 10,
        sleepMs: 20.4,
      }),
    ),
  ).toMatchInlineSnapshot(`
    "debug: 12.3 % of 977 MiB available, 5.0 % of 977 MiB swap free, some avg10 7.50,
    in the last second 33.3 % stall, 1235 refaults, 10 swap-ins; looking again in 20
    ms"
  `);
  const unknown = { stallPercent: -1, refaultsPerS: -1, swapInsPerS: -1 };
  expect(folded(say({ kind: "look", reading, ...unknown, sleepMs: 100 }))).toMatchInlineSnapshot(`
    "debug: 12.3 % of 977 MiB available, 5.0 % of 977 MiB swap free, some avg10 7.50,
    in the last second 0.0 % stall, 0 refaults, 0 swap-ins; looking again in 100 ms"
  `);
});

test("an hour, and one in which much was free", () => {
  const hour = {
    kind: "hour",
    lowestKib: 123_456,
    lowestPercent: 12.34,
    near: 2,
    kills: 1,
  } as const;
  expect(say(hour)).toBe(
    "info: in the last hour: MemAvailable was 12.3 % at the lowest (121 MiB), near the limit 2x, " +
      "kills: 1",
  );
  expect(say({ ...hour, lowestKib: -1 })).toBe(
    "info: in the last hour: much memory was free at all times",
  );
});

test.each([
  [Errno.EACCES, "going on without the flight recorder: permission is denied"],
  [Errno.EBUSY, "going on without the flight recorder: another bustd keeps it"],
])("no flight recorder, error %d, is no problem", (errno, sentence) => {
  expect(say({ kind: "no-recorder", errno })).toBe(`info: ${sentence}`);
});

test("no pid file is no problem, but said", () => {
  const event = { kind: "no-pid-file", errno: Errno.EACCES, path: "/run/a\nb" } as const;
  expect(folded(say(event))).toMatchInlineSnapshot(`
    "info: going on without the pid file /run/a\\x0ab: permission is denied; nothing
    keeps a second bustd from running"
  `);
});
