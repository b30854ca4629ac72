import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Errno } from "../../src/model/errno.ts";
import type { Event, Report } from "../../src/model/event.ts";
import { journalReport } from "../../src/report/journal.ts";
import { plainReport } from "../../src/report/plain.ts";
import { sentenceOf } from "../../src/report/sentences.ts";
import { reportFor } from "../../src/report/sinks.ts";
import { notify } from "../../src/report/systemd.ts";
import { terminalReport } from "../../src/report/terminal.ts";
import type { Sys } from "../../src/sys/sys.ts";
import { FakeSys } from "../helpers/fake-sys.ts";
import {
  aCandidate,
  anExhaustion,
  aProcess,
  aReading,
  aSelection,
  someOptions,
} from "../helpers/nouns.ts";

/** A kernel that keeps which descriptor each text was written to. */
class ListeningSys extends FakeSys {
  readonly lines: string[] = [];

  override write(fd: number, text: string): number {
    this.lines.push(`${fd} ${text}`);
    return super.write(fd, text);
  }
}

function linesOf(open: (sys: Sys) => Report, ...events: readonly Event[]): string[] {
  const sys = new ListeningSys();
  // The journal takes no entries with fields here: then it gets lines as well.
  sys.refused.set("sendDatagram", Errno.ENOENT);
  const report = open(sys);
  for (const event of events) {
    report(event);
  }
  return sys.lines;
}

/** An event of each level. */
const EVENTS: readonly Event[] = [
  { kind: "problem", sentence: "an error" },
  { kind: "pressure-lost" },
  { kind: "recovered", verdict: anExhaustion(), reading: aReading() },
  { kind: "reloading" },
];

/** An event that says the name of a process. */
function killingOf(comm: string): Event {
  const selection = aSelection([aCandidate(aProcess(42, { comm }))]);
  return { kind: "killing", verdict: anExhaustion(), selection, dryRun: false };
}

describe("plain lines", () => {
  test("carry their time; what is wrong on stderr, all that happens on stdout", () => {
    const lines = linesOf(plainReport, ...EVENTS, killingOf("hog"));
    expect(lines.map((line) => line.slice(0, 34))).toEqual([
      "2 2026-11-28T12:00:00Z an error\n",
      "2 2026-11-28T12:00:00Z the PSI tri",
      "1 2026-11-28T12:00:00Z it got bett",
      "1 2026-11-28T12:00:00Z reading the",
      "1 2026-11-28T12:00:00Z killing hog",
    ]);
  });
});

describe("lines for the journal", () => {
  test("carry their priority, all on one descriptor and so in order", () => {
    const lines = linesOf(journalReport, ...EVENTS);
    expect(lines.map((line) => line.slice(0, 5))).toEqual(["2 <3>", "2 <4>", "2 <5>", "2 <6>"]);
  });
});

/** Escape sequences that colour a line, as the terminal takes them away. */
function uncoloured(line: string): string {
  // oxlint-disable-next-line no-control-regex
  return line.replace(/\u001b\[[0-9;]*m/g, "");
}

describe("lines at a terminal", () => {
  test("equal ones are all written, at once", () => {
    const events = Array.from({ length: 9 }, () => EVENTS[1] as Event);
    expect(linesOf(terminalReport, ...events)).toHaveLength(9);
  });

  test("what is wrong goes to stderr", () => {
    const lines = linesOf(terminalReport, ...EVENTS);
    expect(lines.map((line) => line.slice(0, 1))).toEqual(["2", "2", "1", "1"]);
  });

  test("debug lines are written as well: the daemon knows when to be verbose", () => {
    const swap = { stallPercent: 0, refaultsPerS: 0, swapInsPerS: 0, sleepMs: 1 };
    const reading = { ...new FakeSys().reading() };
    expect(linesOf(terminalReport, { kind: "look", reading, ...swap })).toHaveLength(1);
  });

  test.each(["`x`", "_x_", "a `b` _c_ d", "100%", "%s %d %o %j", "%%", "[warn]", "{a: 1}"])(
    "the name %j stays as it is",
    (name) => {
      const [line = ""] = linesOf(terminalReport, killingOf(name));
      expect(uncoloured(line)).toContain(` ${name} (pid 42,`);
    },
  );

  test("a problem's sentence is no format either", () => {
    const [line = ""] = linesOf(terminalReport, { kind: "problem", sentence: "%s `of` %d" });
    expect(uncoloured(line)).toContain("%s `of` %d");
  });

  test("a terminal that cannot be written to is nobody's problem", () => {
    const sys = new FakeSys();
    sys.refused.set("write", Errno.EAGAIN);
    expect(() => terminalReport(sys)(EVENTS[1] as Event)).not.toThrow();
  });
});

describe("whatever name a stranger chose", () => {
  const nameArbitrary = fc.oneof(
    fc.string({ unit: "binary", maxLength: 15 }),
    fc.string({
      unit: fc.constantFrom(..."\n\r\u001b[]0;`_%s\\<3>\u202e\u2028\u0007"),
      maxLength: 15,
    }),
  );
  const sinks = { plainReport, journalReport } as const;

  test.each(Object.entries(sinks))("%s writes one line, and nothing unsafe", (_name, open) => {
    fc.assert(
      fc.property(nameArbitrary, (name) => {
        const lines = linesOf(open, killingOf(name));
        expect(lines).toHaveLength(1);
        expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
        expect(lines[0]).toEndWith("\n");
      }),
      { numRuns: 1000 },
    );
  });

  test("the terminal shows the sentence as it is", () => {
    fc.assert(
      fc.property(nameArbitrary, (name) => {
        const event = killingOf(name);
        const lines = linesOf(terminalReport, event);
        expect(lines).toHaveLength(1);
        expect(uncoloured(lines[0] ?? "")).toBe(`1 ⚠ ${sentenceOf(event).text}\n`);
      }),
      { numRuns: 300 },
    );
  });

  test("hosts, rules and who is next are escaped as well", () => {
    const evil = "a\n\u001b[31mb\u202e";
    const process = aProcess(42, { comm: evil });
    const points = [{ origin: evil, points: 5 }];
    const candidate = aCandidate(process, { points });
    const selection = aSelection([candidate], { next: candidate });
    const outcome = {
      ending: "gone",
      sigkill: false,
      tookMs: 1,
      errno: 0,
      signalled: 1,
      group: 0,
    } as const;
    const events: Event[] = [
      { kind: "killing", verdict: anExhaustion(), selection, dryRun: false },
      { kind: "killed", rule: "leak", selection, outcome, availablePercent: 50, freedKib: 0 },
      {
        kind: "started",
        version: "1",
        system: "Linux",
        host: evil,
        release: "6.1",
        architecture: "x86_64",
      },
    ];
    for (const event of events) {
      // oxlint-disable-next-line no-control-regex
      expect(sentenceOf(event).text).not.toMatch(/[\n\u001b\u202e]/);
    }
  });
});

describe("one report for all sinks", () => {
  const event = { kind: "reloading" } as const;

  test.each([
    ["plain", "", ["1 2026-11-28T12:00:00Z reading the configuration again\n"], []],
    ["journal", "", ["2 <6>reading the configuration again\n"], []],
    [
      "journal",
      "/n",
      ["2 <6>reading the configuration again\n"],
      ["/n STATUS=Reading the configuration again"],
    ],
  ] as const)("%s lines, and systemd at %j", (sink, socket, lines, datagrams) => {
    const sys = new ListeningSys();
    reportFor(sys, someOptions({ sink }), socket)(event);
    expect(sys.lines).toEqual([...lines]);
    expect(sys.datagrams).toEqual([...datagrams]);
  });

  test("lines of somebody else stand in place of its own, and systemd hears all the same", () => {
    const sys = new ListeningSys();
    const seen: Event[] = [];
    reportFor(sys, someOptions(), "/n", (item) => seen.push(item))(event);
    expect([sys.lines, seen, sys.datagrams.length]).toEqual([[], [event], 1]);
  });
});

describe("notify", () => {
  test("tells systemd where it listens, and nobody where it does not", () => {
    const sys = new FakeSys();
    notify(sys, "", "READY=1");
    notify(sys, "/run/systemd/notify", "READY=1");
    expect(sys.datagrams).toEqual(["/run/systemd/notify READY=1"]);
  });
});
