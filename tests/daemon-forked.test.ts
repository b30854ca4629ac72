import { expect, test } from "bun:test";
import { PF_FORKNOEXEC } from "../src/model/process.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { UP_AT_START_S } from "./helpers/kernel-texts.ts";
import type { PaperProcess } from "./helpers/paper-process.ts";
import { memoryAt, watch } from "./helpers/watch.ts";

const TOTAL_KIB = 1000 * 1024;
const desktop = { pid: 43, comm: "desktop", rssKib: 300_000, startMs: 1000 };
const database = { pid: 69, comm: "database", startMs: 1000 };
const leak = { pid: 42, comm: "leak", anonKib: 1000, startMs: 1000 };

/** Forks a child of the database. */
function fork(sys: FakeSys, pid: number, changes: Partial<PaperProcess>): void {
  const startMs = 1000 * UP_AT_START_S + sys.atMs;
  sys.add({ ...database, pid, ppid: 69, flags: PF_FORKNOEXEC, startMs, ...changes });
}

test("who was forked from a small one did not inherit what that has taken since", () => {
  const trainer = { pid: 69, comm: "trainer", startMs: 1000 };
  const loader = { pid: 70, ppid: 69, comm: "loader", flags: PF_FORKNOEXEC, startMs: 1_003_000 };
  const sys = new FakeSys().add({ ...trainer, anonKib: 10_000 }, desktop);
  sys.add({ ...loader, bornAtMs: 3000 });
  sys.machine = ({ atMs }) => {
    const trainerKib = 10_000 + Math.max(0, Math.min(atMs, 6000) - 3000) * 50;
    const loaderKib = 10_000 + Math.max(0, atMs - 6000) * 40;
    sys.change(69, { anonKib: trainerKib });
    sys.change(70, { anonKib: loaderKib });
    const takenKib = (sys.isAlive(69) ? trainerKib : 0) + (sys.isAlive(70) ? loaderKib : 0);
    return memoryAt(39 - (100 * takenKib) / TOTAL_KIB);
  };
  expect(watch(sys, 20_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 70$/)]);
});

test.each([1, 2, 3])("%d children that have their parent's memory count for nothing", (count) => {
  const children = [70, 71, 72].slice(0, count);
  const sys = new FakeSys().add({ ...database, anonKib: 200_000 }, leak);
  sys.at(1500, () => {
    for (const pid of children) {
      fork(sys, pid, { memoryOf: 69, anonKib: 200_000 });
    }
  });
  sys.machine = ({ atMs }) => {
    const grownKib = Math.min(140_000, Math.max(0, atMs - 2000) * 16);
    const leakedKib = Math.min(180_000, Math.max(0, atMs - 2000) * 20);
    const users = [69, ...children].filter((pid) => sys.isAlive(pid));
    users.forEach((pid) => sys.change(pid, { anonKib: 200_000 + grownKib }));
    sys.change(42, { anonKib: 1000 + leakedKib });
    const takenKib = (sys.isAlive(42) ? leakedKib : 0) + (users.length > 0 ? grownKib : -200_000);
    return memoryAt(38 - (100 * takenKib) / TOTAL_KIB);
  };
  expect(watch(sys, 30_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
});

test("who got the pid of a small one that was noted inherited as much as ever", () => {
  const shell = { pid: 70, comm: "sh", anonKib: 500, startMs: 1_000_500, endsAtMs: 9000 };
  const sys = new FakeSys().add({ ...database, anonKib: 380_000 }, leak, shell);
  sys.at(9100, () => fork(sys, 70, { anonKib: 379_000 }));
  sys.machine = ({ atMs }) => {
    const slowlyKib = Math.min(60_000, Math.max(0, atMs - 1000) * 40);
    const leakedKib = slowlyKib + Math.max(0, Math.min(280_000, (atMs - 9200) * 400));
    sys.change(42, { anonKib: 1000 + leakedKib });
    return memoryAt(39 - (100 * (sys.isAlive(42) ? leakedKib : 0)) / TOTAL_KIB);
  };
  expect(watch(sys, 30_000).signals).toEqual([expect.stringMatching(/ms SIGTERM 42$/)]);
});
