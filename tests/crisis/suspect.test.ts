import { expect, test } from "bun:test";
import { noteSuspect } from "../../src/crisis/suspect.ts";
import { emptyCourse } from "../../src/policy/course.ts";
import { waitedMs } from "../../src/readings/ready.ts";
import { Errno } from "../../src/model/errno.ts";
import type { ProcessFile } from "../../src/sys/sys.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import { aTaker } from "../helpers/looked.ts";
import { aCandidate, aProcess } from "../helpers/nouns.ts";

const sys = new FakeSys().add({ pid: 1 }, { pid: 2, readyMs: 3000 }, { pid: 3 });

function suspected(pid: number, busyShare: number, ageMs = 10_000) {
  const process = aProcess(pid, { startMs: sys.bootMs() - ageMs });
  return { taker: aTaker(1, { pid, busyShare }), victims: [aCandidate(process)] };
}

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
    noteSuspect(sys, course, suspected(pid, busyShare));
    return course.suspectBusyShare;
  });
  expect(busyShares).toEqual([0.5, 0.5, 0.5, 0.5, 0.7, 0.7]);
  noteSuspect(sys, course, { taker: null, victims: [] });
  expect(course.suspectPid).toBe(3);
});

test("one that waited for a processor would have been busier with more of them", () => {
  const course = emptyCourse();
  noteSuspect(sys, course, suspected(2, 0.2));
  expect(course.suspectBusyShare).toBeCloseTo(0.5, 9);
  noteSuspect(sys, course, suspected(1, 0.2));
  noteSuspect(sys, course, suspected(2, 0.9));
  expect(course.suspectBusyShare).toBe(1);
});

test("one that wakes and waits for its turn, to sleep again, has no more to do", () => {
  const busyShareOf = (sleeps: number) => {
    const course = emptyCourse();
    const sleeper = new FakeSys().add({ pid: 2, readyMs: 3000, sleeps });
    noteSuspect(sleeper, course, suspected(2, 0.2));
    return course.suspectBusyShare;
  };
  expect([99, 100].map(busyShareOf)).toEqual([expect.closeTo(0.5, 9), 0.2]);
});

test.each([
  ["5000000000 10000000000 77\n", 10_000],
  ["5000000000 0 77\n", 0],
  ["5000000000 1234", 0],
  ["5000000000\n", 0],
  ["", 0],
  [-Errno.ENOENT, 0],
])("schedstat %j: %d ms", (content, ms) => {
  const told = Object.assign(new FakeSys(), {
    readProcessFile(_pid: number, name: ProcessFile) {
      const text = name === "status" ? "nonvoluntary_ctxt_switches:\t9\n" : content;
      if (typeof text === "number") {
        return text;
      }
      told.text.fill(0);
      told.text.set(new TextEncoder().encode(text));
      return text.length;
    },
  });
  expect(waitedMs(told, 42)).toBe(ms);
});
