/** Each dialect beside the program whose it is: regcomp(3) of glibc, and Python's `re`. */
import { dlopen, ptr } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { compileTree, readRegex } from "../../../src/cli/compile-regex.ts";
import { regexBudget } from "../../../src/cli/regex/budget.ts";
import { printRegex } from "../../../src/cli/regex/print.ts";
import type { Dialect } from "../../../src/cli/regex/tree.ts";
import { matchRegex } from "../../../src/policy/regex.ts";

/** Whether it matches each text, or why it is refused. */
type Answer = readonly boolean[] | "refused";

function ours(source: string, dialect: Dialect, texts: readonly string[]): Answer | "lost" {
  const tree = readRegex(source, dialect);
  if ("reason" in tree) {
    return /cannot be used|invalid group/.test(tree.reason) ? "lost" : "refused";
  }
  const compiled = compileTree(tree, source, regexBudget());
  if ("reason" in compiled) {
    return "lost";
  }
  const answer = texts.map((text) => matchRegex(compiled, text));
  // Written down in our own syntax it is the same.
  const printed = printRegex(tree);
  const again = readRegex(printed, "own");
  const copy = "reason" in again ? again : compileTree(again, printed, regexBudget());
  expect([source, printed, copy]).toEqual([source, printed, { ...compiled, source: printed }]);
  return answer;
}

/** Lists of texts; of no length Python before 3.14 says that `\\B` is not in it. */
const textsOf = (minLength: number) =>
  fc.array(fc.string({ unit: fc.constantFrom(..."aabbcAB01_ -/{},]["), minLength, maxLength: 6 }), {
    minLength: 8,
    maxLength: 8,
  });

function pieces(...special: readonly string[]): fc.Arbitrary<string> {
  const common = ["a", "b", "c", "A", "(", ")", "|", "*", "+", "?", ".", "^", "$", "_", " "];
  const counts = ["{2}", "{,1}", "{1,}", "{0,2}", "{,}"];
  const sets = ["[ab]", "[^a]", "[a-c]", "[]a]", "[^]b]", "[a-]", "[", "]", "-"];
  const unit = fc.constantFrom(...common, ...common, ...counts, ...sets, ...special);
  return fc.array(unit, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(""));
}

const REG_EXTENDED_NOSUB = 1 | 8;
/** More than regex_t takes on any machine. */
const REGEX_BYTES = 1024;

function openLibc() {
  try {
    return dlopen("libc.so.6", {
      regcomp: { args: ["ptr", "cstring", "i32"], returns: "i32" },
      regexec: { args: ["ptr", "cstring", "u64", "ptr", "i32"], returns: "i32" },
      regfree: { args: ["ptr"], returns: "void" },
    }).symbols;
  } catch {
    return null;
  }
}

const libc = openLibc();

function glibcs(source: string, texts: readonly string[]): Answer {
  const regex = new BigUint64Array(REGEX_BYTES / 8);
  const terminated = (text: string) => Buffer.from(`${text}\0`);
  if (libc === null || libc.regcomp(ptr(regex), terminated(source), REG_EXTENDED_NOSUB) !== 0) {
    return "refused";
  }
  const answer = texts.map((text) => libc.regexec(ptr(regex), terminated(text), 0, null, 0) === 0);
  libc.regfree(ptr(regex));
  return answer;
}

const noGlibc = libc === null ? " (left out: no glibc here)" : "";

describe.skipIf(libc === null)(`POSIX extended expressions${noGlibc}`, () => {
  const fixed = [
    ..."*chrome (*a) a|*b {2} a{ a{1 a{3,2} ^* $* \\b* (?:a) a) a||b (|a)b () a** a+?".split(" "),
    ..."a{2}{2} a{,2}$ \\<a\\> \\bab a\\Bb \\`a b\\' [[:alpha:]]+$ [[:foo:]] [[.a.]-c]".split(" "),
    ..."[[=b=]] [a-c-e] [\\]] [\\w] \\d []".split(" "),
    "^(init|X[[:alnum:]_]*|\\<sway\\>|java\\b)$",
    "(code){,2}|a{2}|[]x]|[\\w]",
    "(^|/)(cc1|gcc|g++|music)$",
  ];
  const texts = [
    "",
    "a",
    "b",
    "ab",
    "aab",
    "a b",
    "ba",
    "]",
    "\\",
    "w",
    "d",
    "sway",
    "java",
    "X11",
  ];

  test.each(fixed)("%s", (source) => {
    expect(ours(source, "posix", texts)).toEqual(glibcs(source, texts));
  });

  test("whatever is written means what it means to regcomp(3)", () => {
    const special = [
      "\\<",
      "\\>",
      "\\b",
      "\\B",
      "\\w",
      "\\W",
      "\\s",
      "\\.",
      "[[:alpha:]]",
      "[\\w]",
    ];
    fc.assert(
      fc.property(pieces(...special, "{", "}", "\\"), textsOf(0), (source, some) => {
        expect([source, ours(source, "posix", some)]).toEqual([source, glibcs(source, some)]);
      }),
      { numRuns: 4000 },
    );
  });
});

const python = Bun.which("python3");
const noPython = python === null ? " (left out: no python3 here)" : "";

const ASK_PYTHON = `
import json, re, sys, warnings
warnings.simplefilter("ignore")
def ask(source, texts):
    try:
        return [re.search(source, text) is not None for text in texts]
    except re.error:
        return "refused"
json.dump([ask(*question) for question in json.load(sys.stdin)], sys.stdout)
`;

type Question = readonly [source: string, texts: readonly string[]];

function pythons(questions: readonly Question[]): Answer[] {
  const stdin = Buffer.from(JSON.stringify(questions));
  const { stdout } = Bun.spawnSync([python ?? "", "-c", ASK_PYTHON], { stdin });
  return JSON.parse(stdout.toString()) as Answer[];
}

describe.skipIf(python === null)(`expressions of Python's re${noPython}`, () => {
  const texts = [
    "",
    "a",
    "b",
    "ab",
    "aab",
    "A",
    "chromium",
    "Chrom",
    "/tsserver.js",
    "<a",
    "\u0007",
  ];
  const fixed = [
    "(?i)chrom",
    "(?i:A)b",
    "a(?#comment)b",
    "(?P<name>a)b",
    "/tsserver(\\.js)?\\b",
    "\\<a",
    "\\Aa\\Z",
    "a{,2}b",
    "a{,}$",
    "[]a]",
    "[\\w.]+$",
    "\\x61\\u0062",
    "\\141",
    "\\07",
    "a*?b",
    "a**",
    "^*",
    "a{2}{2}",
    "[b-a]",
    "a{2,1}",
    "\\q",
    "(",
    ")",
    "*",
    "[[:alpha:]]",
    "(?i)[^a]",
  ];

  test("those that people write", () => {
    const answers = pythons(fixed.map((source) => [source, texts]));
    for (const [index, source] of fixed.entries()) {
      expect([source, ours(source, "python", texts)]).toEqual([
        source,
        answers[index] ?? "refused",
      ]);
    }
  });

  test("whatever is written means what it means to Python, or is lost", () => {
    const special = ["\\b", "\\B", "\\w", "\\W", "\\s", "\\d", "\\A", "\\Z", "(?:", "\\.", "(?i:"];
    const some = fc.sample(fc.tuple(pieces(...special, "{", "}", "[\\w-]", "(?i)"), textsOf(1)), {
      numRuns: 4000,
      seed: 7,
    });
    const answers = pythons(some);
    let lost = 0;
    for (const [index, [source, each]] of some.entries()) {
      const answer = ours(source, "python", each);
      lost += answer === "lost" ? 1 : 0;
      expect([source, answer]).toEqual([
        source,
        answer === "lost" ? answer : (answers[index] ?? "refused"),
      ]);
    }
    expect(lost).toBeLessThan(400);
  });
});
