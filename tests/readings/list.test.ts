import { expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import { listAll } from "../../src/readings/list.ts";
import { readScores } from "../../src/readings/scores.ts";
import { FakeSys } from "../helpers/fake-sys.ts";

const MANY = 9000;
const crowd = () =>
  new FakeSys().add(...Array.from({ length: MANY }, (_item, i) => ({ pid: 100 + i })));

test("lists all processes, however many parts that takes", () => {
  const sys = crowd();
  expect(listAll(sys)).toBe(MANY);
  expect([...sys.pids.subarray(0, MANY)]).toEqual(
    Array.from({ length: MANY }, (_item, i) => 100 + i),
  );
});

test("asks between parts whether to go on, and can be broken off", () => {
  let asked = 0;
  expect(listAll(crowd(), () => ++asked > 0)).toBe(MANY);
  expect(asked).toBe(3);
  expect(listAll(crowd(), () => false)).toBe(-Errno.EAGAIN);
  expect(readScores(crowd(), () => false)).toBe(-1);
});

test("says why it cannot", () => {
  const sys = crowd();
  sys.refused.set("listProcesses", Errno.EPERM);
  expect(listAll(sys)).toBe(-Errno.EPERM);
});
