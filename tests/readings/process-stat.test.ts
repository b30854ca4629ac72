import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { commOf, Field, parseStat, statFields } from "../../src/readings/process-stat.ts";
import { anyBytes, beginningsOf, read, refused } from "../helpers/bytes.ts";
import { statText } from "../helpers/kernel-texts.ts";

/** All that is used of a stat text, or null when it is none. */
function parsed(content: string | Uint8Array) {
  const { text, length } = read(content);
  const state = parseStat(text, length);
  if (state === "") {
    return null;
  }
  const numbers = Object.values(Field).map((field) => statFields[field] ?? NaN);
  return { comm: commOf(text, length), state, numbers };
}

const KERNEL = { pageKib: 4, totalKib: 1_000_000, isOldScale: false } as const;
const TAIL =
  " 1 4242 4241 34817 4242 4194304 900 0 3 6 18 125 0 0 20 0 7 0 8669053 163840000 5120" +
  " 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 3 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
const NUMBERS = [1, 4242, 4241, 4194304, 3, 6, 18, 125, 7, 8669053, 5120];

describe("names that strangers chose", () => {
  const names = [
    "bash",
    "",
    " ",
    "foo) Z ",
    "foo)Z ",
    "foo)\nZ\n",
    "()()()())))(((()))()()",
    ") S 1 2 3 4 5 6",
    "a b\tc",
    "\n\n\n",
    "\u001B[31mred\u001B[0m",
    "kworker/0:1H-kblockd",
    "ä€🙂",
    "\uFEFFsshd",
    "a\0b",
  ];
  test.each(names)("%j", (comm) => {
    expect(parsed(`4242 (${comm}) R${TAIL}`)).toEqual({ comm, state: "R", numbers: NUMBERS });
  });

  test("a name of broken UTF-8, as the kernel cuts them after 15 bytes", () => {
    const whole = new TextEncoder().encode("ä€🙂ä€🙂");
    for (let length = 0; length <= whole.length; length++) {
      const parts = ["4242 (", whole.subarray(0, length), `) R${TAIL}`].map((part) =>
        Buffer.from(part),
      );
      const result = parsed(Buffer.concat(parts));
      expect(result?.numbers).toEqual(NUMBERS);
      expect(result?.comm.isWellFormed()).toBe(true);
    }
  });

  test("any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const parts = ["4242 (", bytes, `) R${TAIL}`].map((part) => Buffer.from(part));
        const result = parsed(Buffer.concat(parts));
        expect(result?.state).toBe("R");
        expect(result?.numbers).toEqual(NUMBERS);
        expect(result?.comm).toBe(Buffer.from(bytes).toString("utf8"));
      }),
    );
  });
});

test("a first thread that has ended while others live", () => {
  const line =
    "777295 (zombie) Z 773921 777295 773921 34817 777295 4227084 262246 0 1 0 18 125 0 0 20 0 2 0" +
    " 8669053 0 0 18446744073709551615 0 0 0 0 0 0 0 4096 0 0 0 0 17 15 0 0 0 0 0 0 0 0 0 0 0 0\n";
  expect(parsed(line)).toMatchObject({ comm: "zombie", state: "Z" });
  expect(statFields[Field.threads]).toBe(2);
  expect(statFields[Field.rssPages]).toBe(0);
});

test("negative fields: no terminal, real-time priority, a group of another namespace", () => {
  const line = `4242 (a) S${TAIL}`
    .replace(" 34817 4242 ", " 0 -1 ")
    .replace(" 20 0 7 ", " -51 0 7 ");
  expect(parsed(line)?.numbers).toEqual(NUMBERS);
  expect(parsed(`4242 (a) S${TAIL}`.replace(" 4241 ", " -1 "))?.numbers[2]).toBe(-1);
});

describe("what is no stat", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["empty", ""],
    ["NUL bytes", "\0".repeat(100)],
    ["only )", ")"],
    ["only )))", "))))))))"],
    ["no name", `4242 R${TAIL}`],
    ["no state", `4242 (a)${TAIL}`],
    ["a state that is no letter", `4242 (a) 1${TAIL}`],
    ["no blank behind the name", `4242 (a)xR${TAIL}`],
    ["a word among the numbers", `4242 (a) R${TAIL}`.replace(" 34817 ", " tty ")],
    ["two blanks", `4242 (a) R${TAIL}`.replace(" 34817 ", "  34817 ")],
  ];
  test.each(rows)("%s", (_name, content) => expect(parsed(content)).toBeNull());

  test("an error", () => {
    const { text, length } = refused(3);
    expect(parseStat(text, length)).toBe("");
    expect(commOf(text, length)).toBe("");
    expect(commOf(text, 0)).toBe("");
  });

  test("cut before the last field that is used", () => {
    const line = `4242 (a) R${TAIL}`;
    const used = line.slice(0, line.indexOf(" 18446744073709551615"));
    for (const { text, length } of beginningsOf(used)) {
      expect(parseStat(text, length)).toBe("");
    }
    expect(parsed(`${used} `)?.numbers).toEqual(NUMBERS);
  });
});

test("anything else never throws and never gives what is no number", () => {
  fc.assert(
    fc.property(anyBytes("1 (a) SRZ 0123456789-\n)"), (bytes) => {
      const result = parsed(bytes);
      expect(result?.numbers.every((value) => Number.isSafeInteger(value)) ?? true).toBe(true);
    }),
  );
});

test("reads what a paper kernel writes", () => {
  const id = fc.nat(4_194_304);
  const arbitrary = fc.record({
    pid: id,
    comm: fc.string({ unit: "binary", maxLength: 15 }),
    state: fc.constantFrom(..."RSDTtXZPI"),
    ppid: id,
    pgid: id,
    sessionId: id,
    flags: fc.nat(),
    majorFaults: fc.nat(),
    childMajorFaults: fc.nat(),
    cpuMs: fc.nat(1e9).map((ticks) => ticks * 10),
    threads: fc.nat(30_000),
    startMs: fc.nat(1e9).map((ticks) => ticks * 10),
  });
  fc.assert(
    fc.property(arbitrary, (process) => {
      expect(parsed(statText({ process, ...KERNEL, tid: process.pid }))).toEqual({
        comm: process.comm.toWellFormed(),
        state: process.state,
        numbers: [
          process.ppid,
          process.pgid,
          process.sessionId,
          process.flags,
          process.majorFaults,
          process.childMajorFaults,
          process.cpuMs / 10,
          0,
          process.threads,
          process.startMs / 10,
          0,
        ],
      });
    }),
  );
});
