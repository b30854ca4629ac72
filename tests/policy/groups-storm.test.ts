import { describe, expect, test } from "bun:test";
import { STORM_MS } from "../../src/model/limits.ts";
import { NOT_STRUCK } from "../../src/policy/ranking.ts";
import { choose, crowd, desktop, pidsOf, producer, protect, shell } from "../helpers/crowds.ts";

const MIB = 1024;

describe("a storm", () => {
  /** Each has started the next. */
  const storm = (count: number) =>
    crowd(count, (i) => ({ ppid: 99 + i, comm: "bomb", grownKib: 20 * MIB }));

  test("whose members start one another is killed as a whole", () => {
    const selection = choose([shell, desktop, ...storm(40)]);
    expect(selection.group).toMatchObject({ tie: "process-group", isStorm: true, count: 40 });
    expect(pidsOf(selection).toSorted((a, b) => a - b)).toEqual(storm(40).map(({ pid }) => pid));
    expect(selection.next?.process.comm).not.toBe("bomb");
  });

  test("is killed with who has taken nothing yet, but who was there long before", () => {
    const young = { ...storm(1)[0]!, pid: 300, grownKib: 0, latelyKib: 0, sizeKib: 100 };
    const old = { ...young, pid: 301, startMs: 900_000 - STORM_MS };
    const pids = pidsOf(choose([desktop, ...storm(40), young, old]));
    expect(pids).toHaveLength(41);
    expect(pids).toContain(300);
  });

  test("is one as long as it is remembered, however few are left", () => {
    const left = {
      name: "process-group 50 bomb",
      isStorm: true,
      kills: 3,
      victims: 40,
      leftKib: 9000,
      sinceMs: 903_000,
    };
    const selection = choose([desktop, ...storm(2)], { struck: left });
    expect(selection.group).toMatchObject({ isStorm: true, count: 2 });
    expect(pidsOf(selection)).toEqual([100, 101]);
  });

  test("a browser with a parent or two among its processes is none", () => {
    const tabs = crowd(21, (i) => ({ ppid: i < 3 ? 99 + i : 102 }));
    expect(choose([desktop, ...tabs]).group?.isStorm).toBe(false);
  });

  const struck = {
    ...NOT_STRUCK,
    name: "parent 50 worker",
    kills: 3,
    victims: 6,
    sinceMs: 900_500,
  };

  test("is none yet when many were killed at once, though as many were born since", () => {
    const once = { ...struck, kills: 1 };
    const selection = choose([shell, desktop, producer, ...crowd(20)], { struck: once });
    expect(selection.group?.isStorm).toBe(false);
    expect(pidsOf(selection)).not.toContain(50);
  });

  test("is one whose killed members are replaced, and its producer goes with it", () => {
    const selection = choose([shell, desktop, producer, ...crowd(20)], { struck });
    expect(selection.group?.isStorm).toBe(true);
    expect(pidsOf(selection)[0]).toBe(50);
    expect(selection.victims).toHaveLength(21);
  });

  test("is none when as many as were killed have not come back", () => {
    const old = crowd(20, (i) => ({ startMs: 800_000 + i }));
    expect(choose([desktop, producer, ...old], { struck }).group?.isStorm).toBe(false);
  });

  test("spares its producer when that leads a session: somebody's login, a desktop", () => {
    const leader = { ...producer, sessionId: 50 };
    expect(pidsOf(choose([leader, ...crowd(20)], { struck }))).not.toContain(50);
    const rules = [protect("producer")];
    const named = { ...producer, comm: "producer" };
    expect(pidsOf(choose([named, ...crowd(20)], { struck, options: { rules } }))).not.toContain(50);
  });

  test("programs of one user or cgroup are never one, however many start others", () => {
    const kinds = storm(40).map((process, i) => ({
      ...process,
      comm: `kind ${i}`,
      pgid: process.pid,
      sessionId: process.pid,
    }));
    expect(choose([desktop, ...kinds]).group).toMatchObject({ tie: "user", isStorm: false });
  });
});
