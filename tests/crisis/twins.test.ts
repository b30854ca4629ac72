/** Who shares all memory with a victim, where kcmp(2) does not tell. */
import { describe, expect, test } from "bun:test";
import { FakeSys } from "../helpers/fake-sys.ts";
import { memoryAt, watch } from "../helpers/watch.ts";

const EPERM = 1;
const HOG = 42;
const HOG_KIB = 300_000;

/** Processes of one memory of 300 of 1,000 MiB, with names and sessions of their own. */
function sharers(count: number, changes?: { uid?: number; rssKib?: number }): FakeSys {
  const sys = new FakeSys();
  sys.refused.set("compareMemory", EPERM);
  const pids = Array.from({ length: count }, (_, i) => HOG + i);
  for (const pid of pids) {
    const comm = `s${pid}`;
    sys.add({ pid, comm, rssKib: HOG_KIB, uid: 1000, memoryOf: HOG, oomScore: 900 - pid });
  }
  sys.change(HOG + 1, changes ?? {});
  const keepers = pids.filter((pid) => changes === undefined || pid !== HOG + 1);
  sys.machine = () => memoryAt(keepers.some((pid) => sys.isAlive(pid)) ? 3 : 80);
  return sys;
}

/** Who was signalled when. */
function signalled(sys: FakeSys, forMs = 3000): [atMs: number, pid: number][] {
  return watch(sys, forMs).signals.map((call) => {
    const [, atMs, pid] = /^(\d+)ms SIG\w+ (\d+)/.exec(call) ?? [];
    return [Number(atMs), Number(pid)];
  });
}

describe("who has as much memory as the victim, page for page, where kcmp(2) is refused", () => {
  test("is killed with it when all together would have more than there is", () => {
    const all = signalled(sharers(55));
    expect(all).toHaveLength(55);
    expect(new Set(all.map(([atMs]) => atMs))).toEqual(new Set([0]));
  });

  test("is killed when it is gone and nothing came back, which is not waited for", () => {
    const [first, ...others] = signalled(sharers(3));
    expect(first).toEqual([0, HOG]);
    expect(others.map(([, pid]) => pid).toSorted()).toEqual([HOG + 1, HOG + 2]);
    expect(others.every(([atMs]) => atMs < 200)).toBe(true);
  });

  test("lives when the victim's memory came back", () => {
    const sys = sharers(3);
    sys.machine = () => memoryAt(sys.isAlive(HOG) ? 3 : 33);
    expect(signalled(sys).map(([, pid]) => pid)).toEqual([HOG]);
  });

  test.each([
    ["is another user's", { uid: 1001 }],
    ["has a page more", { rssKib: HOG_KIB + 4 }],
  ])("lives when it %s", (_name, changes) => {
    const others = signalled(sharers(55, changes), 300).map(([, pid]) => pid);
    expect(others).toHaveLength(54);
    expect(others).not.toContain(HOG + 1);
  });

  test("is not even looked for among small ones, who are often alike", () => {
    const sys = new FakeSys();
    sys.refused.set("compareMemory", EPERM);
    for (let pid = HOG; pid < HOG + 60; pid++) {
      sys.add({ pid, comm: `s${pid}`, rssKib: 18_000, uid: 1000, dyingMs: 100 });
    }
    sys.machine = () => memoryAt(3);
    expect(signalled(sys, 10)).toHaveLength(1);
  });

  test("is found beyond the largest that are looked at first", () => {
    const sys = sharers(300);
    for (let pid = HOG; pid < HOG + 300; pid++) {
      // Scores are read one after the other while all of them grow.
      sys.change(pid, { oomScore: 1000 + pid });
    }
    const all = signalled(sys, 200);
    expect(new Set(all.map(([, pid]) => pid)).size).toBe(300);
    expect(Math.max(...all.map(([atMs]) => atMs))).toBe(0);
  });
});
