import { expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { emptySizes } from "../../src/model/sizes.ts";
import { scan } from "../../src/readings/processes.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aPlan } from "../helpers/nouns.ts";

const LEAKED_KIB = 1_000_000;

/** A scan for who has what was lost open, which is 42's, beside a crowd of larger ones. */
function scanned(sys: FakeSys, oomScore: number, needs = aPlan().needs) {
  sys.add({ pid: 42, oomScore, anonKib: 9000, openShmemKib: LEAKED_KIB, startMs: 1000 });
  for (let pid = 100; pid < 200; pid++) {
    sys.add({ pid, oomScore: 668 + (pid % 10), anonKib: 20_000, startMs: 1000 });
  }
  const grown = { grownKib: LEAKED_KIB, latelyKib: LEAKED_KIB };
  const base = { ...emptySizes(1), count: 1, bootMs: 2000 };
  base.pids[0] = 42;
  base.ownKib[0] = 9000;
  const plan = { extent: "largest", base, recent: base, newShmem: grown } as const;
  return scan(sys, aPlan({ ...plan, needs, lostKib: LEAKED_KIB }));
}

test("who is only found by what it has open has its score", () => {
  const { processes } = scanned(new FakeSys(), 667);
  const found = processes.filter(({ pid }) => pid === 42);
  expect(found).toEqual([expect.objectContaining({ oomScore: 667, shmemGrownKib: LEAKED_KIB })]);
});

test("who may not be known well enough is left out once", () => {
  const sys = new FakeSys();
  sys.files.set("/proc/42/exe", -Errno.EACCES);
  const { leftOut } = scanned(sys, 700, { ...aPlan().needs, exeProtects: true });
  expect(leftOut).toBe(1);
});
