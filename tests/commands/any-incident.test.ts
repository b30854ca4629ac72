import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readIncident } from "../../src/commands/read-incident.ts";
import type { Incident, IncidentParts } from "../../src/model/incident.ts";
import { Mark } from "../../src/model/recorded.ts";
import { noteKill } from "../../src/recorder/counts.ts";
import { incidentOf } from "../../src/recorder/incident.ts";
import { MAX_INCIDENT_BYTES } from "../../src/recorder/incidents.ts";
import { readRing } from "../../src/recorder/read-ring.ts";
import { explanationLines } from "../../src/report/explanation.ts";
import { aCandidate, aProcess, aSelection } from "../helpers/nouns.ts";
import { PaperRing, someParts } from "../helpers/recorded.ts";

/** Of each kind; of all kinds together 10,000 and more. */
const MUTATIONS = 3500;
const SLOW_MS = 60_000;

const teller = { userOf: String, timeOf: (ms: number) => new Date(ms).toISOString() };
const canvas = { columns: 80, rows: 5, isUtf8: true, hasColor: false };

function incidentIn(content: string): Incident {
  const read = readIncident(content);
  if ("problem" in read) {
    throw new Error(read.problem);
  }
  return read.incident;
}

/** What a reader makes of a file: its story, or one short sentence. */
function madeOf(content: string): string {
  const read = readIncident(content);
  return "problem" in read
    ? read.problem
    : explanationLines(read.incident, teller, canvas).join("\n");
}

/** Every place in a document, as a path. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inner =
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))
      : [];
  return [path, ...inner];
}

/** The document with something else at a place. */
function withValue(document: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    return value;
  }
  const copy = Array.isArray(document) ? [...document] : { ...(document as object) };
  const holder = copy as Record<string, unknown>;
  holder[key] = withValue(holder[key], rest, value);
  return copy;
}

const numbers = fc.oneof(
  fc.constantFrom(-1, 0, 1, 1e300, -1e300, 2 ** 53, 253_402_300_799_999, 4e12),
  fc.double(),
);
const anything = fc.oneof(
  numbers,
  fc.constantFrom(null, true, "", [], {}, "x".repeat(10_000), [[[[]]]], { length: 3 }),
  fc.string({ unit: "binary" }),
  fc.array(numbers, { maxLength: 5 }),
  fc.jsonValue(),
);

describe("a hostile incident", () => {
  const whole = JSON.stringify(incidentOf(someParts()));

  test(
    "with any value anywhere is told, or refused in a sentence",
    () => {
      const document: unknown = JSON.parse(whole);
      const paths = pathsOf(document);
      fc.assert(
        fc.property(fc.constantFrom(...paths), anything, (path, value) => {
          const text = madeOf(JSON.stringify(withValue(document, path, value)) ?? "");
          expect(text.length).toBeGreaterThan(5);
          expect(text).not.toContain("undefined");
        }),
        { numRuns: MUTATIONS },
      );
    },
    SLOW_MS,
  );

  test(
    "with any bytes changed, cut or put in is told, or refused in a sentence",
    () => {
      const bytes = new TextEncoder().encode(whole);
      const change = fc.record({
        at: fc.nat(bytes.length - 1),
        cut: fc.nat(20),
        put: fc.uint8Array({ maxLength: 20 }),
      });
      fc.assert(
        fc.property(change, ({ at, cut, put }) => {
          const mutant = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
          const text = madeOf(mutant.toString());
          expect(text.length).toBeGreaterThan(5);
        }),
        { numRuns: MUTATIONS },
      );
    },
    SLOW_MS,
  );

  const rows: readonly (readonly [string, string, string])[] = [
    ["empty", " \n", "it is empty"],
    ["cut short", whole.slice(0, 1000), "it is cut short, or not JSON"],
    ["nested too deep", "[".repeat(1_000_000), "it is cut short, or not JSON"],
    ["a list", "[]", "it is no incident"],
    ["null", "null", "it is no incident"],
    ["of another version", '{"version":7}', "it has format 7, and this bustd reads format 1"],
    [
      "garbled inside",
      whole.replace('"pid":4242', '"pid":"x"'),
      "it is garbled at selection.victims.0.pid",
    ],
    ["of uneven looks", whole.replace('"marks":[0', '"marks":[0,0'), "it is garbled at looks"],
  ];

  test.each(rows)("that is %s", (_, content, problem) => {
    expect(readIncident(content)).toEqual({ problem });
  });
});

describe("an incident that is written", () => {
  const texts = fc.string({ unit: "binary", maxLength: 3000 });
  const counts = fc.oneof(fc.nat(), fc.double({ noNaN: false }), fc.constant(-1));

  test("is read back as it was", () => {
    const incident = incidentOf(someParts());
    expect(incidentIn(JSON.stringify(incident))).toEqual(incident);
  });

  test("of anything the daemon may know is read back, and never too large", () => {
    fc.assert(
      fc.property(texts, texts, counts, fc.nat(200), (name, long, value, many) => {
        const process = aProcess(7, { comm: name, cgroup: long, exe: long, grownKib: value });
        const points = Array.from({ length: many }, () => ({ origin: long, points: value }));
        const candidate = aCandidate(process, { score: value, points });
        const victims = Array.from({ length: many + 1 }, () => candidate);
        const spared = victims.map(
          () => ({ process, because: "protected", origin: long }) as const,
        );
        const details = [{ pid: 7, cmdline: long, exe: long, majorFaults: 3 }];
        const parts: Partial<IncidentParts> = {
          selection: aSelection(victims, { next: candidate, spared }),
          candidates: victims,
          details,
          reliefMs: value,
        };
        const text = JSON.stringify(incidentOf(someParts(parts)));
        expect(Buffer.byteLength(text)).toBeLessThan(MAX_INCIDENT_BYTES);
        incidentIn(text);
      }),
      { numRuns: 300 },
    );
  });

  test("keeps of many looks those near the kill, and the marked ones", () => {
    const looks = Array.from({ length: 960 }, (_, i) => ({
      ...(someParts().looks[0] as IncidentParts["looks"][number]),
      atMs: 300_000 + (i - 900) * 200,
      marks: i === 10 ? Mark.KERNEL : i === 900 ? Mark.ACTED : 0,
    }));
    const kept = incidentOf(someParts({ looks })).looks;
    expect(kept.atMs.length).toBeLessThanOrEqual(300);
    expect(kept.atMs.filter((ms) => ms >= -15_000 && ms <= 5_000).length).toBeGreaterThan(95);
    expect(kept.marks.filter((marks) => marks !== 0)).toEqual([Mark.KERNEL, Mark.ACTED]);
    expect(kept.atMs[0]).toBeLessThan(-170_000);
    expect(kept.atMs.at(-1)).toBe(59 * 200);
  });
});

test(
  "a hostile ring is read, or refused in a sentence",
  () => {
    const paper = new PaperRing();
    for (let i = 0; i < 3_000; i++) {
      paper.look(500, {}, i % 700 === 0 ? Mark.NEAR : 0, i >> 10);
    }
    noteKill(paper.ring, "leak", false, 1);
    const whole = paper.bytes();
    const change = fc.record({
      at: fc.oneof(fc.nat(3_100), fc.nat(whole.length - 1)),
      put: fc.uint8Array({ minLength: 1, maxLength: 64 }),
      cutAt: fc.oneof({ weight: 9, arbitrary: fc.constant(whole.length) }, fc.nat(whole.length)),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let bytes = whole.slice();
        for (const { at, cutAt, put } of changes) {
          bytes.set(put.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
          bytes = bytes.subarray(0, cutAt);
        }
        const read = readRing(bytes);
        if ("problem" in read) {
          expect(read.problem).toMatch(/^it (is|has) /);
          return;
        }
        const { hours, looks, rules } = read.ring;
        expect(hours.length).toBeLessThanOrEqual(48);
        expect(looks.length).toBeLessThanOrEqual(960);
        expect(rules.length).toBeLessThanOrEqual(16);
        expect(looks.every((look) => Object.values(look).every(Number.isFinite))).toBe(true);
      }),
      { numRuns: MUTATIONS },
    );
  },
  SLOW_MS,
);
