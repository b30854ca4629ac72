import { describe, expect, test } from "bun:test";
import { ptr } from "bun:ffi";
import { Errno } from "../../src/model/errno.ts";
import { linux } from "../../src/sys/linux.ts";
import { isRoot, startProgram } from "../helpers/program.ts";

const MADV_DONTNEED = 4;
const PAGE_BYTES = linux.pageKib * 1024;
const GIB_IN_KIB = 1024 * 1024;
const user = isRoot ? ("nobody" as const) : ("me" as const);

async function lock(what: "memory" | "page", as: "me" | "nobody") {
  using program = startProgram("lock", [what], as);
  const [result = NaN, lockedKib = NaN, rssKib = NaN, byte] = (await program.line())
    .split(" ")
    .map(Number);
  expect(byte).toBe(7);
  return { result, lockedKib, rssKib };
}

describe("locking", () => {
  test.skipIf(!isRoot)(
    "all memory locks addresses by the gigabyte, and fills none of them (skipped unless root)",
    async () => {
      const { result, lockedKib, rssKib } = await lock("memory", "me");
      expect(result).toBe(0);
      // The engine reserves more than it uses; without MCL_ONFAULT the kernel would fill it all.
      expect(lockedKib).toBeGreaterThan(GIB_IN_KIB);
      expect(rssKib).toBeLessThan(GIB_IN_KIB / 4);
    },
  );

  test("all memory is refused to an ordinary user, who keeps what was free", async () => {
    const { result, rssKib } = await lock("memory", user);
    expect([-Errno.ENOMEM, -Errno.EPERM]).toContain(result);
    expect(rssKib).toBeLessThan(GIB_IN_KIB / 4);
  });

  test("one page is permitted to an ordinary user", async () => {
    const { result, lockedKib } = await lock("page", user);
    expect(result).toBe(0);
    expect(lockedKib).toBe(linux.pageKib);
  });
});

test("advice reaches the page it names, and no other", () => {
  const block = new Uint8Array(1024 * 1024).fill(7);
  const from = PAGE_BYTES - ((ptr(block) as number) % PAGE_BYTES);
  const address = (ptr(block) as number) + from;
  expect(linux.advise({ address, bytes: PAGE_BYTES }, MADV_DONTNEED)).toBe(0);
  expect(block[from - 1]).toBe(7);
  expect(block.subarray(from, from + PAGE_BYTES).every((byte) => byte === 0)).toBe(true);
  expect(block[from + PAGE_BYTES]).toBe(7);
  expect(linux.advise({ address, bytes: PAGE_BYTES }, 9999)).toBe(-Errno.EINVAL);
});
