import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseWhen } from "../../src/cli/when.ts";

describe("when", () => {
  test.each([
    ["mem < 10", "mem < 10"],
    ["mem<10 and swap<10", "mem < 10 and swap < 10"],
    ["mem < 40 and swap < 1.5%", "mem < 40 and swap < 1.5"],
    [" psi.some>=25 %  and scarce ", "psi.some >= 25 and scarce >= 1"],
    ["scarce and psi.full > 10", "scarce >= 1 and psi.full > 10"],
    ["scarce < 1", "scarce < 1"],
    ["psi.avg10 <= 0", "psi.avg10 <= 0"],
    ["mem\n<\t10", "mem < 10"],
  ])("%j is understood as %j", (text, understood) => {
    const parsed = parseWhen(text);
    expect("value" in parsed ? parsed.value.text : parsed.problem).toBe(understood);
  });

  const names = "one of mem, swap, psi.some, psi.full, psi.avg10, scarce";
  const signs = "one of <, <=, >, >=";
  test.each([
    ["", 0, `found the end at character 1, allowed is ${names}`],
    ["mem", 3, `found the end at character 4, allowed is ${signs}`],
    ["mem <", 5, "found the end at character 6, allowed is a number from 0 to 100"],
    ["mem = 10", 4, `found "=" at character 5, allowed is ${signs}`],
    ["mem == 10", 4, `found "==" at character 5, allowed is ${signs}`],
    ["mem < -1", 6, 'found "-" at character 7, allowed is a number from 0 to 100'],
    ["mem < 101", 6, 'found "101" at character 7, allowed is a number from 0 to 100'],
    ["mem < ten", 6, 'found "ten" at character 7, allowed is a number from 0 to 100'],
    ["memm < 1", 0, `found "memm" at character 1, allowed is ${names}; did you mean mem?`],
    [
      "psi.som < 1",
      0,
      `found "psi.som" at character 1, allowed is ${names}; did you mean psi.some?`,
    ],
    ["mem < 1 and", 11, `found the end at character 12, allowed is ${names}`],
    ["mem < 1 swap < 1", 8, 'found "swap" at character 9, allowed is and, or the end'],
    ["mem < 1 && swap < 1", 8, 'found "&" at character 9, allowed is and, or the end'],
    [
      "mem < 1 or swap < 1",
      8,
      'found "or" at character 9, allowed is and, or the end; ' +
        "write an alternative as a line of its own",
    ],
    ["10 > mem", 0, `found "10" at character 1, allowed is ${names}`],
    ["\u202e", 0, `found "\\u{202e}" at character 1, allowed is ${names}`],
  ])("%j: at %d, %s", (text, at, problem) => {
    expect(parseWhen(text)).toEqual({ problem, at });
  });

  test("what was understood is understood again, and nothing throws", () => {
    const parts = fc.constantFrom(
      "mem",
      "swap",
      "psi.some",
      "and",
      "<",
      ">=",
      "10",
      "%",
      " ",
      "or",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(parts).map((list) => list.join("")),
    );
    fc.assert(
      fc.property(text, (typed) => {
        const parsed = parseWhen(typed);
        if ("value" in parsed) {
          expect(parseWhen(parsed.value.text)).toEqual(parsed);
        } else {
          expect(parsed.at).toBeLessThanOrEqual(typed.length);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
