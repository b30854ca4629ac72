import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { earlyoomArguments } from "../../src/cli/earlyoom-arguments.ts";
import { shellVariables } from "../../src/cli/shell-variables.ts";
import { shellWords } from "../../src/cli/shell-words.ts";

function argumentsIn(text: string, files: Readonly<Record<string, string>> = {}) {
  return earlyoomArguments(text, (path) => files[path] ?? null);
}

describe("files of variables", () => {
  test.each<[string, readonly string[]]>([
    ['EARLYOOM_ARGS="-r 3600"', ["-r", "3600"]],
    ['# EARLYOOM_ARGS="-m 1"\nEARLYOOM_ARGS=-m\\ 5\n', ["-m", "5"]],
    ["EARLYOOM_ARGS=\"--avoid '(^|/)(X)$'\"", ["--avoid", "(^|/)(X)$"]],
    ["EARLYOOM_ARGS='-m 5'\nEARLYOOM_ARGS='-m 6 \\\n -s 7'", ["-m", "6", "-s", "7"]],
    ['export EARLYOOM_ARGS="-m 5"', ["-m", "5"]],
    ['  readonly EARLYOOM_ARGS="-m 5"; other', ["-m", "5"]],
    ["EARLYOOM_ARGS='-m 5'\nEARLYOOM_ARGS+=' -s 7'", ["-m", "5", "-s", "7"]],
    ["EARLYOOM_ARGS+='-s 7'", ["-s", "7"]],
    ['EARLYOOM_ARGS="-m 5"\nEARLYOOM_ARGS="$EARLYOOM_ARGS -g"', ["-m", "5", "-g"]],
    ['LIMIT=5\nEARLYOOM_ARGS="-m ${LIMIT},$LIMIT"', ["-m", "5,5"]],
    ['EARLYOOM_ARGS="-m 5" # mine', ["-m", "5"]],
    ["EARLYOOM_ARGS=-m 5 # mine", ["-m", "5"]],
    ["EARLYOOM_ARGS=-m 5 -s 6\r\n", ["-m", "5", "-s", "6"]],
    ['EARLYOOM_ARGS="-m 5\n  -s 6"\nOTHER=1', ["-m", "5", "-s", "6"]],
    ['EARLYOOM_ARGS="--avoid \\"a b\\""', ["--avoid", "a b"]],
    ["EARLYOOM_ARGS=\"--avoid '^a$'\"' -g'", ["--avoid", "^a$", "-g"]],
    ["\ufeffEARLYOOM_ARGS=-g", ["-g"]],
    ['EARLYOOM_ARGS=""', []],
    ["EARLYOOM_ARGS=", []],
    ['command_args="-m 5"', ["-m", "5"]],
  ])("%j", (text, args) => {
    expect(argumentsIn(text)).toEqual({ args, warnings: [] });
  });

  test.each([
    ['EARLYOOM_ARGS="-m 5', "EARLYOOM_ARGS=: a quote is not closed"],
    ['EARLYOOM_ARGS="--avoid \'^a"', "EARLYOOM_ARGS=: a quote ' is not closed"],
    ['EARLYOOM_ARGS="-m $(nproc)"', "EARLYOOM_ARGS=: it takes $(… from a shell"],
    ['EARLYOOM_ARGS="-m `nproc`"', "EARLYOOM_ARGS=: it takes `… from a shell"],
    ['EARLYOOM_ARGS="-m ${X:-5}"', "EARLYOOM_ARGS=: it takes ${… from a shell"],
    ['EARLYOOM_ARGS="-m $ELSEWHERE"', "EARLYOOM_ARGS=: it takes $ELSEWHERE from elsewhere"],
    ["#EARLYOOM_ARGS='-m 5'", "no arguments of earlyoom's found"],
    ["", "no arguments of earlyoom's found"],
    ["# About\n\nSome text about earlyoom -m 5.\n", "no arguments of earlyoom's found"],
  ])("%j is refused", (text, sentence) => {
    const found = argumentsIn(text);
    expect("problem" in found ? found.problem : "").toStartWith(sentence);
  });

  test("whatever shell quotes is read as it was", () => {
    const word = fc.string({ unit: fc.constantFrom(..."ab \t\n'\"\\$#;`(|)é"), minLength: 1 });
    const quotings: readonly ((text: string) => string)[] = [
      (text) => `'${text.replaceAll("'", "'\\''")}'`,
      (text) => `"${text.replaceAll(/["\\$`]/g, "\\$&")}"`,
    ];
    const quoting = fc.constantFrom(...quotings);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, quoting), { maxLength: 4 }), quoting, (words, outer) => {
        const value = words.map(([text, quoted]) => quoted(text)).join(" ");
        const args = words.map(([text]) => text);
        expect(shellWords(value)).toMatchObject({ words: args });
        expect(shellVariables(`A=1\nB=${outer(value)} # x\nC=2`).get("B")).toEqual({ value });
        const found = argumentsIn(`EARLYOOM_ARGS=${outer(value)}\n`);
        expect("args" in found ? found.args : found).toEqual(args);
      }),
      { numRuns: 1000 },
    );
  });

  test("no text makes it throw", () => {
    const piece = fc.constantFrom(
      ..."'\"\\$`=;# \n",
      "EARLYOOM_ARGS=",
      "ExecStart=",
      "[Service]\n",
      "a",
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, (written) => {
        const found = argumentsIn(written);
        expect("args" in found || found.problem !== "").toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("units", () => {
  const PACKAGED =
    "[Service]\nEnvironmentFile=-/etc/default/earlyoom\n" +
    "ExecStart=/usr/bin/earlyoom $EARLYOOM_ARGS\n";
  test.each<[string, readonly string[]]>([
    ["[Service]\nExecStart=\nExecStart=/usr/bin/earlyoom -m 4 -s 100", ["-m", "4", "-s", "100"]],
    ["[Service]\nExecStart=-!/usr/local/bin/earlyoom --avoid '^(a|b)$'", ["--avoid", "^(a|b)$"]],
    ["ExecStart=/usr/bin/nice -n -20 /usr/bin/earlyoom -g", ["-g"]],
    ["[Service]\nExecStart=/bin/earlyoom \\\n  -m 5 \\\n# why\n  -g\n", ["-m", "5", "-g"]],
    ["[Service]\nExecStart=/bin/earlyoom -m 10%%", ["-m", "10%"]],
    ["[Service]\nExecStart=/bin/earlyoom --avoid '^a$$'", ["--avoid", "^a$"]],
    ['[Service]\nEnvironment="EARLYOOM_ARGS=-m 5 -g"', ["-m", "5", "-g"]],
    [PACKAGED, ["-m", "9"]],
    [`${PACKAGED}Environment="EARLYOOM_ARGS=-m 5"`, ["-m", "9"]],
    ['[Service]\nEnvironment=A="x y"\nExecStart=earlyoom --prefer ${A}', ["--prefer", "x y"]],
  ])("%j", (text, args) => {
    const files = { "/etc/default/earlyoom": 'EARLYOOM_ARGS="-m 9"' };
    expect(argumentsIn(text, files)).toEqual({ args, warnings: [] });
  });

  test.each([
    ["[Service]\nNice=-20", "no arguments of earlyoom's found"],
    ["[Service]\nExecStart=/bin/sh -c 'earlyoom -m 5'", 'ExecStart="/bin/sh -c '],
    ["[Service]\nExecStart=/bin/other -m 5", 'ExecStart="/bin/other -m 5" does not run earlyoom'],
    ["[Service]\nExecStart=/bin/earlyoom $ARGS", "ExecStart=: it takes $ARGS from elsewhere"],
    ["[Service]\nExecStart=/bin/earlyoom 'a", "ExecStart=: a quote ' is not closed"],
  ])("%j is refused", (text, sentence) => {
    const found = argumentsIn(text);
    expect("problem" in found ? found.problem : "").toStartWith(sentence);
  });
});

describe("scripts that run it", () => {
  test.each<[string, readonly string[]]>([
    ["#!/bin/sh\nexec earlyoom -m 5 -g 2>&1\n", ["-m", "5", "-g"]],
    [
      "#!/bin/sh\nOPTS='-m 5'\nexec /usr/bin/earlyoom $OPTS --avoid '^(a|b)$' > /dev/null\n",
      ["-m", "5", "--avoid", "^(a|b)$"],
    ],
    [
      '#!/bin/sh\nM=5\nearlyoom -m "$M" \\\n  --prefer "^a$" "$@" &\n',
      ["-m", "5", "--prefer", "^a$"],
    ],
  ])("%j", (text, args) => {
    expect(argumentsIn(text)).toEqual({ args, warnings: [] });
  });

  test("what comes from elsewhere is refused", () => {
    expect(argumentsIn("exec earlyoom $OPTS")).toEqual({
      problem: "the line that runs it: it takes $OPTS from elsewhere",
    });
  });
});
