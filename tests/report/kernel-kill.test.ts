import { describe, expect, test } from "bun:test";
import type { IncidentParts } from "../../src/model/incident.ts";
import { Mark } from "../../src/model/recorded.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { adviceOf } from "../../src/report/advice.ts";
import { kernelHeadline } from "../../src/report/kernel-kill.ts";
import { verdictLines } from "../../src/report/why-then.ts";
import { leakLooks, someParts } from "../helpers/recorded.ts";

/** A kill of the kernel's, with these marks at looks so long before; `at` where. */
function killed(
  marks: Readonly<Record<number, number>>,
  cgroups: readonly string[] = [""],
  changes: Partial<IncidentParts> = {},
) {
  const { atMs } = someParts();
  const looks = leakLooks()
    .filter((look) => look.atMs <= atMs)
    .map((look) => Object.assign(look, { marks: marks[look.atMs - atMs] ?? 0 }));
  const victims = cgroups.map((cgroup, i) => ({
    pid: 9 + i,
    comm: "java",
    uid: 0,
    rssKib: 2048,
    cgroup,
  }));
  const kernel = { kills: Math.max(1, victims.length), victims };
  const nothing = { selection: null, verdict: null, outcome: null, attribution: null } as const;
  return incidentOf(someParts({ kind: "kernel", ...nothing, kernel, looks, ...changes }));
}

describe("what bustd had done before the kernel killed", () => {
  test.each([
    [{}, "bustd had not acted in the minute before"],
    [{ [-3_000]: Mark.ACTED }, "bustd had begun a kill 3.00 s before"],
    [{ [-3_000]: Mark.NOBODY }, "3.00 s before, bustd had found nobody whom it may kill"],
    [{ [-2_000]: Mark.START }, "bustd had started only 2.00 s before"],
    [{ [-2_000]: Mark.ACTED, [-9_000]: Mark.ACTED | Mark.START }, "bustd had begun a kill 2.00 s"],
  ])("%j", (marks, sentence) => {
    expect(kernelHeadline(killed(marks), "Monday")).toStartWith(
      `The kernel itself killed 1 process on Monday; ${sentence}`,
    );
    expect(verdictLines(killed(marks))[0]).toContain(sentence);
  });

  test("would have been done in a dry run, which is what to change", () => {
    const settings = { ...someParts().settings, dryRun: true };
    const incident = killed({ [-3_000]: Mark.ACTED }, [""], { settings });
    expect(kernelHeadline(incident, "Monday")).toEndWith(
      "; bustd ran dry, and would have begun a kill 3.00 s before.",
    );
    expect(kernelHeadline(killed({}, [""], { settings }), "Monday")).toEndWith(
      "; bustd ran dry, and would not have acted in the minute before.",
    );
    expect(adviceOf(incident)).toEqual([
      "Run bustd without --dry-run: with it, it only says which process it would kill.",
    ]);
  });
});

describe("what to do about it", () => {
  test("where the machine ran out of memory: act earlier", () => {
    expect(adviceOf(killed({}))[0]).toStartWith("Let bustd act earlier: mem = [10, 5]");
    // Where nobody may read the log, but memory was short.
    expect(adviceOf(killed({}, []))[0]).toStartWith("Let bustd act earlier");
  });

  test("where a container was at its own limit: raise that, and nothing of bustd's", () => {
    const incident = killed({}, ["/docker/x\n", "/docker/x\n"]);
    expect(kernelHeadline(incident, "Monday")).toBe(
      "The kernel itself killed 2 processes on Monday, at a cgroup's own limit.",
    );
    expect(verdictLines(incident)[0]).toBe(
      "The kernel counted 2 kills of its own between two looks; it was a cgroup's own limit, and " +
        "bustd watches the machine's memory alone.",
    );
    expect(adviceOf(incident)).toEqual([
      "Raise the limit of /docker/x\\x0a (its MemoryMax= in systemd, or the container's memory " +
        "limit), or let it take less: it was at its own limit, however much the machine had " +
        "left, and bustd cannot help there.",
    ]);
  });

  test("where both happened, the machine's is what bustd can do something about", () => {
    expect(adviceOf(killed({}, ["/docker/x", ""]))[0]).toStartWith("Let bustd act earlier");
  });

  test("where the log cannot be read and memory was plenty, a limit is the likeliest", () => {
    const looks = leakLooks().filter(({ atMs }) => atMs <= someParts().atMs - 10_000);
    expect(adviceOf(killed({}, [], { looks }))[0]).toMatch(
      /^7\d\.\d % of memory was available: most likely a cgroup was at its own limit/,
    );
  });
});
