import { describe, expect, test } from "bun:test";
import { type Gathered, statusOf } from "../../src/commands/status-of.ts";
import { Mark } from "../../src/model/recorded.ts";
import type { Standing } from "../../src/model/standing.ts";
import { noteIncident, noteKill } from "../../src/recorder/counts.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { noteStart } from "../../src/recorder/ring.ts";
import { settingsInForce } from "../../src/recorder/standing.ts";
import { statusLines } from "../../src/report/status-lines.ts";
import { aReading, someOptions } from "../helpers/nouns.ts";
import { PaperRing, someParts } from "../helpers/recorded.ts";

const NOON = Date.UTC(2026, 10, 28, 12);
const timeOf = (ms: number) => new Date(ms).toISOString().slice(11, 19);

const standing: Standing = {
  version: 1,
  bustd: { version: "1.2.3", pid: 999, digest: "0123456789abcdef" },
  startedWallMs: NOON + 1_000,
  startedAtMs: 1_000,
  dryRun: false,
  settings: settingsInForce(someOptions()),
  when: [],
  ruleCount: 9,
  argv: [],
  machine: someParts().machine,
};

function withSettings(changes: Partial<Standing["settings"]>): Standing {
  return { ...standing, settings: { ...standing.settings, ...changes } };
}

function aRing() {
  const paper = new PaperRing();
  noteStart(paper.ring, 999, false);
  paper.look(2_000, { totalKib: 8_000_000, availableKib: 800_000 }, Mark.NEAR);
  paper.look(2_000);
  return paper;
}

function told(changes: Partial<Gathered> = {}): string[] {
  const gathered: Gathered = {
    standing,
    sources: { files: ["/etc/bustd/bustd.toml"], isCurrent: true },
    ring: aRing().content(),
    isRingUnreadable: false,
    incidents: [],
    hasWarnings: false,
    warned: null,
    problems: [],
    memory: aReading(),
    isThere: (pid) => pid === 999,
    isHalted: () => false,
    nowAtMs: 5_500,
    midnightMs: NOON,
    ...changes,
  };
  return statusLines(statusOf(gathered), timeOf, NOON + 61_000);
}

describe("status", () => {
  test("of one that runs", () => {
    expect(told()).toEqual([
      "State     bustd 1.2.3 runs, pid 999, since 12:00:01 (60 s), looked 0.50 s ago",
      "Settings  0123456789abcdef, from /etc/bustd/bustd.toml",
      "          acts when available memory is at 10 % or less (SIGKILL at once from 5 %); " +
        "9 rules on processes",
      "Memory    50.0 % of 8192 MiB available (4096 MiB), no swap",
      "Lowest    today 10.0 % (781 MiB) at 12:00:03",
      "Today     near the limit 1 time, 0 kills",
      "Last kill none is known",
    ]);
  });

  test("says that swap must be low as well where there is some, and what stalls do", () => {
    const memory = aReading({ swapTotalKib: 1000, swapFreeKib: 250 });
    const swap = { softPercent: 20, hardPercent: 7 };
    expect(told({ memory, standing: withSettings({ swap }) })).toContain(
      "          acts when available memory is at 10 % and free swap at 20 % or less (SIGKILL " +
        "at once from 5 % and 7 %), or when available memory is as low and tasks wait for " +
        "memory 25 % of the time; 9 rules on processes",
    );
    const mem = { softPercent: 0, hardPercent: 0 };
    expect(told({ standing: withSettings({ mem }) })[2]).toStartWith(
      "          acts when available memory is low and tasks wait for memory 25 % of the time;",
    );
  });

  const states: readonly (readonly [string, Partial<Gathered>, string])[] = [
    ["is gone", { isThere: () => false }, "State     bustd 1.2.3 does not run"],
    ["never ran", { standing: null, ring: null }, "State     bustd does not run"],
    [
      "does not look",
      { nowAtMs: 50_000 },
      "State     bustd 1.2.3 does not answer, pid 999, since 12:00:01 (60 s), looked 45 s ago",
    ],
    [
      "is stopped by a signal a moment ago",
      { isHalted: (pid) => pid === 999 },
      "State     bustd 1.2.3 is stopped by a signal, pid 999, since 12:00:01 (60 s), looked " +
        "0.50 s ago: kill -CONT 999 lets it go on",
    ],
    [
      "has no flight recorder",
      { ring: null },
      "State     bustd 1.2.3 runs, pid 999, since 12:00:01 (60 s)",
    ],
    ["says nothing", { standing: null }, "State     bustd runs, pid 999, looked 0.50 s ago"],
  ];

  test.each(states)("of one that %s", (_, changes, line) => {
    expect(told(changes)[0]).toBe(line);
  });

  test("says that it runs dry", () => {
    expect(told({ standing: { ...standing, dryRun: true } })[1]).toBe("Dry run   it kills nobody");
  });

  test("tells what the dry run would have killed", () => {
    const incident = incidentOf(someParts({ kind: "dry-run" }));
    const paper = aRing();
    noteKill(paper.ring, "leak", true, 0);
    noteKill(paper.ring, "leak", true, 0);
    const dry = { ...standing, dryRun: true };
    const lines = told({ standing: dry, ring: paper.content(), incidents: [incident] });
    expect(lines[1]).toBe(
      "Dry run   it kills nobody; would have killed last 12:00:00: leak (pid 4242), " +
        "by the rule exhaustion",
    );
    expect(lines.slice(-2)).toEqual([
      "Today     near the limit 1 time, 0 kills, and 2 that a dry run would have made",
      "Last kill none is known",
    ]);
  });

  test("tells shares of what is not set aside, also of limits that were set as sizes", () => {
    // 64 GiB, of which 48 are huge pages.
    const memory = aReading({
      totalKib: 65_831_412,
      availableKib: 1_992_294,
      hugetlbKib: 50_331_648,
      shmemKib: 212_000,
      setAsideKib: 50_543_648,
    });
    const paper = aRing();
    paper.look(1000, { setAsideKib: 50_543_648 });
    const mem = { softPercent: 100, hardPercent: 100, softKib: 2_097_152, hardKib: 1_048_576 };
    const settings = { ...standing.settings, mem };
    const ring = paper.content();
    const lines = told({ memory, ring, standing: { ...standing, settings } });
    expect(lines).toContain("Memory    13.0 % of 14.6 GiB available (1946 MiB), no swap");
    expect(lines[2]).toContain("available memory is at 13.72 % or less");
  });

  test("sets aside what the running daemon does, and not all that is shared by now", () => {
    const paper = aRing();
    paper.look(1000, { setAsideKib: 100_000 });
    const now = { totalKib: 4_196_000, availableKib: 1_024_000, shmemKib: 2_000_000 };
    const memory = aReading({ ...now, setAsideKib: 2_000_000 });
    const parts = { memory, ring: paper.content() };
    expect(told(parts)).toContain("Memory    25.0 % of 4000 MiB available (1000 MiB), no swap");
    const grown = aReading({ ...now, hugetlbKib: 96_000, setAsideKib: 2_096_000 });
    expect(told({ ...parts, memory: grown })[3]).toContain("25.0 % of 4000 MiB");
    expect(told({ ...parts, isThere: () => false })[1]).toContain("46.6 % of 2145 MiB");
  });

  test("counts an hour that began before midnight, but not what was lowest before", () => {
    const lines = told({ midnightMs: NOON + 1_800_000 });
    expect(lines).toContain("Lowest    today not known");
    expect(lines).toContain("Today     near the limit 1 time, 0 kills");
  });

  test("says when the files say something else", () => {
    const sources = { files: [], isCurrent: false };
    const lines = told({ sources, standing: { ...standing, argv: ["-p", "9"] } });
    expect(lines[1]).toBe(
      "Settings  0123456789abcdef, from flags -p 9; the files say something else by now: " +
        "reload it (SIGHUP)",
    );
  });

  test("names the last kill, also when its incident was lost, and what was lost", () => {
    const incident = incidentOf(someParts());
    expect(told({ incidents: [incident] }).slice(-2)).toEqual([
      "Today     near the limit 1 time, 0 kills; counted since the flight recorder began, after " +
        "the last kill",
      "Last kill 12:00:00: leak (pid 4242), by the rule exhaustion",
    ]);
    const paper = aRing();
    paper.sys.atMs = 600_000;
    noteKill(paper.ring, "leak", false, 5);
    noteIncident(paper.ring, 28);
    const lines = told({ ring: paper.content(), incidents: [incident], nowAtMs: 600_000 });
    expect(lines.slice(-3)).toEqual([
      "Today     near the limit 1 time, 1 kill",
      "Last kill 12:10:00",
      "Lost      1 incident could not be written, the last one because no space is left",
    ]);
  });

  test("names the last warning where somebody asked for warnings", () => {
    expect(told().join("\n")).not.toContain("Warned");
    expect(told({ hasWarnings: true })).toContain("Warned    of nobody yet");
    const because = "memory will be at its limit in about 30 s at this rate\x1b";
    const verdict = { ...someParts().verdict!, rule: "forecast", because };
    const warned = incidentOf(someParts({ kind: "warned", verdict }));
    expect(told({ hasWarnings: true, warned })).toContain(
      "Warned    12:00:00: leak (pid 4242), because memory will be at its limit in about 30 s at " +
        "this rate\\x1b",
    );
  });

  test("does not count what was before today", () => {
    const midnightMs = NOON + 3_600_000;
    const lines = told({ midnightMs });
    expect(lines).toContain("Lowest    today not known");
    expect(lines).toContain("Today     near the limit 0 times, 0 kills");
  });

  test("prints what could not be read, escaped", () => {
    expect(told({ problems: ["/x\n: it is garbled"] }).at(-1)).toBe(
      "Problem   /x\\x0a: it is garbled",
    );
  });
});
