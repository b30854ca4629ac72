import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import type { Ending, Outcome } from "../../src/model/event.ts";
import type { Selection } from "../../src/model/selection.ts";
import type { RuleName } from "../../src/model/verdict.ts";
import { aCandidate, anExhaustion, aProcess, aSelection } from "../helpers/nouns.ts";
import { folded, say } from "../helpers/say.ts";

const hog = aCandidate(
  aProcess(42, { comm: "hog", oomScore: 812, oomScoreAdj: 100, rssKib: 1_234_567 }),
);
const editor = aCandidate(aProcess(43, { comm: "editor", oomScore: 701 }));
const oneVictim = aSelection([hog], { next: editor });

function ended(ending: Ending, changes: Partial<Outcome> = {}): string {
  const outcome = {
    ending,
    sigkill: false,
    tookMs: 123.4,
    errno: 0,
    signalled: 1,
    group: 0,
    ...changes,
  };
  return say({ kind: "ended", selection: oneVictim, outcome, availablePercent: 43.21 });
}

describe("who is ended and why", () => {
  function killing(selection: Selection, dryRun = false): string {
    return say({ kind: "killing", verdict: anExhaustion(), selection, dryRun });
  }

  test("one process", () => {
    expect(folded(killing(oneVictim))).toMatchInlineSnapshot(`
      "warning: ending hog (pid 42, oom_score 812, oom_score_adj 100, RSS 1206 MiB) by
      SIGTERM, because memory is used up: MemAvailable 8.3 % (limit 10.0 %); next in
      line: editor (pid 43, score 701)"
    `);
    expect(folded(killing(oneVictim, true))).toMatchInlineSnapshot(`
      "notice: dry run, would end hog (pid 42, oom_score 812, oom_score_adj 100, RSS
      1206 MiB) by SIGTERM, because memory is used up: MemAvailable 8.3 % (limit 10.0
      %); next in line: editor (pid 43, score 701)"
    `);
    expect(folded(killing(aSelection([hog])))).toMatchInlineSnapshot(`
      "warning: ending hog (pid 42, oom_score 812, oom_score_adj 100, RSS 1206 MiB) by
      SIGTERM, because memory is used up: MemAvailable 8.3 % (limit 10.0 %); nobody
      would be next"
    `);
  });

  test("with the points that rules gave", () => {
    const points = [
      { origin: "bustd.toml:12", points: 300 },
      { origin: "default: editors", points: -150 },
    ];
    expect(folded(killing(aSelection([{ ...hog, score: 962, points }])))).toMatchInlineSnapshot(`
      "warning: ending hog (pid 42, oom_score 812, oom_score_adj 100, RSS 1206 MiB,
      score 962: bustd.toml:12 +300, default: editors -150) by SIGTERM, because memory
      is used up: MemAvailable 8.3 % (limit 10.0 %); nobody would be next"
    `);
  });

  test("with its group", () => {
    expect(folded(killing(aSelection([hog, editor, editor])))).toMatchInlineSnapshot(`
      "warning: ending hog (pid 42, oom_score 812, oom_score_adj 100, RSS 1206 MiB) and
      2 more of its group by SIGTERM, because memory is used up: MemAvailable 8.3 %
      (limit 10.0 %); nobody would be next"
    `);
  });

  test("a family", () => {
    const family = {
      tie: "parent",
      id: 40,
      count: 21,
      sizeKib: 614_400,
      grownKib: 512_000,
      growthPercent: 92.5,
    } as const;
    expect(folded(killing(aSelection([hog], { family, next: editor })))).toMatchInlineSnapshot(`
      "warning: ending 21 processes like hog (pid 42, oom_score 812, oom_score_adj 100,
      RSS 1206 MiB), all of parent 40, 600 MiB together, 92.5 % of all growth, by
      SIGTERM, because memory is used up: MemAvailable 8.3 % (limit 10.0 %); next in
      line: editor (pid 43, score 701)"
    `);
  });

  const rules: readonly RuleName[] = ["exhaustion", "leak", "thrashing", "when"];
  test("each rule says its own reason, with what was measured and the limits", () => {
    const witnesses = [
      { name: "stall", value: 41.26, limit: 25, unit: "%" },
      { name: "memory and swap left", value: 123.4, limit: 456, unit: "MiB" },
    ] as const;
    const said = rules.map((rule) =>
      say({ kind: "recovered", verdict: { kind: "act", rule, urgency: "term", witnesses } }),
    );
    expect(new Set(said).size).toBe(rules.length);
    for (const text of said) {
      expect(text).toContain("stall 41.3 % (limit 25.0 %)");
      expect(text).toContain("memory and swap left 123.4 MiB (limit 456.0 MiB)");
    }
    expect(folded(said[0] ?? "")).toMatchInlineSnapshot(`
      "notice: memory came back while a victim was chosen, nobody is ended (memory is
      used up: stall 41.3 % (limit 25.0 %), memory and swap left 123.4 MiB (limit
      456.0 MiB))"
    `);
  });

  test("by SIGKILL when that cannot wait", () => {
    const verdict = anExhaustion({ urgency: "kill" });
    const text = say({ kind: "killing", verdict, selection: oneVictim, dryRun: false });
    expect(text).toContain("by SIGKILL");
    expect(text).not.toContain("SIGTERM");
  });

  test("nobody", () => {
    expect(folded(say({ kind: "nobody", verdict: anExhaustion(), selection: aSelection([]) })))
      .toMatchInlineSnapshot(`
      "error: nobody can be ended among 100 processes, although memory is used up:
      MemAvailable 8.3 % (limit 10.0 %)"
    `);
  });
});

test("how it went", () => {
  expect(folded(ended("gone"))).toMatchInlineSnapshot(`
    "notice: hog (pid 42) ended 0.12 s after the first signal, by SIGTERM;
    MemAvailable is 43.2 % now"
  `);
  expect(folded(ended("gone", { sigkill: true, signalled: 3 }))).toMatchInlineSnapshot(`
    "notice: hog (pid 42) and 2 more ended 0.12 s after the first signal, by SIGKILL;
    MemAvailable is 43.2 % now"
  `);
  expect(folded(ended("gone", { sigkill: true, signalled: 3, group: 9 }))).toMatchInlineSnapshot(`
    "notice: hog (pid 42) and 2 more, and all else of process group 9, ended 0.12 s
    after the first signal, by SIGKILL; MemAvailable is 43.2 % now"
  `);
  expect(folded(ended("gone-before", { signalled: 0 }))).toMatchInlineSnapshot(
    `"warning: hog (pid 42) was gone before it was signalled; nobody was ended"`,
  );
  expect(folded(ended("refused", { errno: Errno.EPERM, signalled: 0 }))).toMatchInlineSnapshot(`
    "warning: hog (pid 42) cannot be ended, the kernel does not permit it; the next
    best is taken"
  `);
  expect(folded(ended("stuck", { sigkill: true, tookMs: 10_500 }))).toMatchInlineSnapshot(`
    "warning: hog (pid 42) did not end within 10.50 s of SIGKILL, it is stuck in the
    kernel; the next best is taken"
  `);
  expect(folded(ended("interrupted"))).toMatchInlineSnapshot(
    `"warning: hog (pid 42) had not ended yet when bustd was told to stop"`,
  );
});
