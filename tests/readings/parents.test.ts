import { expect, test } from "bun:test";
import { parentsOf } from "../../src/readings/parents.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aProcess } from "../helpers/nouns.ts";

const tab = (pid: number) => aProcess(pid, { ppid: 51, grownKib: 1000 });

test("of those who took something all parents up to init are known", () => {
  const sys = new FakeSys().add({ pid: 50, ppid: 1 }, { pid: 51, ppid: 50 }, { pid: 60, ppid: 7 });
  const parents = parentsOf(sys, [tab(100), tab(101), aProcess(60, { ppid: 7 })]);
  expect([...parents]).toEqual([
    [100, 51],
    [101, 51],
    [51, 50],
    [50, 1],
  ]);
});

test("a parent that is gone ends the line, and a ring of reused pids is gone round once", () => {
  expect(parentsOf(new FakeSys(), [tab(100)]).get(51)).toBe(0);
  const ring = new FakeSys().add({ pid: 51, ppid: 52 }, { pid: 52, ppid: 51 });
  expect([...parentsOf(ring, [tab(100)])].length).toBe(3);
});

test("so are those of who took shared memory that is swapped out by now", () => {
  const sys = new FakeSys().add({ pid: 51, ppid: 50 }, { pid: 50, ppid: 1 });
  const away = aProcess(100, { ppid: 51, shmemHeldKib: 1000 });
  expect(parentsOf(sys, [away]).get(51)).toBe(50);
  expect(parentsOf(sys, [aProcess(100, { ppid: 51 })]).size).toBe(0);
});
