import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Incident, IncidentParts } from "../../src/model/incident.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { explanationLines } from "../../src/report/explanation.ts";
import { storyOf } from "../../src/report/story.ts";
import { aCandidate, anExhaustion, aProcess, aSelection } from "../helpers/nouns.ts";
import { someParts } from "../helpers/recorded.ts";

const teller = {
  userOf: (uid: number) => (uid === 1000 ? "anna" : String(uid)),
  timeOf: (wallMs: number) => new Date(wallMs).toISOString().slice(0, 19).replace("T", " "),
};

function told(changes: Partial<IncidentParts> = {}) {
  return storyOf(incidentOf(someParts(changes)), teller);
}

function section(title: string, changes: Partial<IncidentParts> = {}): readonly string[] {
  return told(changes).sections.find((item) => item.title === title)?.lines ?? [];
}

const ended = (changes: object) =>
  ({ outcome: { ...someParts().outcome, ...changes } }) as Partial<IncidentParts>;

describe("the headline", () => {
  const [victim] = someParts().candidates;
  const rows: readonly (readonly [string, Partial<IncidentParts>, string])[] = [
    ["a kill", {}, "leak (pid 4242) was killed on 2026-11-28 12:00:00."],
    [
      "a dry run",
      { kind: "dry-run" },
      "leak (pid 4242) would have been killed on 2026-11-28 12:00:00, but bustd ran dry and " +
        "killed nobody.",
    ],
    [
      "nobody",
      { kind: "nobody", selection: aSelection([]) },
      "Nobody could be killed on 2026-11-28 12:00:00, although memory ran out.",
    ],
    [
      "nobody, though a condition of one's own held",
      { kind: "nobody", selection: aSelection([]), verdict: anExhaustion({ rule: "when" }) },
      "Nobody could be killed on 2026-11-28 12:00:00, although a condition of the configuration " +
        "held.",
    ],
    [
      "the kernel",
      { kind: "kernel", kernel: { kills: 2, victims: [] }, verdict: null, selection: null },
      "The kernel itself killed 2 processes on 2026-11-28 12:00:00; bustd had begun a kill " +
        "0.00 s before.",
    ],
    [
      "a group",
      { selection: aSelection([victim ?? aCandidate(aProcess(1)), aCandidate(aProcess(3))]) },
      "leak (pid 4242) with 1 other process was killed on 2026-11-28 12:00:00.",
    ],
    [
      "one that is stuck",
      ended({ ending: "stuck", sigkill: true, tookMs: 10_500 }),
      "leak (pid 4242) was to be killed on 2026-11-28 12:00:00, but still existed 11 s after " +
        "SIGKILL: it is stuck in the kernel.",
    ],
    [
      "one that was refused",
      ended({ ending: "refused", errno: 1 }),
      "leak (pid 4242) was to be killed on 2026-11-28 12:00:00, but the kernel refused the " +
        "signal: the kernel does not permit it.",
    ],
  ];

  test.each(rows)("of %s", (_, changes, headline) => {
    expect(told(changes).headline).toBe(headline);
  });
});

test("a story says who, why then, why that one, why not the next, how long, what it cost", () => {
  expect(told().sections).toEqual([
    {
      title: "Who",
      lines: [
        "leak (pid 4242), user anna, unit app-leak.scope, /usr/bin/leak",
        "700 MiB in memory, 60 MiB in swap, had run for 60 s, 12 major faults, oom_score 812, " +
          "oom_score_adj 0",
      ],
    },
    {
      title: "Why then",
      lines: [
        "Memory was used up (rule exhaustion): MemAvailable was 8.3 % (limit 10.0 %).",
        "Memory and swap had lost 800 MiB within 12 s. Most was taken by leak (pid 4242): " +
          "760 MiB, by database (pid 77): 10 MiB.",
      ],
    },
    {
      title: "Why leak (pid 4242)",
      lines: [
        "It took 760 MiB of the 800 MiB that were lost in the 12 s before (95 %).",
        "Its score was 1012 (oom_score 812, growth +200), the highest of 2 candidates among " +
          "100 processes.",
      ],
    },
    {
      title: "Why not database (pid 77)",
      lines: [
        "It took 10 MiB of the 800 MiB that were lost in the 12 s before (1 %).",
        "Its score was 640 (its share of memory 640): it would have been next.",
      ],
    },
    {
      title: "Spared",
      lines: [
        "systemd (pid 1), 100 MiB: init is never killed",
        "sshd (pid 800), 100 MiB: protected by default: sshd",
      ],
    },
    {
      title: "How long it took",
      lines: [
        "Gone 0.14 s after the first signal; the last one was SIGTERM. Memory was back after " +
          "0.25 s.",
      ],
    },
    {
      title: "What it cost",
      lines: [
        "1 process gave 640 MiB of memory and swap back; 62.5 % of memory was available then.",
        "In the 10 s before, tasks waited for memory for 1.00 s.",
      ],
    },
    {
      title: "To get another result",
      lines: [
        "Never kill leak: unkillables = [\"leak\"] in /etc/bustd/bustd.toml, or bustd -u 'leak'.",
        "Act earlier or later: mem = [10, 5] and swap = [10, 5] were in force (-m, -s).",
      ],
    },
  ]);
});

test("all of a group are named with their pids, and how many more there are", () => {
  const victims = Array.from({ length: 25 }, (_, i) => aCandidate(aProcess(10 + i)));
  const [, , others] = section("Who", { selection: aSelection(victims) });
  expect(others).toStartWith("with it: paper (pid 11), paper (pid 12), ");
  expect(others).toEndWith("paper (pid 29), and 5 more");
});

test("memory that is nobody's is named when it is much of what was lost", () => {
  const { attribution } = someParts();
  const unownedKib = { shmem: 300 * 1024, slab: 1024, hugetlb: 0, arc: 0 };
  expect(
    section("Why then", {
      attribution: attribution === null ? null : { ...attribution, unownedKib },
    }).at(-1),
  ).toBe("No process can give back what is nobody's: tmpfs and shared memory took 300 MiB.");
});

test("a rule of a later bustd is called by its name, with its own reason", () => {
  const verdict = {
    kind: "act",
    rule: "squeeze",
    because: "memory is tight",
    urgency: "kill",
    witnesses: [],
  };
  expect(section("Why then", { verdict: verdict as never })[0]).toBe(
    "Memory is tight (rule squeeze). There was no time left for SIGTERM.",
  );
});

test("the kernel's victims are named where its log could be read", () => {
  const victims = [{ pid: 9, comm: "java", uid: 1000, rssKib: 2048, cgroup: "/docker/x" }];
  const changes = { kind: "kernel", selection: null, verdict: null } as const;
  expect(section("Who", { ...changes, kernel: { kills: 1, victims } })).toEqual([
    "java (pid 9), user anna, 2 MiB in memory, at the limit of /docker/x",
  ]);
  expect(section("Who", { ...changes, kernel: { kills: 1, victims: [] } })[0]).toContain(
    "journalctl -k",
  );
});

test("what was not seen is not claimed", () => {
  expect(section("How long it took", { reliefMs: -1 })).toEqual([
    "Gone 0.14 s after the first signal; the last one was SIGTERM. When memory was back was " +
      "not seen.",
  ]);
  const looks = someParts().looks.filter(({ atMs }) => atMs >= 299_800);
  expect(section("What it cost", { looks })).toHaveLength(1);
});

test("names that cannot be typed are protected otherwise", () => {
  const victim = aCandidate(aProcess(5, { comm: "a\x1b[31m" }));
  const lines = section("To get another result", { selection: aSelection([victim]) });
  expect(lines[0]).toBe(
    "Its name cannot be typed; protect it by exe or unit, in a [[rule]] of /etc/bustd/bustd.toml.",
  );
  const star = aCandidate(aProcess(5, { comm: 'a*"[' }));
  expect(section("To get another result", { selection: aSelection([star]) })[0]).toContain(
    'unkillables = ["a[*]\\"[[]"]',
  );
});

describe("an explanation", () => {
  const canvas = { columns: 80, rows: 5, isUtf8: true, hasColor: false };

  test("fits 80 columns, with each curve, its limit and the kill", () => {
    const lines = explanationLines(incidentOf(someParts()), teller, canvas);
    expect(lines.filter(({ length }) => length > 80)).toEqual([]);
    const text = lines.join("\n");
    expect(text).toContain("Available memory, % of 1000 MiB, limit 10 %");
    expect(text).toContain("Free swap, % of 512 MiB, limit 10 %");
    expect(text).toContain("Tasks waiting for memory, % of the time, limit 25 %");
    expect(text).toMatch(/▲.*\n.* kill /);
  });

  test("is plain ASCII where nothing else can be shown", () => {
    const ascii = { ...canvas, isUtf8: false };
    const text = explanationLines(incidentOf(someParts()), teller, ascii).join("\n");
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text).toMatch(/\^.*\n.* kill /);
  });

  test.each([1, 4, 5, 6])("can be told in %d columns", (columns) => {
    const narrow = { ...canvas, columns };
    expect(explanationLines(incidentOf(someParts()), teller, narrow)).not.toEqual([]);
  });

  test("has colours only where they are wanted, and ends each", () => {
    const lines = explanationLines(incidentOf(someParts()), teller, { ...canvas, hasColor: true });
    for (const line of lines) {
      expect(line.lastIndexOf("\x1b[0m")).toBe(line.lastIndexOf("\x1b["));
    }
    const plain = explanationLines(incidentOf(someParts()), teller, canvas);
    expect(lines.map((line) => Bun.stripANSI(line))).toEqual(plain);
  });

  test("of any names holds nothing that a terminal acts on", () => {
    const texts = fc.string({ unit: "binary", maxLength: 40 });
    fc.assert(
      fc.property(texts, texts, texts, (comm, cgroup, origin) => {
        const process = aProcess(4242, { comm, cgroup });
        const victim = aCandidate(process, { points: [{ origin, points: 1 }] });
        const spared = [{ process, because: "protected", origin } as const];
        const details = [{ pid: 4242, exe: comm, cmdline: origin, cgroup }];
        const chosen = { ...aSelection([victim]), next: victim, spared };
        const incident = incidentOf(someParts({ selection: chosen, details }));
        const text = explanationLines(incident, teller, canvas).join("");
        expect(text).not.toMatch(/[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u);
      }),
      { numRuns: 300 },
    );
  });

  test("of one look only has no curves", () => {
    const looks = someParts().looks.slice(0, 1);
    const incident: Incident = incidentOf(someParts({ looks }));
    expect(explanationLines(incident, teller, canvas).join("\n")).not.toContain("▲");
  });
});

test("of two with one score, it is said what made the difference", () => {
  const [one, other] = [4242, 77].map((pid) =>
    aCandidate(aProcess(pid, { comm: "twin", sizeKib: pid * 1024 }), { score: 700 }),
  );
  const changes = { selection: aSelection([one!], { next: other! }) };
  expect(section("Why not twin (pid 77)", changes).at(-1)).toMatch(
    /^Its score was 700 .*, and it held less, 77 MiB: it would have been next\.$/,
  );
});

test("limits that were set as amounts are told as such", () => {
  const mem = { softPercent: 100, hardPercent: 100, softKib: 512_000, hardKib: 256_000 };
  const settings = { ...someParts().settings, mem };
  expect(section("To get another result", { settings }).at(-1)).toBe(
    'Act earlier or later: mem = ["500M", "250M"] and swap = [10, 5] were in force (-m, -s).',
  );
});
