import { afterAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Errno } from "../../src/model/errno.ts";
import { decode } from "../../src/readings/text.ts";
import { readInTime } from "../../src/sys/in-time.ts";
import { linux } from "../../src/sys/linux.ts";

const folder = mkdtempSync(join(tmpdir(), "bustd-in-time-"));
const fifo = join(folder, "fifo");
Bun.spawnSync(["mkfifo", fifo]);
/** Held for writing, so that whoever reads waits; musl refuses to read a FIFO at an offset. */
const writer = openSync(fifo, "r+");
const isMusl = !process.report || readFileSync("/proc/self/maps", "utf8").includes("ld-musl");

/** Asks until the thread that reads had its turn. */
async function ownCommandLine(): Promise<number> {
  let length = -Errno.ETIMEDOUT as number;
  while (length === -Errno.ETIMEDOUT) {
    length = linux.readProcessFile(process.pid, "cmdline");
    await Bun.sleep(0);
  }
  return length;
}

/** Many processes, of which nothing can be read. */
const SOME_PIDS = Array.from({ length: 40 }, (_, i) => 2 ** 23 + i);

afterAll(() => {
  closeSync(writer);
  rmSync(folder, { recursive: true });
});

test("a command line is what the kernel says it is", async () => {
  const length = await ownCommandLine();
  expect(decode(linux.text, length)).toBe(readFileSync("/proc/self/cmdline", "utf8"));
});

test("of a process that does not exist there is none", () => {
  expect(linux.readProcessFile(2 ** 23, "cmdline")).toBe(-Errno.ENOENT);
});

test.skipIf(isMusl)(
  "what cannot be read is given up, and others are read until all are lost",
  async () => {
    const [first = 0] = SOME_PIDS;
    expect(readInTime(first, linux.openToRead(fifo))).toBe(-Errno.ETIMEDOUT);
    expect(await ownCommandLine()).toBeGreaterThan(0);
    for (const pid of SOME_PIDS) {
      expect(readInTime(pid, linux.openToRead(fifo))).toBe(-Errno.ETIMEDOUT);
    }
    expect(linux.readProcessFile(process.pid, "cmdline")).toBe(-Errno.ETIMEDOUT);
    writeSync(writer, "x".repeat(2 ** 16));
    // One reader takes all that there is.
    expect(await ownCommandLine()).toBeGreaterThan(0);
  },
);
