import { afterAll, expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { Errno } from "../../src/model/errno.ts";
import { libc } from "../../src/sys/libc.ts";
import { linux } from "../../src/sys/linux.ts";

const opened: number[] = [];
afterAll(() => {
  for (const fd of opened) {
    closeSync(fd);
  }
});

/** How much more a process of ours has open after this, KiB. */
function more(open: () => readonly number[]): number {
  const before = linux.openShmemKib(process.pid, 0);
  opened.push(...open());
  return linux.openShmemKib(process.pid, 0) - before;
}

function memfd(kib: number): number {
  const fd = libc.memfd_create(Buffer.from("a\nname\0"), 0);
  writeSync(fd, Buffer.alloc(kib * 1024, 1));
  return fd;
}

function shared(kib: number, isRemoved: boolean): number {
  const path = `/dev/shm/bustd-test-${process.pid}-${kib}`;
  const fd = openSync(path, "w+");
  writeSync(fd, Buffer.alloc(kib * 1024, 1));
  if (isRemoved) {
    rmSync(path);
  }
  return fd;
}

test("what is written into a memfd, and not what it is only long", () => {
  expect(more(() => [memfd(1024), memfd(2048)])).toBe(3072);
  const grow = () => {
    ftruncateSync(opened[0] ?? -1, 1024 ** 3);
    return [];
  };
  expect(more(grow)).toBe(0);
});

test("more descriptors than are listed at once", () => {
  expect(more(() => Array.from({ length: 1100 }, () => memfd(4)))).toBe(4400);
});

test("the same file that is open twice counts once", () => {
  expect(more(() => [openSync(`/proc/self/fd/${opened[0]}`, "r")])).toBe(0);
});

test("a file of /dev/shm that has no name any more, and none that outlives the process", () => {
  expect(more(() => [shared(512, true)])).toBe(512);
  expect(more(() => [shared(256, false)])).toBe(0);
  rmSync(`/dev/shm/bustd-test-${process.pid}-256`);
});

test("nothing of what was written long ago, until more is written", async () => {
  const fd = memfd(128);
  opened.push(fd);
  await Bun.sleep(100);
  const sinceWallMs = Date.now() - 50;
  const before = linux.openShmemKib(process.pid, sinceWallMs);
  writeSync(fd, Buffer.alloc(4096, 1));
  expect(linux.openShmemKib(process.pid, sinceWallMs) - before).toBe(132);
});

test("a process that is not there", () => {
  expect(linux.openShmemKib(2 ** 31 - 1, 0)).toBe(-Errno.ENOENT);
});
