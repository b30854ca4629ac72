import { describe, expect, test } from "bun:test";
import { Errno } from "../../src/model/errno.ts";
import type { Ending, Outcome } from "../../src/model/event.ts";
import type { Group, Selection, Tie } from "../../src/model/selection.ts";
import type { Process } from "../../src/model/process.ts";
import { EVERY_RULE } from "../../src/policy/rules.ts";
import {
  aCandidate,
  aLoss,
  anExhaustion,
  aProcess,
  aReading,
  aSelection,
} from "../helpers/nouns.ts";
import { aTaker } from "../helpers/looked.ts";
import { folded, say } from "../helpers/say.ts";

const MIB = 1024;
const hog = aCandidate(
  aProcess(42, {
    comm: "hog",
    oomScore: 812,
    oomScoreAdj: 100,
    rssKib: 1_234_567,
    swapKib: 100 * MIB,
    cgroup: "/user.slice/app-hog.scope",
  }),
);
const editor = aCandidate(aProcess(43, { comm: "editor", oomScore: 701 }));
const oneVictim = aSelection([hog], { next: editor });

function killing(selection: Selection, dryRun = false): string {
  return say({ kind: "killing", verdict: anExhaustion(), selection, dryRun });
}

function killed(ending: Ending, changes: Partial<Outcome> = {}): string {
  const usual = { sigkill: false, tookMs: 123.4, errno: 0, signalled: 1, group: 0 };
  const outcome = { ending, ...usual, ...changes };
  return say({
    kind: "killed",
    rule: "leak",
    selection: oneVictim,
    outcome,
    availablePercent: 43.21,
    freedKib: 0,
  });
}

describe("who is killed and why", () => {
  test("one process", () => {
    expect(folded(killing(oneVictim))).toMatchInlineSnapshot(`
      "warning: killing hog (pid 42, user 1000, app-hog.scope, RSS 1206 MiB, swap 100
      MiB, oom_score 812, oom_score_adj 100, score 812: its size and oom_score_adj) by
      SIGTERM, because memory is used up (rule exhaustion): MemAvailable 8.3 % (limit
      10.0 %); next would be editor (pid 43, score 701)"
    `);
    expect(folded(killing(oneVictim, true))).toMatchInlineSnapshot(`
      "notice: dry run, would kill hog (pid 42, user 1000, app-hog.scope, RSS 1206 MiB,
      swap 100 MiB, oom_score 812, oom_score_adj 100, score 812: its size and
      oom_score_adj) by SIGTERM, because memory is used up (rule exhaustion):
      MemAvailable 8.3 % (limit 10.0 %); next would be editor (pid 43, score 701)"
    `);
    expect(killing(aSelection([hog]))).toEndWith("; nobody would be next");
  });

  test("the program is its executable, or what the command line begins with if it is read", () => {
    const run = (changes: Partial<Process>) =>
      killing(aSelection([{ ...hog, process: { ...hog.process, ...changes } }]));
    const exe = "/opt/a b/hog\n";
    const shown = String.raw`hog (pid 42, user 1000, /opt/a b/hog\x0a, app-hog.scope, RSS`;
    expect(run({ exe, cmdline: "./hog --fast" })).toContain(shown);
    expect(run({ cmdline: "./hog --fast" })).toContain("user 1000, ./hog, app-hog.scope, RSS");
    expect(run({ cmdline: "./hog", cgroup: "/" })).toContain("user 1000, ./hog, RSS");
  });

  test("with the points that rules gave, and the loss", () => {
    const points = [
      { origin: "bustd.toml:12", points: 300 },
      { origin: "default: editors", points: -150 },
      { origin: "took what was lost", points: 1800 },
    ];
    const victim = { ...hog, score: 2762, points, tookKib: 900 * MIB, share: 0.9 };
    const selection = aSelection([victim], { loss: aLoss(1000 * MIB) });
    expect(folded(killing(selection))).toMatchInlineSnapshot(`
      "warning: killing hog (pid 42, user 1000, app-hog.scope, RSS 1206 MiB, swap 100
      MiB, oom_score 812, oom_score_adj 100, score 2762: bustd.toml:12 +300, default:
      editors -150, took what was lost +1800) by SIGTERM, because memory is used up
      (rule exhaustion): MemAvailable 8.3 % (limit 10.0 %); 1000 MiB were lost in
      10.00 s, of which it took 900 MiB; nobody would be next"
    `);
  });

  test("with what was lost to nobody's processes, when that is a tenth of it or more", () => {
    const nobodys = { shmemKib: 400 * MIB, slabKib: 90 * MIB, hugetlbKib: 101 * MIB };
    const selection = aSelection([hog], { loss: aLoss(1000 * MIB, nobodys) });
    expect(folded(killing(selection))).toMatchInlineSnapshot(`
      "warning: killing hog (pid 42, user 1000, app-hog.scope, RSS 1206 MiB, swap 100
      MiB, oom_score 812, oom_score_adj 100, score 812: its size and oom_score_adj) by
      SIGTERM, because memory is used up (rule exhaustion): MemAvailable 8.3 % (limit
      10.0 %); 1000 MiB were lost in 10.00 s, 400 MiB of it to shared memory and
      tmpfs, 101 MiB of it to huge pages; hog took nothing; nobody would be next"
    `);
  });

  test("with its process group or cgroup: the others are named, but not more than a few", () => {
    const others = (count: number, comm = "hog") =>
      Array.from({ length: count }, (_item, i) => aCandidate(aProcess(100 + i, { comm })));
    expect(killing(aSelection([hog, ...others(2)]))).toContain(" and 2 more (pid 100, 101) by");
    expect(killing(aSelection([hog, ...others(2, "sh\n")]))).toContain(
      String.raw` and 2 more (sh\x0a pid 100, sh\x0a pid 101) by`,
    );
    const mixed = [hog, ...others(1, "sh"), ...others(3).slice(1)];
    expect(killing(aSelection(mixed))).toContain(
      " and 3 more (sh pid 100, hog pid 101, hog pid 102) by",
    );
    expect(killing(aSelection([hog, ...others(7)]))).toContain(
      "more (pid 100, 101, 102, 103, 104, 105, 106) by",
    );
    expect(killing(aSelection([hog, ...others(90)]))).toContain(
      "and 90 more (pid 100, 101, 102, 103, 104, 105, 106, …) by",
    );
  });

  const group: Group = {
    tie: "parent",
    id: "40 hog",
    count: 21,
    tookKib: 600 * MIB,
    isStorm: false,
  };
  const loss = aLoss(700 * MIB);

  test("one of a group, or a storm as a whole", () => {
    const one = aSelection([hog], { group, loss, next: editor });
    expect(folded(killing(one))).toMatchInlineSnapshot(`
      "warning: killing hog (pid 42, user 1000, app-hog.scope, RSS 1206 MiB, swap 100
      MiB, oom_score 812, oom_score_adj 100, score 812: its size and oom_score_adj),
      of 21 processes of one parent, one after the other, by SIGTERM, because memory
      is used up (rule exhaustion): MemAvailable 8.3 % (limit 10.0 %); 700 MiB were
      lost in 10.00 s, of which they took 600 MiB; next would be editor (pid 43, score
      701)"
    `);
    const older = aSelection([hog], { group, loss, next: { ...editor, score: hog.score + 1 } });
    expect(killing(older)).toContain(
      "one after the other, the newest of the large ones first, by SIGTERM,",
    );
    const storm = aSelection([hog, editor], { group: { ...group, isStorm: true }, loss });
    expect(folded(killing(storm))).toMatchInlineSnapshot(`
      "warning: killing hog (pid 42, user 1000, app-hog.scope, RSS 1206 MiB, swap 100
      MiB, oom_score 812, oom_score_adj 100, score 812: its size and oom_score_adj)
      and 1 more (editor pid 43), of 21 processes of one parent, which are started
      without end, by SIGTERM, because memory is used up (rule exhaustion):
      MemAvailable 8.3 % (limit 10.0 %); 700 MiB were lost in 10.00 s, of which they
      took 600 MiB; nobody would be next"
    `);
  });

  test("who took more than was lost, because others gave back", () => {
    const took = { ...hog, tookKib: 756 * MIB };
    const lost = { loss: aLoss(745 * MIB) };
    expect(killing(aSelection([took], lost))).toContain(
      "; 745 MiB were lost in 10.00 s; it took 756 MiB, others gave back 11 MiB; nobody",
    );
    const alike = { ...hog, tookKib: 745 * MIB + 1000 };
    expect(killing(aSelection([alike], lost))).toContain(" in 10.00 s, of which it took 745 MiB;");
    const many = { group: { ...group, tookKib: 800 * MIB }, ...lost };
    expect(killing(aSelection([hog], many))).toContain(", of which they took 745 MiB; nobody");
  });

  test("who is a copy of its parent, and what no known process took", () => {
    const copy = { ...hog, process: { ...hog.process, ppid: 8 }, tookKib: 330 * MIB };
    const lost = { loss: aLoss(350 * MIB) };
    expect(killing(aSelection([copy], { ...lost, blamedKib: 330 * MIB }))).toContain(
      ", of which it took 330 MiB, most likely as copies of what it shares with its parent (pid 8)",
    );
    expect(killing(aSelection([copy], { ...lost, blamedKib: 190 * MIB }))).toContain(
      " it took 330 MiB, most likely 190 MiB of it as copies of what it shares with its parent",
    );
    const oneOfFive = { ...copy, tookKib: 66 * MIB };
    const taker = aTaker(66 * MIB, { share: 330 / 350 });
    const ofAll = aSelection([oneOfFive], { ...lost, blamedKib: 66 * MIB, taker });
    expect(killing(ofAll)).toContain(
      " it took 66 MiB, most likely as copies of what it shares with its parent (pid 8), whose " +
        "copies took 330 MiB in all; nobody",
    );
    expect(killing(aSelection([copy], lost))).toContain(", of which it took 330 MiB; nobody");
    expect(killing(aSelection([hog], { ...lost, unknownKib: 330 * MIB }))).toContain(
      " in 10.00 s, 330 MiB of it to no known process; hog took nothing; nobody",
    );
    expect(killing(aSelection([hog], { ...lost, unknownKib: 175 * MIB }))).toContain(
      "nothing; nob",
    );
  });

  test("of a group, where a user asked to spare one of it, or it is only a warning", () => {
    const one = aSelection([hog], { group, loss });
    const verdict = anExhaustion();
    expect(say({ kind: "held", selection: one, verdict })).toContain("after the other, because");
    const warning = { kind: "warned", isFar: false, leftMs: -1, selection: one } as const;
    expect(say(warning)).toContain("one after the other; 700 MiB were lost");
  });

  test("each tie has words of its own", () => {
    const ties: readonly Tie[] = ["parent", "process-group", "session", "kind", "cgroup", "user"];
    const texts = ties.map((tie) => killing(aSelection([hog], { group: { ...group, tie }, loss })));
    expect(new Set(texts).size).toBe(ties.length);
  });

  test("each rule says its name and its own reason, with what was measured and the limits", () => {
    const witnesses = [
      { name: "stall", value: 41.26, limit: 25, unit: "%" },
      { name: "memory and swap left", value: 123.4, limit: 456, unit: "MiB" },
    ] as const;
    const said = EVERY_RULE.map(({ because, name }) =>
      say({
        kind: "recovered",
        verdict: { kind: "act", rule: name, because, urgency: "term", witnesses },
        reading: aReading({ totalKib: 1_000_000, availableKib: 825_000, perCpuKib: 18_000 }),
      }),
    );
    expect(new Set(said).size).toBe(EVERY_RULE.length);
    for (const [i, text] of said.entries()) {
      expect(text).toContain(`(rule ${EVERY_RULE[i]?.name})`);
      expect(text).toContain("stall 41.3 % (limit 25.0 %)");
      expect(text).toContain("memory and swap left 123.4 MiB (limit 456.0 MiB)");
    }
    expect(folded(said[0] ?? "")).toMatchInlineSnapshot(`
      "notice: it got better while a victim was chosen, nobody is killed: memory is
      used up (rule exhaustion): stall 41.3 % (limit 25.0 %), memory and swap left
      123.4 MiB (limit 456.0 MiB); MemAvailable is 82.5 % now, 84.3 % with processors'
      own free lists"
    `);
  });

  test("by SIGKILL when that cannot wait", () => {
    const verdict = anExhaustion({ urgency: "kill" });
    const text = say({ kind: "killing", verdict, selection: oneVictim, dryRun: false });
    expect(text).toContain("by SIGKILL");
    expect(text).not.toContain("SIGTERM");
  });

  test("nobody, and who would be too small", () => {
    const verdict = anExhaustion();
    const nobody = say({ kind: "nobody", verdict, selection: aSelection([]) });
    expect(folded(nobody)).toMatchInlineSnapshot(`
      "error: nobody can be killed among 100 processes, although memory is used up
      (rule exhaustion): MemAvailable 8.3 % (limit 10.0 %)"
    `);
    const small = aSelection([], { next: editor, loss });
    expect(folded(say({ kind: "nobody", verdict, selection: small }))).toMatchInlineSnapshot(`
      "error: nobody can be killed among 100 processes, although memory is used up
      (rule exhaustion): MemAvailable 8.3 % (limit 10.0 %); 700 MiB were lost in 10.00
      s; editor (pid 43) could be, but holds only 100 MiB"
    `);
    const two = [editor, aCandidate(aProcess(44, { sizeKib: 2048 }))];
    const text = (candidates: typeof two) =>
      say({ kind: "nobody", verdict, selection: aSelection([], { candidates }) });
    expect(text(two)).toEndWith("; 2 could be, but hold only 102 MiB together");
    expect(text(two.slice(0, 1))).toEndWith("; editor (pid 43) could be, but holds only 100 MiB");
  });
});

test("how it went", () => {
  expect(folded(killed("gone"))).toMatchInlineSnapshot(`
    "notice: killed hog (pid 42) by SIGTERM: gone after 0.12 s; MemAvailable is 43.2
    % now"
  `);
  expect(folded(killed("gone", { sigkill: true, signalled: 3 }))).toMatchInlineSnapshot(`
    "notice: killed hog (pid 42) and 2 more by SIGKILL: gone after 0.12 s;
    MemAvailable is 43.2 % now"
  `);
  expect(folded(killed("gone", { sigkill: true, signalled: 3, group: 9 }))).toMatchInlineSnapshot(`
    "notice: killed hog (pid 42) and 2 more, and all else of process group 9, by
    SIGKILL: gone after 0.12 s; MemAvailable is 43.2 % now"
  `);
  expect(folded(killed("gone-before", { signalled: 0 }))).toMatchInlineSnapshot(`
    "warning: hog (pid 42) was gone before it was signalled; nobody was killed;
    MemAvailable is 43.2 % now"
  `);
  const refused = { errno: Errno.EPERM, signalled: 0 };
  expect(folded(killed("refused", refused))).toMatchInlineSnapshot(`
    "warning: hog (pid 42) cannot be killed, the kernel does not permit it; the next
    one is taken"
  `);
  expect(folded(killed("stuck", { sigkill: true, tookMs: 10_500 }))).toMatchInlineSnapshot(`
    "warning: hog (pid 42) got SIGKILL and is still there after 10.50 s, stuck in the
    kernel; the next one is taken"
  `);
  expect(folded(killed("interrupted"))).toMatchInlineSnapshot(
    `"warning: hog (pid 42) was not gone yet when bustd was told to stop"`,
  );
});
