import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { runDaemon } from "../../src/daemon.ts";
import {
  MEMINFO_FIELDS,
  type Moment,
  NOBODY,
  type Process,
  VMSTAT_FIELDS,
} from "../../src/replay/fields.ts";
import { replayLines } from "../../src/replay/lines.ts";
import { headerLine, readRecording, RecordingWriter } from "../../src/replay/recording.ts";
import { replay } from "../../src/replay/replay.ts";
import { deathsOf, Stage } from "../../src/replay/stage.ts";
import { someOptions } from "../helpers/nouns.ts";

const MUTATIONS = 3000;
const SLOW_MS = 60_000;

const header = headerLine({
  kernel: "6.1.0",
  pageKib: 4,
  atMs: 5000,
  bootMs: 6000,
  wallMs: 1e12,
  ramKib: 1_000_000,
  ownPid: 0,
});

const amount = fc.integer({ min: 0, max: 2 ** 40 });
const pressure = fc.record({ avg10: fc.integer({ min: 0, max: 100 }), totalUs: amount });
const anyProcess = fc.record({
  ...NOBODY_FIELDS(),
  comm: fc.string({ maxLength: 15 }),
  state: fc.constantFrom("S", "R", "Z"),
});

function NOBODY_FIELDS() {
  const small = fc.integer({ min: 0, max: 5 });
  return { ppid: small, startMs: small, uid: small, anonKib: small, swapKib: small };
}

function tableOf(names: readonly string[]) {
  return fc.record(Object.fromEntries(names.map((name) => [name, amount])), { requiredKeys: [] });
}

const anyMoment: fc.Arbitrary<Omit<Moment, "atMs">> = fc.record({
  meminfo: tableOf(MEMINFO_FIELDS),
  vmstat: tableOf(VMSTAT_FIELDS),
  some: fc.option(pressure),
  full: fc.option(pressure),
  arcKib: amount,
  processes: fc
    .dictionary(fc.integer({ min: 1, max: 9 }).map(String), anyProcess, { maxKeys: 5 })
    .map(
      (table) =>
        new Map(
          Object.entries(table).map(([pid, process]): [number, Process] => [
            Number(pid),
            { ...NOBODY, ...process, pid: Number(pid) },
          ]),
        ),
    ),
});

function written(moments: readonly Moment[]): string {
  const writer = new RecordingWriter();
  return header + moments.map((moment) => writer.line(moment)).join("");
}

function read(text: string) {
  const recording = readRecording(text);
  if (typeof recording === "string") {
    throw new Error(recording);
  }
  return recording;
}

/** A leak that the kernel ends, of eight moments. */
function smallRecording(): string {
  const moments = Array.from({ length: 8 }, (_, i): Moment => {
    const isDead = i >= 6;
    const availableKib = isDead ? 800_000 : 800_000 - i * 150_000;
    const leak = { ...NOBODY, pid: 7, comm: "leak", anonKib: i * 150_000, oomScore: 700 + i };
    const other = { ...NOBODY, pid: 5, comm: "other", anonKib: 90_000, oomScore: 690 };
    return {
      atMs: i * 100,
      meminfo: {
        MemTotal: 1e6,
        MemFree: availableKib,
        MemAvailable: availableKib,
        SwapTotal: 0,
        SwapFree: 0,
      },
      vmstat: { oom_kill: isDead ? 1 : 0, pgsteal_kswapd: i * 1000, pgsteal_direct: 0 },
      some: { avg10: 0, totalUs: i * 50_000 },
      full: { avg10: 0, totalUs: i * 20_000 },
      arcKib: 0,
      processes: new Map(
        isDead
          ? [[5, other]]
          : [
              [5, other],
              [7, leak],
            ],
      ),
    };
  });
  return written(moments);
}

describe("a recording", () => {
  test("tells each moment as it was", () => {
    fc.assert(
      fc.property(fc.array(anyMoment, { minLength: 1, maxLength: 6 }), (bare) => {
        const moments = bare.map((moment, i) => ({ ...moment, atMs: i * 100 }));
        const stage = new Stage(read(written(moments)));
        for (const [i, moment] of moments.entries()) {
          expect(stage.atMs).toBe(moment.atMs);
          expect(stage.meminfo).toMatchObject(moment.meminfo);
          expect(stage.vmstat).toMatchObject(moment.vmstat);
          expect(stage.some).toEqual(moment.some ?? stage.some);
          expect(stage.arcKib).toBe(moment.arcKib);
          expect(stage.processes).toEqual(new Map(moment.processes));
          expect(stage.step() === null).toBe(i === moments.length - 1);
        }
      }),
    );
  });

  test("shows a terminal nothing of a name that it would obey, and is read as it was", () => {
    const process = { ...NOBODY, pid: 7, comm: "a\u009b\u202e\u{e0041}\x1b" };
    const processes = new Map([[7, process]]);
    const bare = { meminfo: {}, vmstat: {}, some: null, full: null, arcKib: 0 };
    const text = written([{ ...bare, atMs: 0, processes }]);
    expect(text).toContain('"a\\u009b\\u202e\\udb40\\udc41\\u001b"');
    expect(new Stage(read(text)).processes).toEqual(processes);
  });

  test("says nothing twice", () => {
    const [first, second] = [0, 100].map((atMs): Moment => ({
      atMs,
      meminfo: { MemTotal: 1000, MemFree: 500 },
      vmstat: { pswpin: 5 },
      some: { avg10: 1, totalUs: 2 },
      full: { avg10: 0, totalUs: 2 },
      arcKib: 3,
      processes: new Map([[7, { ...NOBODY, pid: 7, comm: "x" }]]),
    }));
    const lines = written([first!, { ...second!, meminfo: { MemTotal: 1000, MemFree: 400 } }]);
    expect(JSON.parse(lines.split("\n")[2] ?? "")).toEqual({
      atMs: 100,
      meminfo: { MemFree: 400 },
    });
  });

  test("whose last line is cut is read up to there", () => {
    const whole = smallRecording();
    const cut = read(whole.slice(0, -20));
    expect(cut).toMatchObject({ isCut: true, moments: 7 });
    expect(read(whole)).toMatchObject({ isCut: false, moments: 8 });
    const lines = whole.trimEnd().split("\n");
    expect(readRecording(lines.with(3, "}").join("\n"))).toStartWith("line 4: ");
  });

  test("tells of a large death, and of the kernel's hand", () => {
    expect(deathsOf(read(smallRecording()))).toMatchObject([
      { atMs: 600, by: "kernel", process: { pid: 7, anonKib: 750_000 } },
    ]);
  });
});

describe("what is no recording is refused in a sentence", () => {
  test.each([
    ["", "it is no recording of bustd's"],
    ["[1]\n{}\n", "it is no recording of bustd's"],
    [header, "there is no moment in it"],
    [header.replace('"version":1', '"version":2'), "its version is 2, and this bustd reads 1"],
    [header.replace('"pageKib":4', '"pageKib":5'), "its first line is not what it should be"],
    [`${header}{"atMs":1}\n{"atMs":0}\n`, "line 3: its time is before that of the line before"],
    [`${header}{"atMs":1,"gone":[0]}\n`, "line 2: gone is not what it should be"],
    [`${header}{"meminfo":{}}\n`, "line 2: atMs is missing"],
    [`${header}{"atMs":1,"meminfo":{"Foo":1}}\n`, "line 2: meminfo is not what it should be"],
    [`${header}nonsense\n{"atMs":1}\n`, "line 2: it is no JSON object"],
  ])("%j", (text, problem) => {
    expect(readRecording(text)).toBe(problem);
  });
});

describe("a hostile recording", () => {
  const whole = smallRecording();

  test(
    "with any bytes changed is replayed, or refused in a sentence",
    () => {
      const change = fc.record({
        at: fc.integer({ min: 0, max: whole.length }),
        length: fc.constantFrom(0, 1, 1, 5, 40),
        by: fc.oneof(
          fc.constantFrom("", "0", "-", "9", "1e300", "\n", '"', "{", "}", "null", "\x1b[31m"),
          fc.string({ maxLength: 8, unit: "binary" }),
        ),
      });
      let replayed = 0;
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          let text = whole;
          for (const { at, by, length } of changes) {
            text = text.slice(0, at) + by + text.slice(at + length);
          }
          const recording = readRecording(text);
          if (typeof recording === "string") {
            expect(recording.length).toBeWithin(10, 200);
            return;
          }
          const options = someOptions({ trim: false });
          const acts = replay(runDaemon, recording, options);
          const about = {
            recording,
            options,
            whose: "here" as const,
            acts,
            warnings: [],
            deaths: deathsOf(recording),
          };
          const lines = replayLines(about, { columns: 80, isUtf8: false });
          // oxlint-disable-next-line no-control-regex -- that is what is looked for
          expect(lines.join("\n")).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
          replayed++;
        }),
        { numRuns: MUTATIONS },
      );
      expect(replayed).toBeGreaterThan(100);
    },
    SLOW_MS,
  );
});
