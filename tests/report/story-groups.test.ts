/** What is told of a victim that is one of a group. */
import { describe, expect, test } from "bun:test";
import type { IncidentParts } from "../../src/model/incident.ts";
import type { Group } from "../../src/model/selection.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { storyOf } from "../../src/report/story.ts";
import { aSelection } from "../helpers/nouns.ts";
import { someParts } from "../helpers/recorded.ts";

/** The lines below a title. */
function section(title: string, changes: Partial<IncidentParts>): readonly string[] {
  const { sections } = storyOf(incidentOf(someParts(changes)), { userOf: String, timeOf: String });
  return sections.find((item) => item.title === title)?.lines ?? [];
}

describe("a group", () => {
  const rows: readonly (readonly [Group["tie"], string, string])[] = [
    ["parent", "12 storm", "named storm, of parent 12,"],
    ["process-group", "12 a b", "named a b, of process group 12,"],
    ["session", "12 sh", "named sh, of session 12,"],
    ["kind", "1000 /usr/bin/tab", "of user 1000 and of one program, /usr/bin/tab,"],
    ["cgroup", "1000 /a.slice", "of user 1000 and of cgroup /a.slice"],
    ["user", "1000", "of user 1000"],
    ["user", "\x1b[31m", "of user \\x1b[31m"],
    ["parent", "\x07 a\x1b", "named a\\x1b, of parent \\x07,"],
  ];

  /** The line of such a group, which took so much of the 800 MiB. */
  function line(tie: Group["tie"], id: string, tookMib: number, isStorm = false) {
    const group = { tie, id, count: 9, tookKib: tookMib * 1024, isStorm };
    const selection = aSelection(someParts().selection?.victims ?? [], { group });
    return section("Why leak (pid 4242)", { selection }).find((text) => text.includes("one of 9"));
  }

  test.each(rows)("tied by %s is called what it is", (tie, id, text) => {
    expect(line(tie, id, 790)).toBe(
      `It is one of 9 processes ${text} that took together 790 MiB of the 800 MiB that were lost.`,
    );
  });

  test("that took more than was lost: others gave back", () => {
    expect(line("user", "5", 900, true)).toBe(
      "It is one of 9 processes of user 5 that are started without end and took 900 MiB, others " +
        "gave back 100 MiB: all of the 800 MiB that were lost.",
    );
  });

  test("that is a storm gets no SIGTERM, however much time there is", () => {
    const group = { tie: "user", id: "5", count: 9, tookKib: 9000, isStorm: true } as const;
    const urgent = { ...someParts().verdict!, urgency: "kill" } as const;
    const { victims = [] } = someParts().selection ?? {};
    const storm = { verdict: urgent, selection: aSelection(victims, { group }) };
    expect(section("Why then", storm)[0]).not.toContain("no time left");
    expect(section("Why then", { verdict: urgent })[0]).toContain("no time left for SIGTERM");
  });
});
