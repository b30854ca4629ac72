import { describe, expect, test } from "bun:test";
import { PF_FORKNOEXEC } from "../src/model/process.ts";
import { SYSTEM_PLACES } from "../src/model/places.ts";
import { sentenceOf } from "../src/report/sentences.ts";
import { storyOf } from "../src/report/story.ts";
import { FakeSys } from "./helpers/fake-sys.ts";
import { incidentsIn } from "./helpers/incidents-of.ts";
import { UP_AT_START_S } from "./helpers/kernel-texts.ts";
import { watch } from "./helpers/watch.ts";

const MIB = 1024;
const TOTAL_KIB = 8192 * MIB;
const HOG = { pid: 42, comm: "hog", anonKib: 3000 * MIB, startMs: 1000, dyingMs: 50 };
const DATABASE = { pid: 69, comm: "database", ppid: 1, anonKib: 900 * MIB, startMs: 2000 };

/** A machine on which, from the 30th second on, so much is lost that no process shows. */
function machine(shown: (sys: FakeSys) => number, mibPerS = 10, [from, least] = [0.18, 0.085]) {
  const sys = new FakeSys();
  sys.add({ pid: 1, ppid: 0, comm: "init", oomScore: 0, anonKib: 9000 }, HOG, DATABASE);
  sys.machine = ({ atMs }) => {
    const lostKib = (mibPerS * MIB * Math.max(0, atMs - 30_000)) / 1000;
    const heldKib = sys.isAlive(HOG.pid) ? 0 : HOG.anonKib;
    const availableKib = TOTAL_KIB * from - lostKib + heldKib + shown(sys);
    return { totalKib: TOTAL_KIB, availableKib: Math.max(TOTAL_KIB * least, availableKib) };
  };
  return sys;
}

/** A child of the database that has not become another program. */
function fork(sys: FakeSys, pid: number, changes = {}): void {
  const startMs = 1000 * UP_AT_START_S + sys.atMs;
  const child = { ...DATABASE, pid, ppid: DATABASE.pid, flags: PF_FORKNOEXEC, dyingMs: 20 };
  sys.add({ ...child, startMs, ...changes });
}

function pidsOf({ signals }: ReturnType<typeof watch>): number[] {
  return [...new Set(signals.map((signal) => Number(signal.split(" ").at(-1))))];
}

describe("what no process shows", () => {
  test("is a copy's that gives it back: the database lives, and so does the larger one", () => {
    const sys = machine((now) => (now.atMs > 40_000 && !now.isAlive(100) ? 700 * MIB : 0));
    sys.at(30_500, () => fork(sys, 100));
    const watched = watch(sys, 120_000);
    expect(pidsOf(watched)).toEqual([100]);
    const killing = watched.reported.find(({ event }) => event.kind === "killing");
    expect(killing === undefined ? "" : sentenceOf(killing.event).text).toContain(
      "as copies of what it shares with its parent (pid 69)",
    );
  });

  test("is that of all copies together, and both the log and the report say so", () => {
    const pids = [100, 101, 102, 103, 104];
    const sys = machine((now) => pids.filter((pid) => !now.isAlive(pid)).length * 160 * MIB);
    sys.at(30_500, () => pids.forEach((pid) => fork(sys, pid)));
    sys.change(HOG.pid, { anonKib: 2000 * MIB });
    const { reported } = watch(sys, 115_000, {}, { places: SYSTEM_PLACES });
    const { event } = reported.find((one) => one.event.kind === "killing") ?? {};
    const said = event === undefined ? "" : sentenceOf(event).text;
    const [, own, all] =
      /it took (\d+ MiB), .* \(pid 69\), whose copies took (\d+ MiB) in all/.exec(said) ?? [];
    const [incident] = incidentsIn(sys);
    const { sections = [] } = incident ? storyOf(incident, { userOf: String, timeOf: String }) : {};
    const told = sections.flatMap(({ lines }) => lines).join(" ");
    expect(told).toContain(`It took ${own} of the `);
    expect(told).toContain(` its parent, 69, whose copies took ${all} in all.`);
    expect(parseInt(own ?? "", 10) * 4).toBeLessThan(parseInt(all ?? "", 10));
  });

  test("is none of workers' that are started anew: one dies in vain, and no other", () => {
    const sys = machine(() => 0);
    let next = 100;
    const alive = new Set<number>();
    for (let atMs = 30_100; atMs < 120_000; atMs += 300) {
      sys.at(atMs, () => {
        for (const pid of alive) {
          if (!sys.isAlive(pid)) {
            alive.delete(pid);
          }
        }
        while (alive.size < 4) {
          alive.add(next);
          fork(sys, next++);
        }
      });
    }
    const pids = pidsOf(watch(sys, 120_000));
    expect(pids).toHaveLength(2);
    expect(pids).toContain(HOG.pid);
    expect(pids).not.toContain(DATABASE.pid);
  });

  test("is none of copies' that die slowly and give nothing back: one dies in vain", () => {
    const sys = machine(() => 0, 50, [0.3, 0.02]);
    sys.at(30_500, () => {
      for (let pid = 100; pid < 108; pid++) {
        fork(sys, pid, { dyingMs: 1500 });
      }
    });
    expect(pidsOf(watch(sys, 90_000, { killAfterMs: 3000 }))).toEqual([107, HOG.pid]);
  });

  test("is none of a child's that has its parent's memory, and has yet to become a program", () => {
    const sys = machine(() => 0);
    sys.at(60_000, () => fork(sys, 100, { memoryOf: DATABASE.pid }));
    expect(pidsOf(watch(sys, 120_000))).toEqual([HOG.pid]);
  });

  test("nor where who shares memory cannot be asked", () => {
    const sys = machine(() => 0);
    sys.at(60_000, () => fork(sys, 100, { memoryOf: DATABASE.pid }));
    sys.refused.set("compareMemory", 1);
    expect(pidsOf(watch(sys, 120_000))).toEqual([HOG.pid]);
  });
});
