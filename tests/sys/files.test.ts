import { afterAll, describe, expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  lchownSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ptr } from "bun:ffi";
import { Errno } from "../../src/model/errno.ts";
import { decode } from "../../src/readings/text.ts";
import { libc } from "../../src/sys/libc.ts";
import { listAll } from "../../src/readings/list.ts";
import { linux } from "../../src/sys/linux.ts";
import type { ProcessFile } from "../../src/sys/sys.ts";
import { isRoot, startSleeper } from "../helpers/program.ts";

const EBADF = 9;
const EISDIR = 21;
const ENODATA = 61;
const SYS_SETXATTR = process.arch === "arm64" ? 5 : 188;

const directory = mkdtempSync(join(tmpdir(), "bustd-files-"));
afterAll(() => rmSync(directory, { recursive: true }));
const inDirectory = (name: string) => join(directory, name);

const FILES: readonly ProcessFile[] = [
  "oom_score",
  "oom_score_adj",
  "stat",
  "statm",
  "status",
  "comm",
  "cmdline",
  "cgroup",
];

describe("reading", () => {
  test("a file, from its start each time", () => {
    writeFileSync(inDirectory("a"), "first");
    const fd = linux.openToRead(inDirectory("a"));
    expect(fd).toBeGreaterThanOrEqual(0);
    expect(decode(linux.text, linux.readFromStart(fd))).toBe("first");
    writeFileSync(inDirectory("a"), "second ä");
    expect(decode(linux.text, linux.readFromStart(fd))).toBe("second ä");
    expect(decode(linux.text, linux.readAt(fd, 3, 1))).toBe("eco");
    expect(linux.readAt(fd, 10, 1000)).toBe(0);
    linux.close(fd);
    expect(linux.readFromStart(fd)).toBe(-EBADF);
    expect(decode(linux.text, linux.readFile(inDirectory("a")))).toBe("second ä");
  });

  test("a file that is larger than the buffer is cut", () => {
    writeFileSync(inDirectory("large"), "x".repeat(200_000));
    expect(linux.readFile(inDirectory("large"))).toBe(linux.text.length);
  });

  test("descriptors are closed on exec, so that no child gets one", () => {
    const fd = linux.openToRead("/proc/meminfo");
    const listed = Bun.spawnSync(["ls", "-l", "/proc/self/fd"]).stdout.toString();
    linux.close(fd);
    expect(listed).not.toContain("meminfo");
  });

  test("no descriptor is left open", () => {
    // /proc itself is opened at first use and kept.
    listAll(linux);
    const before = readdirSync("/proc/self/fd").length;
    for (let i = 0; i < 100; i++) {
      linux.readFile("/proc/meminfo");
      linux.readFile("/nowhere");
      linux.readProcessFile(process.pid, "stat");
      linux.readProcessFile(process.pid, "exe");
      linux.readTaskFile(process.pid, process.pid, "statm");
      listAll(linux);
      linux.listTasks(process.pid);
      linux.ownerOf(directory);
      linux.writeFile(inDirectory("a"), "x");
      linux.sendDatagram("/nowhere", "x");
    }
    // Those of other tests' children may close meanwhile.
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + 50);
  });
});

/** That a reading is a file's content, at a moment when what the kernel counts in it is at rest. */
function expectSame(path: string, read: () => number): void {
  for (;;) {
    const before = readFileSync(path, "utf8");
    const found = decode(linux.text, read());
    if (readFileSync(path, "utf8") === before) {
      expect(found).toBe(before);
      return;
    }
  }
}

describe("a process's files", () => {
  test("are what they are by their paths", () => {
    using sleeper = startSleeper();
    for (const name of FILES) {
      expectSame(`/proc/${sleeper.pid}/${name}`, () => linux.readProcessFile(sleeper.pid, name));
    }
    const exe = decode(linux.text, linux.readProcessFile(sleeper.pid, "exe"));
    expect(exe).toBe(readlinkSync(`/proc/${sleeper.pid}/exe`));
    for (const name of ["statm", "status", "cmdline"] as const) {
      const path = `/proc/${sleeper.pid}/task/${sleeper.pid}/${name}`;
      expectSame(path, () => linux.readTaskFile(sleeper.pid, sleeper.pid, name));
    }
  });

  test("of the largest pid a number can be do not exist", () => {
    for (const name of [...FILES, "exe"] as const) {
      expect(linux.readProcessFile(2 ** 31 - 1, name)).toBe(-Errno.ENOENT);
    }
    expect(linux.readTaskFile(2 ** 31 - 1, 1, "statm")).toBe(-Errno.ENOENT);
    expect(linux.listTasks(2 ** 31 - 1)).toBe(-Errno.ENOENT);
  });
});

describe("listing", () => {
  const isNumber = (name: string) => /^\d+$/.test(name);

  test("all processes, as readdir does", () => {
    using sleeper = startSleeper();
    const listed = () => [...linux.pids.subarray(0, listAll(linux))];
    const matches = () => {
      const before = readdirSync("/proc").filter(isNumber).map(Number);
      const found = listed();
      const after = new Set(readdirSync("/proc").filter(isNumber).map(Number));
      expect(new Set(found).size).toBe(found.length);
      expect(found).toContain(process.pid);
      expect(found).toContain(sleeper.pid);
      return before.filter((pid) => after.has(pid)).every((pid) => found.includes(pid));
    };
    expect(matches()).toBe(true);
    expect(matches()).toBe(true);
  });

  test("the threads of a process", () => {
    const threads = () => readdirSync(`/proc/${process.pid}/task`).map(Number);
    // The engine's own start and end meanwhile.
    const before = threads();
    const found = [...linux.tids.subarray(0, linux.listTasks(process.pid))];
    const after = threads();
    expect(new Set(found).size).toBe(found.length);
    expect(found).toContain(process.pid);
    expect(found).toEqual(expect.arrayContaining(before.filter((tid) => after.includes(tid))));
    expect(found.filter((tid) => ![...before, ...after].includes(tid)).length).toBeLessThan(4);
  });
});

describe("errors are the kernel's", () => {
  const rows: readonly (readonly [string, () => number, number])[] = [
    ["no such file", () => linux.openToRead("/nowhere"), Errno.ENOENT],
    ["an empty path", () => linux.openToRead(""), Errno.ENOENT],
    ["no such file to read", () => linux.readFile("/nowhere"), Errno.ENOENT],
    ["a directory", () => linux.readFile("/"), EISDIR],
    ["a closed descriptor", () => linux.readFromStart(12_345), EBADF],
    ["the owner of nothing", () => linux.ownerOf("/nowhere"), Errno.ENOENT],
    ["removing nothing", () => linux.removeFile("/nowhere"), Errno.ENOENT],
    ["writing to nothing", () => linux.writeFile("/nowhere", "x"), Errno.ENOENT],
    ["writing to a closed descriptor", () => linux.write(12_345, "x"), EBADF],
    ["no such process", () => linux.openPidfd(2 ** 22 + 1), Errno.ESRCH],
    ["no process at all", () => linux.openPidfd(-1), Errno.EINVAL],
    ["nobody to signal", () => linux.signalProcess(2 ** 22 + 1, 0), Errno.ESRCH],
    ["no group to signal", () => linux.signalGroup(2 ** 22 + 1, 0), Errno.ESRCH],
    ["a signal that there is not", () => linux.signalProcess(process.pid, 999), Errno.EINVAL],
    ["no pidfd", () => linux.sendSignal(12_345, 0), EBADF],
    ["nobody who listens", () => linux.sendDatagram("/nowhere", "x"), Errno.ENOENT],
    ["an address in no page", () => linux.advise({ address: 1, bytes: 1 }, 4), Errno.EINVAL],
  ];
  test.each(rows)("%s", (_name, call, errno) => expect(call()).toBe(-errno));

  test("also ten thousand times in turn, with garbage collected meanwhile", () => {
    let garbage: unknown[] = [];
    let wrong = 0;
    for (let i = 0; i < 10_000; i++) {
      for (const [, call, errno] of rows) {
        wrong += call() === -errno ? 0 : 1;
      }
      garbage.push(new Uint8Array(1000), { i });
      garbage = garbage.length > 5000 ? [] : garbage;
    }
    expect(wrong).toBe(0);
  });
});

describe("writing", () => {
  test("a text as UTF-8", () => {
    const fd = openSync(inDirectory("out"), "w");
    expect(linux.write(fd, "ä€🙂\n")).toBe(10);
    expect(linux.write(fd, "")).toBe(0);
    closeSync(fd);
    expect(readFileSync(inDirectory("out"), "utf8")).toBe("ä€🙂\n");
  });

  test("a text that is too long is cut between two letters", () => {
    const fd = openSync(inDirectory("out"), "w");
    const written = linux.write(fd, "€".repeat(100_000));
    closeSync(fd);
    expect(written).toBeGreaterThan(10_000);
    expect(readFileSync(inDirectory("out"), "utf8")).toBe("€".repeat(written / 3));
  });

  test("a file that exists, and no other", () => {
    writeFileSync(inDirectory("there"), "0");
    expect(linux.writeFile(inDirectory("there"), "1")).toBe(1);
    expect(readFileSync(inDirectory("there"), "utf8")).toBe("1");
    expect(linux.writeFile(inDirectory("not there"), "1")).toBe(-Errno.ENOENT);
    expect(existsSync(inDirectory("not there"))).toBe(false);
  });

  test("removing", () => {
    writeFileSync(inDirectory("there"), "0");
    expect(linux.removeFile(inDirectory("there"))).toBe(0);
    expect(existsSync(inDirectory("there"))).toBe(false);
  });
});

describe("owners", () => {
  test("of a file and of a process", () => {
    writeFileSync(inDirectory("mine"), "");
    expect(linux.ownerOf(inDirectory("mine"))).toBe(statSync(inDirectory("mine")).uid);
    expect(linux.ownerOf(`/proc/${process.pid}`)).toBe(process.geteuid?.() ?? -1);
  });

  test.skipIf(!isRoot)("of a link, not of what it points to (skipped unless root)", () => {
    symlinkSync("/", inDirectory("link"));
    lchownSync(inDirectory("link"), 65534, 65534);
    expect(linux.ownerOf(inDirectory("link"))).toBe(65534);
  });
});

/** Sets an extended attribute; setxattr(2) by its number, which is the same in every libc. */
function setAttribute(path: string, name: string, value: string): number {
  const block = new Uint8Array(4096);
  const address = ptr(block) as number;
  const put = (text: string, at: number) =>
    new TextEncoder().encodeInto(`${text}\0`, block.subarray(at));
  put(path, 0);
  put(name, 1000);
  put(value, 2000);
  return libc.syscall(SYS_SETXATTR, address, address + 1000, address + 2000, value.length, 0);
}

describe("attributes", () => {
  writeFileSync(inDirectory("attributed"), "");
  const canSet = setAttribute(inDirectory("attributed"), "user.oomd_omit", "1") === 0;

  test.skipIf(!canSet)("are read (skipped where the file system has none)", () => {
    const length = linux.readAttribute(inDirectory("attributed"), "user.oomd_omit");
    expect(decode(linux.text, length)).toBe("1");
    const missing = linux.readAttribute(inDirectory("attributed"), "user.oomd_avoid");
    expect(missing).toBe(-ENODATA);
  });

  test("of nothing", () => {
    expect(linux.readAttribute("/nowhere", "user.oomd_omit")).toBe(-Errno.ENOENT);
  });
});
