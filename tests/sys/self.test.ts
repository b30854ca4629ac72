import { afterAll, describe, expect, test } from "bun:test";
import {
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ptr } from "bun:ffi";
import { Errno } from "../../src/model/errno.ts";
import { libc } from "../../src/sys/libc.ts";
import { linux } from "../../src/sys/linux.ts";
import { createHandover } from "../../src/sys/self.ts";
import { isRoot, startProgram } from "../helpers/program.ts";

const ELOOP = 40;
const EISDIR = 21;
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SYS_BIND = process.arch === "arm64" ? 200 : 49;
const O_NONBLOCK = 0o4000;

const directory = mkdtempSync(join(tmpdir(), "bustd-self-"));
afterAll(() => rmSync(directory, { recursive: true }));
const inDirectory = (name: string) => join(directory, name);

// A kernel with real-time groups grants SCHED_FIFO to none but the first of them; sched(7).
const fifo = Bun.spawnSync(["chrt", "-f", "1", "true"]).exitCode === 0 ? 1 : 0;

test("priority is raised where that is permitted, and else refused", async () => {
  using child = startProgram("priority", []);
  const said = (await child.line()) ?? "";
  expect(said).toMatch(new RegExp(`^(0 -20|-(1|13) \\d+) ${fifo}$`));
});

test.skipIf(fifo === 0)("who was started with another policy keeps it", () => {
  const program = join(import.meta.dir, "programs/priority.ts");
  const run = ["chrt", "-r", "7", process.execPath, program];
  expect(Bun.spawnSync(run).stdout.toString()).toMatch(/ 2\n$/);
});

describe("the pid file", () => {
  test("is held by one at a time, and free when that one is killed", async () => {
    const path = inDirectory("bustd.pid");
    writeFileSync(path, "a longer text than any pid\n");
    using first = startProgram("hold", [path]);
    expect(Number(await first.line())).toBeGreaterThan(0);
    expect(readFileSync(path, "utf8")).toBe(`${first.pid}\n`);
    using second = startProgram("hold", [path]);
    expect(await second.line()).toBe(String(-Errno.EAGAIN));
    expect(readFileSync(path, "utf8")).toBe(`${first.pid}\n`);
    first.signal("SIGKILL");
    await first.exited;
    using third = startProgram("hold", [path]);
    expect(Number(await third.line())).toBeGreaterThan(0);
    expect(readFileSync(path, "utf8")).toBe(`${third.pid}\n`);
  });

  test("is held over a restart", async () => {
    const path = inDirectory("restarted.pid");
    using first = startProgram("hold", [path, "restarts"]);
    expect(Number(await first.line())).toBeGreaterThan(0);
    using second = startProgram("hold", [path]);
    expect(await second.line()).toBe(String(-Errno.EAGAIN));
  });

  test("is created where there is none, for all to read", () => {
    const path = inDirectory("new.pid");
    expect(linux.holdPidFile(path)).toBeGreaterThan(0);
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o644 & ~process.umask());
  });

  test("is no link that someone laid out", () => {
    writeFileSync(inDirectory("precious"), "precious");
    symlinkSync(inDirectory("precious"), inDirectory("link.pid"));
    expect(linux.holdPidFile(inDirectory("link.pid"))).toBe(-ELOOP);
    expect(readFileSync(inDirectory("precious"), "utf8")).toBe("precious");
  });

  test("is no second name of a file, nor a pipe", () => {
    linkSync(inDirectory("precious"), inDirectory("second.pid"));
    expect(linux.holdPidFile(inDirectory("second.pid"))).toBe(-Errno.EPERM);
    expect(readFileSync(inDirectory("precious"), "utf8")).toBe("precious");
    Bun.spawnSync(["mkfifo", inDirectory("pipe.pid")]);
    expect(linux.holdPidFile(inDirectory("pipe.pid"))).toBe(-Errno.EPERM);
  });

  test.skipIf(!isRoot)("is no file of someone else (skipped unless root)", () => {
    const path = inDirectory("theirs.pid");
    writeFileSync(path, "theirs");
    chownSync(path, 65534, 65534);
    expect(linux.holdPidFile(path)).toBe(-Errno.EPERM);
    expect(readFileSync(path, "utf8")).toBe("theirs");
  });

  test("cannot be a directory, or lie in none", () => {
    mkdirSync(inDirectory("directory.pid"));
    expect(linux.holdPidFile(inDirectory("directory.pid"))).toBe(-EISDIR);
    expect(linux.holdPidFile(inDirectory("none/bustd.pid"))).toBe(-Errno.ENOENT);
  });

  test("costs no descriptor when it cannot be had", () => {
    const path = inDirectory("held.pid");
    expect(linux.holdPidFile(path)).toBeGreaterThan(0);
    const before = readdirSync("/proc/self/fd").length;
    for (let i = 0; i < 50; i++) {
      expect(linux.holdPidFile(path)).toBe(-Errno.EAGAIN);
    }
    // Those of other tests' children may close meanwhile.
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + 25);
  });
});

describe("a handover", () => {
  test.each(["", "{}", "ä€🙂".repeat(50_000), "x".repeat(65_536)])(
    "gives back what it got",
    (text) => {
      const fd = createHandover(text);
      expect(fd).toBeGreaterThanOrEqual(0);
      expect(linux.readHandover(fd) === text).toBe(true);
      expect(linux.readHandover(fd)).toBeNull();
    },
  );

  test.each([-1, 0, 1, NaN, 12_345, 1.5])("is not descriptor %p", (fd) => {
    expect(linux.readHandover(fd)).toBeNull();
  });

  test("is no other file", () => {
    writeFileSync(inDirectory("memfd:bustd-options (deleted)"), "{}");
    const fd = linux.openToRead(inDirectory("memfd:bustd-options (deleted)"));
    expect(linux.readHandover(fd)).toBeNull();
    linux.close(fd);
    const other = libc.memfd_create("another", 0);
    expect(linux.readHandover(other)).toBeNull();
    linux.close(other);
  });

  test("crosses a restart: same pid, text, arguments, the engine's settings alone", async () => {
    using program = startProgram("restart");
    expect(await program.line()).toBe(String(program.pid));
    const [pid, name, ...others] = (await program.line()).split(" ");
    expect(pid).toBe(String(program.pid));
    expect(name).toBe("BUSTD_OPTIONS_FD");
    expect(others.join(" ")).toBe('["two words","ä"] true');
    expect(await program.exited).toBe(0);
  });
});

/** A socket that receives datagrams; its address as unix(7) has it. */
function listen(path: string) {
  const block = new Uint8Array(65_536);
  const address = ptr(block) as number;
  block[0] = AF_UNIX;
  const { written } = new TextEncoder().encodeInto(path, block.subarray(2));
  block[2] = path.startsWith("@") ? 0 : (block[2] ?? 0);
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | O_NONBLOCK, 0);
  expect(libc.syscall(SYS_BIND, fd, address, 2 + written, 0, 0)).toBe(0);
  return {
    receive: () => {
      const length = libc.read(fd, address, block.length);
      return length < 0 ? null : new TextDecoder().decode(block.subarray(0, length));
    },
    [Symbol.dispose]: () => linux.close(fd),
  };
}

describe("a datagram", () => {
  const longest = inDirectory("x".repeat(107 - directory.length - 1));
  const paths = [inDirectory("socket"), `@bustd-test-${process.pid}`, longest];

  test.each(paths)("to %s arrives whole", (path) => {
    using socket = listen(path);
    expect(linux.sendDatagram(path, "READY=1\nSTATUS=ä")).toBe(17);
    expect(socket.receive()).toBe("READY=1\nSTATUS=ä");
    expect(linux.sendDatagram(path, "WATCHDOG=1")).toBe(10);
    expect(socket.receive()).toBe("WATCHDOG=1");
    expect(socket.receive()).toBeNull();
  });

  test("to a path that no socket can have", () => {
    expect(linux.sendDatagram(`${longest}x`, "x")).toBe(-Errno.EINVAL);
  });

  test("to someone who does not read is dropped: the daemon does not wait for it", () => {
    using socket = listen(`@bustd-full-${process.pid}`);
    const path = `@bustd-full-${process.pid}`;
    let result = 0;
    for (let i = 0; i < 10_000 && result >= 0; i++) {
      result = linux.sendDatagram(path, "x");
    }
    expect(result).toBe(-Errno.EAGAIN);
    expect(socket.receive()).toBe("x");
  });
});
