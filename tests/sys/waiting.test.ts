import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Errno } from "../../src/model/errno.ts";
import { linux } from "../../src/sys/linux.ts";
import { lost, Source } from "../../src/sys/sys.ts";
import { compileProgram, isRoot, startProgram } from "../helpers/program.ts";

describe("signals", async () => {
  const signals = await compileProgram("signals");
  afterAll(() => signals[Symbol.dispose]());

  test("wake the one call that waits, and none ends the program", async () => {
    using program = signals.start();
    expect(await program.line()).toBe("0");
    for (const [name, number] of [
      ["SIGHUP", 1],
      ["SIGINT", 2],
      ["SIGHUP", 1],
      ["SIGTERM", 15],
    ] as const) {
      program.signal(name);
      expect(await program.line()).toBe(`woken by ${number}`);
    }
    expect(await program.exited).toBe(0);
  });

  test("a hundred in a row all arrive", async () => {
    using program = signals.start();
    await program.line();
    for (let i = 0; i < 100; i++) {
      program.signal("SIGHUP");
      expect(await program.line()).toBe("woken by 1");
    }
  });
});

test("a source at which the kernel finds an error is said to be lost, once", () => {
  const path = mkdtempSync(join(tmpdir(), "bustd-lost-"));
  const fifo = join(path, "fifo");
  try {
    Bun.spawnSync(["mkfifo", fifo]);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    linux.watch(Source.pressure, writer);
    expect(linux.wait(0)).toBe(0);
    closeSync(reader);
    expect(linux.wait(0)).toBe(Source.pressure | lost(Source.pressure));
    expect(linux.wait(0)).toBe(0);
    closeSync(writer);
    const hungUp = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK));
    linux.watch(Source.signals, hungUp);
    expect(linux.wait(0)).toBe(Source.signals | lost(Source.signals));
    expect(linux.wait(0)).toBe(0);
    closeSync(hungUp);
  } finally {
    rmSync(path, { recursive: true });
  }
});

describe("whether a write would have to wait", () => {
  test("is asked of a pipe, and a full one says so", () => {
    const path = mkdtempSync(join(tmpdir(), "bustd-pipe-"));
    const fifo = join(path, "fifo");
    try {
      Bun.spawnSync(["mkfifo", fifo]);
      // Read and write, so that neither end waits for the other.
      const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
      expect(linux.canWrite(fd)).toBe(true);
      while (linux.write(fd, "x".repeat(4000)) > 0) {
        // Until it is full.
      }
      expect(linux.canWrite(fd)).toBe(false);
      readSync(fd, Buffer.alloc(65_536));
      expect(linux.canWrite(fd)).toBe(true);
      closeSync(fd);
    } finally {
      rmSync(path, { recursive: true });
    }
  });

  test("a file never has to, and a descriptor that is closed says no more than that", () => {
    const fd = linux.openToRead("/dev/null");
    expect(linux.canWrite(fd)).toBe(true);
    linux.close(fd);
    expect(linux.canWrite(fd)).toBe(true);
  });
});

describe("a PSI trigger", () => {
  const hasPressure = linux.readFile("/proc/pressure/memory") > 0;
  const WHY = "(skipped where the kernel has no PSI)";
  const IN_TIME = "0 true";
  const STALL_US = 150_000;

  /** What the program says where the machine's tasks did not stall so long, whatever else runs. */
  async function calmly(triggers: readonly string[], as: "me" | "nobody" = "me") {
    for (;;) {
      using program = startProgram("pressure", triggers, as);
      const lines = (await program.rest()).trim().split("\n");
      if (!(Number(lines.pop()) >= STALL_US)) {
        return lines;
      }
    }
  }

  test.skipIf(!hasPressure)(
    `of 150 ms in 2 s, twice, and quiet while nobody stalls ${WHY}`,
    async () => {
      const twice = ["150000", "2000000", "150000", "2000000"];
      expect(await calmly(twice)).toEqual(["0", "0", IN_TIME]);
    },
  );

  test.skipIf(!hasPressure)(`is for ordinary users too ${WHY}`, async () => {
    const triggers = ["150000", "2000000"];
    expect(await calmly(triggers, isRoot ? "nobody" : "me")).toEqual(["0", IN_TIME]);
  });

  test.skipIf(!hasPressure)(
    `with a window the kernel does not have is refused ${WHY}`,
    async () => {
      const triggers = ["1", "1", "2000000", "1000000", "1000", "99000000"];
      const refused = `${-Errno.EINVAL}`;
      expect(await calmly(triggers)).toEqual([refused, refused, refused, IN_TIME]);
    },
  );

  if (!hasPressure) {
    test("is refused by a kernel without PSI", () => {
      const isOff = existsSync("/proc/pressure/memory");
      const errno = isOff ? Errno.EOPNOTSUPP : Errno.ENOENT;
      expect(linux.watchPressure(150_000, 2_000_000)).toBe(-errno);
    });
  }
});
