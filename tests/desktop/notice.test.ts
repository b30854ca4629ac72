import { describe, expect, test } from "bun:test";
import { killedOf, noticeOf } from "../../src/desktop/notice.ts";
import { argumentsOf } from "../../src/desktop/notifications.ts";
import type { Incident, IncidentParts } from "../../src/model/incident.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { aCandidate, aProcess, aSelection } from "../helpers/nouns.ts";
import { someParts } from "../helpers/recorded.ts";

const ANNA = 1000;

function incident(changes: Partial<IncidentParts> = {}): Incident {
  return incidentOf(someParts(changes));
}

/** Incidents in which a number of processes of Anna's, and one of somebody else's, were killed. */
function killing(...names: readonly string[]): Incident {
  const victims = names.map((comm, index) => aCandidate(aProcess(10 + index, { comm })));
  const details = names.map((_, index) => ({ pid: 10 + index, uid: ANNA }));
  const other = aCandidate(aProcess(99, { comm: "other" }));
  return incident({
    selection: aSelection([...victims, other]),
    candidates: [...victims, other],
    details: [...details, { pid: 99, uid: ANNA + 1 }],
  });
}

describe("the text of a notice", () => {
  test("of one kill", () => {
    const { body, otherwise, summary } = noticeOf([killing("leak")], ANNA);
    expect(summary).toBe("leak was killed to free memory");
    expect(body.split("\n")).toEqual([
      expect.stringMatching(/^leak \(pid 10\), \d+ [KM]iB$/),
      "Memory is used up: MemAvailable 8.3 %, limit 10.0 %. 640 MiB were freed.",
    ]);
    expect(otherwise).toBe("bustd explain 10 tells why.");
  });

  test("of many kills: the newest first, some lines, the rest as a number", () => {
    const { body, summary } = noticeOf([killing("a", "b", "c"), killing("d", "e", "f", "g")], ANNA);
    expect(summary).toBe("7 processes were killed to free memory");
    expect(body.split("\n").map((line) => line.split(" ")[0])).toEqual([
      "a",
      "b",
      "c",
      "d",
      "e",
      "and",
      "Memory",
    ]);
    expect(body).toContain("\nand 2 more\n");
  });

  test("a name moves no cursor and breaks no line", () => {
    const { body, summary } = noticeOf([killing("a\nb\x1b[2J\u202E")], ANNA);
    expect(summary).toBe("a\\x0ab\\x1b[2J\\u{202e} was killed to free memory");
    expect(body.split("\n")).toHaveLength(2);
  });
});

describe("whose kills are told", () => {
  const none: readonly (readonly [string, Incident])[] = [
    ["a dry run", { ...killing("leak"), kind: "dry-run" }],
    ["nobody", incident({ kind: "nobody", selection: aSelection([]) })],
    ["one that is stuck", incident({ outcome: { ...someParts().outcome!, ending: "stuck" } })],
    [
      "the kernel's, of others",
      incident({
        kind: "kernel",
        kernel: { kills: 1, victims: [{ pid: 7, comm: "x", uid: 0, rssKib: 5, cgroup: "" }] },
      }),
    ],
  ];
  test.each(none)("not %s", (_, one) => expect(killedOf(one, ANNA)).toEqual([]));

  test("those of the user, and of a user's daemon, which asks for none", () => {
    expect(killedOf(killing("a", "b"), ANNA).map(({ comm }) => comm)).toEqual(["a", "b"]);
    expect(killedOf(incident({ details: [] }), ANNA)).toHaveLength(1);
  });

  test("the kernel's", () => {
    const victims = [{ pid: 7, comm: "x", uid: ANNA, rssKib: 5, cgroup: "" }];
    const one = incident({ kind: "kernel", kernel: { kills: 1, victims }, verdict: null });
    expect(noticeOf([one], ANNA).body).toBe("x (pid 7), 5 KiB\nThe kernel itself killed it.");
  });
});

describe("what the server is asked to show", () => {
  const evil = noticeOf([killing("<b>&amp;\"'</b>")], ANNA);
  const how = { replaces: 4, isNameless: false };
  const all = new Set(["actions", "body-markup", "body"]);

  test("is critical, stays, and has a button", () => {
    const [app, replaces, icon, , , buttons, hints, timeout] = argumentsOf(evil, all, how);
    expect([app, replaces, icon, buttons, timeout]).toEqual([
      "bustd",
      4,
      "dialog-warning",
      ["why", "Why?"],
      0,
    ]);
    expect(hints).toEqual([
      ["urgency", { signature: "y", value: 2 }],
      ["desktop-entry", { signature: "s", value: "bustd" }],
    ]);
  });

  test("a name is text: in markup, and without", () => {
    const [, , , summary, body] = argumentsOf(evil, all, how);
    expect(summary).toBe("<b>&amp;\"'</b> was killed to free memory");
    expect(body).toStartWith("&lt;b&gt;&amp;amp;\"'&lt;/b&gt; (pid 10)");
    const [, , , , plain] = argumentsOf(evil, new Set(["actions", "body"]), how);
    expect(plain).toStartWith("<b>&amp;\"'</b> (pid 10)");
  });

  test("says what to type where there are no buttons", () => {
    const [, , , , body, buttons] = argumentsOf(evil, new Set(["body"]), how);
    expect(buttons).toEqual([]);
    expect(String(body).split("\n").at(-1)).toBe("bustd explain 10 tells why.");
  });

  test("to a desktop that forgets programs with a desktop file, from none", () => {
    const [app, , , , , , hints] = argumentsOf(evil, all, { replaces: 0, isNameless: true });
    expect([app, hints]).toEqual(["Out of memory", [["urgency", { signature: "y", value: 2 }]]]);
  });
});
