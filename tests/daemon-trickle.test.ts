import { expect, test } from "bun:test";
import { FakeSys } from "./helpers/fake-sys.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

const TOTAL_KIB = 1000 * 1024;
const LEFT_KIB = 390_000;

test.each([0.5, 1, 1.5])("a leak that goes on slowly is no trickle: %d KiB/ms", (kibPerMs) => {
  const leak = { pid: 42, comm: "leak", startMs: 1000 };
  const sys = new FakeSys().add(leak, { pid: 60, comm: "editor", startMs: 1000 });
  let openedAtMs = Infinity;
  sys.machine = ({ atMs }) => {
    const fastKib = Math.min(250_000, Math.max(0, atMs - 1000) * 125);
    const leakedKib = fastKib + Math.max(0, atMs - 3000) * kibPerMs;
    openedAtMs = LEFT_KIB - leakedKib < 122_000 ? Math.min(openedAtMs, atMs) : Infinity;
    const fileKib = Math.max(0, Math.min(40_000, (atMs - openedAtMs) * 20));
    sys.change(42, { anonKib: 1000 + leakedKib });
    sys.change(60, { anonKib: 60_000 + fileKib });
    const takenKib = (sys.isAlive(42) ? leakedKib : 0) + (sys.isAlive(60) ? fileKib : -60_000);
    return memoryAt((100 * (LEFT_KIB - takenKib)) / TOTAL_KIB);
  };
  expect(watch(sys, 150_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
});

test("who took most long ago lives, though a log has grown ever since", () => {
  const sys = new FakeSys().add(
    { pid: 50, comm: "database", startMs: 1000 },
    { pid: 60, comm: "logger", startMs: 1000 },
    { pid: 42, comm: "leak", startMs: 1000 },
  );
  sys.machine = ({ atMs }) => {
    const loadedKib = Math.min(225_000, Math.max(0, atMs - 1000) * 150);
    const loggedKib = atMs * 0.6;
    const leakedKib = Math.max(0, atMs - 75_000) * 25;
    sys.change(50, { anonKib: 300_000 + loadedKib });
    sys.change(60, { anonKib: 1000 + loggedKib });
    sys.change(42, { anonKib: 1000 + leakedKib });
    const takenKib = loadedKib + loggedKib + (sys.isAlive(42) ? leakedKib : 0);
    return memoryAt((100 * (LEFT_KIB - takenKib)) / TOTAL_KIB);
  };
  expect(watch(sys, 90_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
});
