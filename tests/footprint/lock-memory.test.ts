import { describe, expect, test } from "bun:test";
import { lockMemory } from "../../src/footprint/lock-memory.ts";
import { Errno } from "../../src/model/errno.ts";
import { FakeSys } from "../helpers/fake-sys.ts";

const PAGE = 4096;
const PRESENT = 0x80;

/** Three pages of which the middle one is not in memory, and two more that touch them. */
function machine(): FakeSys {
  const sys = new FakeSys();
  sys.files.set(
    "/proc/self/maps",
    "1000-4000 r-xp 00000000 08:01 42 /usr/bin/bustd\n4000-6000 rw-p 00000000 00:00 0 \n",
  );
  const pagemap = new Uint8Array(8 * 16);
  for (const page of [1, 3, 4, 5]) {
    pagemap[page * 8 + 7] = PRESENT;
  }
  sys.files.set("/proc/self/pagemap", pagemap);
  return sys;
}

describe("the daemon's memory", () => {
  test("is locked as a whole where that is permitted", () => {
    expect(lockMemory(machine())).toEqual({ kind: "locked", how: "all", kib: 0 });
  });

  test("is locked as far as it is in memory where it is not, in as few runs as there are", () => {
    const sys = machine();
    sys.refused.set("lockMemory", Errno.ENOMEM);
    expect(lockMemory(sys)).toEqual({ kind: "locked", how: "resident", kib: 16 });
    expect(sys.calls.slice(1)).toEqual([
      `0ms lock ${PAGE}+${PAGE}`,
      `0ms lock ${3 * PAGE}+${3 * PAGE}`,
    ]);
    expect([...sys.open.values()]).toEqual([]);
  });

  test("is not locked where not even that is, and why is said", () => {
    const sys = machine();
    sys.refused.set("lockMemory", Errno.EPERM);
    sys.refused.set("lockRange", Errno.ENOMEM);
    expect(lockMemory(sys)).toEqual({ kind: "not-locked", errno: Errno.EPERM });
    sys.files.set("/proc/self/pagemap", -Errno.EACCES);
    expect(lockMemory(sys)).toEqual({ kind: "not-locked", errno: Errno.EPERM });
  });
});
