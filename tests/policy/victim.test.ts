import { describe, expect, test } from "bun:test";
import type { Effect, Match, Options, Rule } from "../../src/model/options.ts";
import { identityOf, PF_EXITING, PF_KTHREAD, type Process } from "../../src/model/process.ts";
import type { SparedBecause } from "../../src/model/selection.ts";
import { rank, selectVictims, twinsOf } from "../../src/policy/victim.ts";
import { aContext, aLoss, aProcess, OWN_PID } from "../helpers/nouns.ts";

const GIB = 1024 * 1024;

function rule(effect: Effect, comm: string, match: Match = {}): Rule {
  const byName: Match = { comm: [{ kind: "glob", source: comm }], ...match };
  return { origin: `test: ${comm}`, match: byName, effect };
}

function namesOf(processes: readonly Process[], options: Partial<Options> = {}): string[] {
  return rank(processes, aContext({}, options)).candidates.map(({ process }) => process.comm);
}

describe("who is never chosen, however large", () => {
  const refused = aProcess(51);
  const dying = aProcess(52);
  const rows: readonly (readonly [SparedBecause, Process])[] = [
    ["init", aProcess(1, { ppid: 0 })],
    ["itself", aProcess(OWN_PID)],
    ["kernel-thread", aProcess(50, { flags: PF_KTHREAD })],
    ["oom-score-adj-minus-1000", aProcess(50, { oomScoreAdj: -1000 })],
    ["exiting", aProcess(50, { flags: PF_EXITING })],
    ["exiting", aProcess(50, { flags: PF_EXITING, state: "Z" })],
    ["refused-before", refused],
    ["dying", dying],
    ["itself", aProcess(53, { exe: "/usr/bin/bustd" })],
    ["itself", aProcess(54, { uid: 0, comm: "bustd", exe: "/usr/bin/bustd (deleted)" })],
    ["root", aProcess(50, { uid: 0 })],
    ["managed-oom-omit", aProcess(50, { managedPreference: "omit" })],
    ["protected", aProcess(50, { comm: "sshd" })],
  ];
  const context = aContext(
    {
      refused: new Set([identityOf(refused)]),
      dying: new Set([identityOf(dying)]),
      ownExe: "/usr/bin/bustd",
      loss: aLoss(GIB),
    },
    { ignoreRootUser: true, rules: [rule({ kind: "protect" }, "ssh?")] },
  );

  test.each(rows)("%s %#", (because, process) => {
    const took = { grownKib: GIB, latelyKib: GIB, shmemGrownKib: GIB };
    const huge = { ...process, ...took, oomScore: 1999, rssKib: 7 * GIB, sizeKib: 7 * GIB };
    const small = aProcess(60, { comm: "small", oomScore: 1, rssKib: 4 });
    const origin = because === "protected" ? "test: ssh?" : "";
    for (const table of [
      [huge, small],
      [small, huge],
    ]) {
      const { victims, spared } = selectVictims(table, context);
      expect(victims.map((victim) => victim.process.pid)).toEqual([60]);
      expect(spared).toEqual([{ process: huge, because, origin }]);
    }
    const alone = selectVictims([huge], context);
    expect(alone).toMatchObject({ victims: [], next: null, group: null, taker: null });
  });

  test("root, where nobody asked to spare root", () => {
    expect(namesOf([aProcess(50, { comm: "root's", uid: 0 })])).toEqual(["root's"]);
  });

  test("an empty table", () => {
    expect(selectVictims([], aContext())).toMatchObject({ victims: [], spared: [] });
  });
});

describe("who may well be chosen", () => {
  test("a first thread that has ended while others go on", () => {
    const leader = aProcess(50, { flags: PF_EXITING, state: "Z", threads: 2, comm: "led" });
    expect(namesOf([leader])).toEqual(["led"]);
  });

  test("a later user of a pid that was refused", () => {
    const process = aProcess(50, { startMs: 5000 });
    const later = selectVictims([process], aContext({ refused: new Set(["50:1000"]) }));
    expect(later.victims).toHaveLength(1);
  });

  test("an adj of -999", () => {
    expect(namesOf([aProcess(50, { oomScoreAdj: -999, oomScore: 1 })])).toEqual(["paper"]);
  });
});

describe("who dies with the victim", () => {
  const hog = aProcess(10, { comm: "hog", oomScore: 900, pgid: 10, cgroup: "/app.scope" });
  const inGroup = aProcess(11, { comm: "in group", pgid: 10, cgroup: "/other.scope" });
  const inCgroup = aProcess(12, { comm: "in cgroup", cgroup: "/app.scope" });
  const other = aProcess(13, { comm: "other" });
  const table = [hog, inGroup, inCgroup, other];
  const scopes = [
    ["process", ["hog"]],
    ["process-group", ["hog", "in group"]],
    ["cgroup", ["hog", "in cgroup"]],
  ] as const;

  test.each(scopes)("%s", (scope, expected) => {
    const { victims, next } = selectVictims(table, aContext({}, { scope }));
    expect(victims.map(({ process }) => process.comm)).toEqual([...expected]);
    expect(victims.map(({ process }) => process)).not.toContain(next?.process);
    const rules = [rule({ kind: "group", scope }, "hog")];
    expect(selectVictims(table, aContext({}, { rules })).victims).toHaveLength(expected.length);
  });

  test("the protected of its group live on", () => {
    const options = { scope: "process-group", rules: [rule({ kind: "protect" }, "in group")] };
    const { victims } = selectVictims(table, aContext({}, options as Partial<Options>));
    expect(victims.map(({ process }) => process.comm)).toEqual(["hog"]);
  });

  test("the root cgroup is nobody's own", () => {
    const rooted = table.map((process) => ({ ...process, cgroup: "/" }));
    expect(selectVictims(rooted, aContext({}, { scope: "cgroup" })).victims).toHaveLength(1);
  });
});

describe("who holds next to nothing", () => {
  const small = aProcess(10, { oomScore: 900, rssKib: 2000, sizeKib: 2000 });
  const needing = aContext({ loss: aLoss(0, { needKib: GIB }) });

  test("is not killed, because that helps nobody, but is named", () => {
    const selection = selectVictims([small], needing);
    expect(selection.victims).toEqual([]);
    expect(selection.next).toBeNull();
  });

  test("makes way for a larger one, even when it is preferred", () => {
    const large = aProcess(11, { oomScore: 700, rssKib: 90_000, sizeKib: 90_000 });
    const { victims } = selectVictims([small, large], needing);
    expect(victims.map(({ process }) => process.pid)).toEqual([11]);
  });

  test("is killed when all like it together hold what is missing, on a machine of any size", () => {
    const crowd = Array.from({ length: 1000 }, (_item, i) => ({ ...small, pid: 100 + i }));
    expect(selectVictims(crowd, needing).victims).toHaveLength(1);
    expect(selectVictims(crowd.slice(0, 500), needing).victims).toEqual([]);
  });

  test("is not killed where nothing is missing, as above the limit of a condition's own", () => {
    expect(selectVictims([small], aContext({ loss: aLoss(GIB) })).victims).toEqual([]);
  });

  test("is not next to nothing on a machine of 64 MiB", () => {
    const context = { ...needing, totalKib: 64 * 1024 };
    expect(selectVictims([small], context).victims).toHaveLength(1);
  });

  test("counts the shared memory that it leaks", () => {
    const leak = { ...small, shmemGrownKib: GIB };
    expect(selectVictims([leak], needing).victims).toHaveLength(1);
  });
});

describe("others that may share all memory with a process", () => {
  const sizes = { sizeKib: 5000, rssKib: 4000, swapKib: 1000 };
  const parent = aProcess(10, sizes);

  test("are about as large: one that grows is larger when it is read later", () => {
    const others = [2500, 10_000].map((sizeKib, i) => aProcess(11 + i, { ...sizes, sizeKib }));
    const strangers = [2499, 10_001].map((sizeKib, i) => aProcess(21 + i, { ...sizes, sizeKib }));
    expect(twinsOf(parent, [parent, ...others, ...strangers])).toEqual(others);
  });

  test("are not itself", () => expect(twinsOf(parent, [parent])).toEqual([]));
});
