import fc from "fast-check";
import type { Options } from "../../src/model/options.ts";
import { PF_EXITING, PF_KTHREAD, type Process } from "../../src/model/process.ts";
import { type Loss, NO_LOSS } from "../../src/model/selection.ts";
import type { Struck } from "../../src/policy/ranking.ts";
import { aProcess, OWN_PID, someOptions } from "./nouns.ts";

/** Protected by `optionsArbitrary`. */
const PROTECTED = ["sshd", "Xorg"];

/** Few values, so that ties and groups are common. */
const processArbitrary: fc.Arbitrary<Process> = fc
  .record({
    pid: fc.oneof(fc.constantFrom(1, 2, OWN_PID), fc.integer({ min: 3, max: 40 })),
    comm: fc.constantFrom("storm", "hog", "editor", ...PROTECTED),
    ppid: fc.constantFrom(0, 1, 2, 5, 6, 7),
    pgid: fc.constantFrom(5, 6, 7),
    sessionId: fc.constantFrom(1, 5, 6, OWN_PID),
    flags: fc.constantFrom(0, 0, 0, 0x400000, PF_EXITING, PF_KTHREAD),
    state: fc.constantFrom("S", "R", "D", "Z"),
    threads: fc.constantFrom(1, 2),
    startMs: fc.constantFrom(1000, 2000, 3000),
    oomScore: fc.oneof(fc.constantFrom(0, 666, 700), fc.integer({ min: 0, max: 1999 })),
    oomScoreAdj: fc.constantFrom(-1000, -999, -100, 0, 0, 0, 300, 1000),
    rssKib: fc.constantFrom(0, 4, 102_400, 4_000_000),
    sizeKib: fc.constantFrom(0, 4, 102_400, 4_000_000),
    grownShare: fc.constantFrom(0, 0, 0.001, 0.5, 1),
    latelyShare: fc.constantFrom(0, 0.5, 1),
    shmemGrownKib: fc.constantFrom(0, 0, 0, 4, 500_000),
    heirKib: fc.constantFrom(0, 0, 0, 4, 500_000),
    uid: fc.constantFrom(0, 1000),
    cgroup: fc.constantFrom("/", "", "/a.scope", "/b.scope"),
    managedPreference: fc.constantFrom("none", "none", "none", "avoid", "omit"),
  })
  .map(({ grownShare, latelyShare, pid, sizeKib, ...rest }) => {
    const grownKib = sizeKib * grownShare;
    return aProcess(pid, { ...rest, sizeKib, grownKib, latelyKib: grownKib * latelyShare });
  });

/** A process table; each pid stands in it once. */
export const tableArbitrary: fc.Arbitrary<readonly Process[]> = fc.uniqueArray(processArbitrary, {
  selector: ({ pid }) => pid,
  maxLength: 30,
});

/** Options that shape a choice; some names are always protected. */
export const optionsArbitrary: fc.Arbitrary<Options> = fc
  .record({
    scope: fc.constantFrom("process", "process-group", "cgroup"),
    adjPolicy: fc.constantFrom("respect", "discount-positive", "ignore"),
    sortBy: fc.constantFrom("oom_score", "rss"),
    ignoreRootUser: fc.boolean(),
    points: fc.integer({ min: -2000, max: 2000 }),
    percent: fc.integer({ min: 0, max: 300 }),
  })
  .map(({ points, percent, ...rest }) =>
    someOptions({
      ...rest,
      rules: [
        {
          origin: "-u",
          match: { comm: PROTECTED.map((source) => ({ kind: "glob", source })) },
          effect: { kind: "protect" },
        },
        {
          origin: "points",
          match: { comm: [{ kind: "glob", source: "h*" }] },
          effect: { kind: "points", points },
        },
        { origin: "percent", match: { adjAtLeast: -100 }, effect: { kind: "percent", percent } },
      ],
    }),
  );

/** What was lost, be it little or much beside what they took, and of whom one was killed before. */
export const lossArbitrary: fc.Arbitrary<Loss> = fc
  .record({
    lostKib: fc.constantFrom(0, 4, 100_000, 2_000_000, 8_000_000),
    latelyShare: fc.constantFrom(0, 0.1, 1),
    shmemKib: fc.constantFrom(0, 1000, 2_000_000),
    needKib: fc.constantFrom(0, 50_000, 800_000),
  })
  .map(({ latelyShare, lostKib, ...rest }) => ({
    ...NO_LOSS,
    ...rest,
    lostKib,
    latelyKib: lostKib * latelyShare,
    sharedOfKib: Math.max(lostKib, rest.needKib),
  }));

export const struckArbitrary: fc.Arbitrary<Struck> = fc.record({
  name: fc.constantFrom("", "parent 5 storm", "process-group 6 storm", "kind 1000 hog"),
  isStorm: fc.boolean(),
  kills: fc.integer({ min: 0, max: 6 }),
  victims: fc.integer({ min: 0, max: 12 }),
  bornVictims: fc.constantFrom(0, 12, 90),
  firstCount: fc.integer({ min: 0, max: 30 }),
  leftKib: fc.constantFrom(-1, 50_000, 900_000),
  sinceMs: fc.constantFrom(0, 1500, 2500, Infinity),
});

/** Why a process must never die by our hand, whatever the code under test says; or null. */
export function whySacred(process: Process, options: Options, ownPid = OWN_PID): string | null {
  const reasons: readonly (readonly [string, boolean])[] = [
    ["init", process.pid === 1],
    ["ourselves", process.pid === ownPid],
    ["kernel thread", (process.flags & PF_KTHREAD) !== 0],
    ["adj -1000", process.oomScoreAdj === -1000],
    ["exiting", (process.flags & PF_EXITING) !== 0 && process.threads <= 1],
    ["root", options.ignoreRootUser && process.uid === 0],
    ["omit", process.managedPreference === "omit"],
    ["protected", PROTECTED.includes(process.comm)],
  ];
  return reasons.find(([, holds]) => holds)?.[0] ?? null;
}
