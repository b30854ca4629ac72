import { expect, test } from "bun:test";
import { FakeSys } from "./helpers/fake-sys.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

const KIB_PER_S = 60_000;
const FROM_MS = 2000;
/** From then on as much is swapped out as it grows by. */
const OUT_MS = 9000;
const SWAP_KIB = 500_000;

/** 42 leaks into a file of tmpfs, all of which is swapped out by and by; nothing tells of whom. */
function leaking(): FakeSys {
  const sys = new FakeSys().add(
    { pid: 42, comm: "leak", anonKib: 100, startMs: 1000 },
    { pid: 43, comm: "desktop", rssKib: 250_000, startMs: 1000 },
  );
  sys.machine = ({ atMs }) => {
    const tookKib = (Math.max(0, atMs - FROM_MS) * KIB_PER_S) / 1000;
    const outKib = Math.min(tookKib, SWAP_KIB, (Math.max(0, atMs - OUT_MS) * KIB_PER_S) / 1000);
    const shmemKib = tookKib - outKib;
    sys.change(42, { shmemKib: outKib > 0 ? 0 : shmemKib });
    if (!sys.isAlive(42) || !sys.isAlive(43)) {
      return memoryAt(50);
    }
    return memoryAt(Math.max(8, 50 - shmemKib / 10_000), {
      freeKib: 50_000,
      shmemKib,
      swapTotalKib: SWAP_KIB + 20_000,
      // Something is in swap from the first, so that sizes are noted with what is shared.
      swapFreeKib: SWAP_KIB - outKib,
    });
  };
  return sys;
}

test("who leaked what lies in swap by now is killed, and not the larger one beside it", () => {
  expect(watch(leaking(), 20_000).signals[0]).toEndWith("ms SIGTERM 42");
});

/** 42 writes into memfds that it never maps, while an editor and small programs rest. */
function writing(openShmemKib: (leakedKib: number) => number, heldKib = 30_000): FakeSys {
  const sys = new FakeSys().add(
    { pid: 42, comm: "leak", anonKib: 9000, startMs: 1000 },
    { pid: 43, comm: "editor", anonKib: 250_000, startMs: 1000 },
    { pid: 44, comm: "server", anonKib: 12_000, startMs: 1000 },
    { pid: 45, comm: "holder", anonKib: 22_000, openShmemKib: heldKib, openShmemWallMs: 0 },
  );
  sys.machine = ({ atMs }) => {
    const leakedKib = sys.isAlive(42) ? Math.max(0, atMs - FROM_MS) * 25 : 0;
    sys.change(42, { openShmemKib: openShmemKib(leakedKib) });
    const editorKib = sys.isAlive(43) ? 0 : 250_000;
    const leftKib = Math.max(0, 500_000 - leakedKib + editorKib);
    return memoryAt(leftKib / 10_000, { shmemKib: heldKib + leakedKib });
  };
  return sys;
}

test("who leaks into memfds that nobody maps is killed, and nobody else", () => {
  expect(
    watch(
      writing((kib) => kib),
      60_000,
    ).signals,
  ).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
});

test("so is it beside one that has had as much open as is new, and writes no more", () => {
  const { signals } = watch(
    writing((kib) => kib, 400_000),
    60_000,
  );
  expect(signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
});

test("where nobody has it open, the largest is", () => {
  expect(
    watch(
      writing(() => 0),
      20_000,
    ).signals[0],
  ).toEndWith("ms SIGTERM 43");
});

test("who leaks into memfds, most of which lie in swap by now, is killed, and nobody else", () => {
  const sys = new FakeSys().add(
    { pid: 42, comm: "leak", anonKib: 9000, startMs: 1000 },
    { pid: 43, comm: "desktop", anonKib: 250_000, startMs: 1000 },
  );
  const swapTotalKib = 3_000_000;
  sys.machine = ({ atMs }) => {
    const tookKib = sys.isAlive(42) ? (Math.max(0, atMs - FROM_MS) * KIB_PER_S) / 1000 : 0;
    const outKib = Math.min(Math.max(0, tookKib - 180_000), swapTotalKib - 20_000);
    const shmemKib = tookKib - outKib;
    sys.change(42, { openShmemKib: tookKib });
    const leftKib = 500_000 - shmemKib + (sys.isAlive(43) ? 0 : 250_000);
    const swap = { swapTotalKib, swapFreeKib: swapTotalKib - outKib };
    return memoryAt(Math.max(0, leftKib) / 10_000, { freeKib: 50_000, shmemKib, ...swap });
  };
  expect(watch(sys, 120_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
});
