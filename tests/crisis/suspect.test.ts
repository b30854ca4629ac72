import { expect, test } from "bun:test";
import { noteSuspect } from "../../src/crisis/suspect.ts";
import { emptyCourse } from "../../src/policy/course.ts";
import { readyTimes } from "../../src/readings/ready.ts";
import { Errno } from "../../src/model/errno.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aTaker } from "../helpers/looked.ts";

const sys = new FakeSys().add(
  { pid: 1, cpuMs: 1000 },
  { pid: 2, cpuMs: 1000, readyMs: 3000 },
  { pid: 3, readyMs: 3000 },
);

test("keeps how busy somebody was when it was suspected first, until another one is", () => {
  const course = emptyCourse();
  const busyShares = [
    [1, 0.5],
    [1, 0.9],
    [0, 0],
    [1, 0.2],
    [3, 0.7],
    [3, 0.1],
  ].map(([pid = 0, busyShare = 0]) => {
    noteSuspect(sys, course, aTaker(1, { pid, busyShare }));
    return course.suspectBusyShare;
  });
  expect(busyShares).toEqual([0.5, 0.5, 0.5, 0.5, 0.7, 0.7]);
  noteSuspect(sys, course, null);
  expect(course.suspectPid).toBe(3);
});

test("one that waited for a processor would have been busier with more of them", () => {
  const course = emptyCourse();
  noteSuspect(sys, course, aTaker(1, { pid: 2, busyShare: 0.2 }));
  expect(course.suspectBusyShare).toBeCloseTo(0.8, 9);
  noteSuspect(sys, course, aTaker(1, { pid: 1, busyShare: 0.2 }));
  noteSuspect(sys, course, aTaker(1, { pid: 2, busyShare: 0.5 }));
  expect(course.suspectBusyShare).toBe(1);
});

test.each([
  ["5000000000 10000000000 77\n", 3],
  ["5000000000 0 77\n", 1],
  ["0 10000000000 77\n", 1],
  ["5000000000", 1],
  ["5000000000\n", 1],
  ["", 1],
  [-Errno.ENOENT, 1],
])("schedstat %j: %d times", (content, times) => {
  const told = Object.assign(new FakeSys(), {
    readProcessFile() {
      if (typeof content === "number") {
        return content;
      }
      told.text.set(new TextEncoder().encode(content));
      return content.length;
    },
  });
  expect(readyTimes(told, 42)).toBe(times);
});
