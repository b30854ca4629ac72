import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { lookColumns } from "../../src/recorder/incident.ts";
import { frameOf, type View } from "../../src/report/top-frame.ts";
import { leakLooks, someParts } from "../helpers/recorded.ts";

const MIB = 1024;

function aView(changes: Partial<View> = {}): View {
  return {
    clock: "2026-11-28 12:00:00",
    state: "runs, pid 999",
    isHealthy: true,
    mayQuit: true,
    looks: lookColumns(leakLooks(), 305_000),
    limits: someParts().limits,
    availableKib: 250 * MIB,
    usableKib: 1000 * MIB,
    swapFreeKib: 128 * MIB,
    swapTotalKib: 512 * MIB,
    somePercent: 30,
    fullPercent: 12.5,
    leftKib: 227 * MIB,
    lossKibPerS: 60 * MIB,
    growing: [{ pid: 4242, comm: "leak", sizeKib: 700 * MIB, kibPerS: 60 * MIB }],
    candidates: [
      { pid: 4242, comm: "leak", user: "anna", sizeKib: 760 * MIB, score: 1012.4 },
      { pid: 77, comm: "database", user: "postgres", sizeKib: 120 * MIB, score: 640 },
    ],
    processCount: 123,
    ...changes,
  };
}

const canvas = { columns: 80, rows: 0, isUtf8: true, hasColor: false };

describe("the live view", () => {
  test("in 80 columns and 24 rows shows all that matters", () => {
    const lines = frameOf(aView(), 24, canvas);
    expect(lines).toHaveLength(24);
    expect(lines.slice(0, 6)).toEqual([
      "bustd runs, pid 999                  2026-11-28 12:00:00  123 processes  q quits",
      "Memory  ███┃████░░░░░░░░░░░░░░░░░░░░░░ 25.0 % of 1000 MiB, acts at 10 %",
      "Swap    ███┃████░░░░░░░░░░░░░░░░░░░░░░ 25.0 % of 512 MiB, acts at 10 %",
      "Stalls  ████████┃░░░░░░░░░░░░░░░░░░░░░ 30.0 %, all tasks 12.5 %, acts at 25 %",
      "To go   227 MiB until it acts, in 3.78 s, shrinking by 60 MiB/s",
      "Available memory, % of 1000 MiB, limit 10 %",
    ]);
    expect(lines.slice(-11, -8)).toEqual([
      "    PID WHO GROWS       SIZE   MiB/s     PID WOULD BE KILLED   SIZE SCORE USER  ".slice(
        0,
        80,
      ),
      "   4242 leak            700M    60.0    4242 leak              760M  1012 anna",
      "                                          77 database          120M   640 postgr",
    ]);
  });

  test("that is printed once does not say how to leave it", () => {
    const [head] = frameOf(aView({ mayQuit: false }), 24, canvas);
    expect(head).toEndWith("  2026-11-28 12:00:00  123 processes");
  });

  test("in 200 columns and 50 rows has all curves", () => {
    const text = frameOf(aView(), 50, { ...canvas, columns: 200 }).join("\n");
    for (const part of ["Available memory,", "Free swap,", "Tasks waiting", "-5 min", "postgres"]) {
      expect(text).toContain(part);
    }
  });

  test("never has more rows and columns than there are, whatever the names and the size", () => {
    const names = fc.string({ unit: "binary", maxLength: 40 });
    const sizes = fc.record({ columns: fc.integer({ min: 1, max: 250 }), rows: fc.nat(100) });
    fc.assert(
      fc.property(sizes, names, fc.boolean(), fc.nat(60), (size, comm, isUtf8, many) => {
        const row = { pid: 4_194_304, comm, user: comm, sizeKib: 4e9, score: 1e4, kibPerS: 4e9 };
        const rows = Array.from({ length: many }, () => row);
        const view = aView({ growing: rows, candidates: rows });
        const lines = frameOf(view, size.rows, { ...canvas, ...size, isUtf8 });
        expect(lines.length).toBeLessThanOrEqual(size.rows);
        if (size.columns >= 40) {
          expect(Math.max(0, ...lines.map(({ length }) => length))).toBeLessThanOrEqual(
            size.columns,
          );
        }
        expect(lines.join("")).not.toMatch(/[\p{Cc}\u202e]/u);
      }),
      { numRuns: 500 },
    );
  });

  test("leaves columns, bars and words out before it cuts a number", () => {
    const numbersOf = (columns: number) =>
      frameOf(aView(), 15, { ...canvas, columns })
        .flatMap((line) => line.split(/[\s,]+/))
        .filter((word) => /\d/.test(word));
    const whole = new Set(numbersOf(200));
    for (let columns = 28; columns <= 120; columns++) {
      expect([columns, numbersOf(columns).filter((word) => !whole.has(word))]).toEqual([
        columns,
        [],
      ]);
    }
    expect(frameOf(aView(), 9, { ...canvas, columns: 60 })).toEqual([
      "bustd runs, pid 999             2026-11-28 12:00:00  q quits",
      "Memory  █┃█░░░░░░░░░░ 25.0 % of 1000 MiB, acts at 10 %",
      "Swap    █┃█░░░░░░░░░░ 25.0 % of 512 MiB, acts at 10 %",
      "Stalls  ███┃░░░░░░░░░ 30.0 %, all tasks 12.5 %, acts at 25 %",
      "To go   227 MiB until it acts, in 3.78 s",
      "    PID WHO GROWS       MiB/s     PID WOULD BE KILLED   SIZE",
      "   4242 leak             60.0    4242 leak              760M",
      "                                   77 database          120M",
      "",
    ]);
  });

  const distances: readonly (readonly [Partial<View>, string])[] = [
    [{ leftKib: 0 }, "To go   nothing: the limit is passed"],
    [{ leftKib: -1 }, "To go   the limits of memory are switched off"],
    [{ lossKibPerS: 0 }, "To go   227 MiB until it acts, steady"],
    [{ lossKibPerS: -9 * MIB }, "To go   227 MiB until it acts, growing by 9 MiB/s"],
    [
      { limits: { ...someParts().limits, when: ["mem < 10"] } },
      "To go   conditions of the configuration stand in place of the limits",
    ],
  ];

  test.each(distances)("%j", (changes, line) => {
    expect(frameOf(aView(changes), 24, canvas)).toContain(line);
  });

  test("without swap and without PSI says nothing of them", () => {
    const text = frameOf(aView({ swapTotalKib: 0, somePercent: -1 }), 24, canvas).join("\n");
    expect(text).not.toMatch(/^(Swap|Stalls)/m);
  });

  test("marks what is at its limit in red, where there are colours", () => {
    const lines = frameOf(aView({ availableKib: 90 * MIB }), 24, { ...canvas, hasColor: true });
    expect(lines[1]).toContain("\x1b[31m");
    expect(lines[2]).not.toContain("\x1b[31m");
    expect(Bun.stripANSI(lines.join("\n"))).toBe(
      frameOf(aView({ availableKib: 90 * MIB }), 24, canvas).join("\n"),
    );
  });
});
