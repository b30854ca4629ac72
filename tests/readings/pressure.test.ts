import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { emptyReading } from "../../src/model/reading.ts";
import { parsePressure } from "../../src/readings/pressure.ts";
import { anyBytes, beginningsOf, read, refused } from "../helpers/bytes.ts";
import { pressureText } from "../helpers/kernel-texts.ts";

const PRESSURE = `some avg10=41.20 avg60=7.05 avg300=1.50 total=123456789
full avg10=3.00 avg60=1.05 avg300=0.50 total=23456789
`;

function parsed(content: string | Uint8Array) {
  const into = { ...emptyReading(), someAvg10: -1, someTotalUs: -1, fullTotalUs: -1 };
  const { text, length } = read(content);
  const isGood = parsePressure(text, length, into);
  const { someAvg10, someTotalUs, fullTotalUs } = into;
  return { isGood, numbers: [someAvg10, someTotalUs, fullTotalUs] };
}

const UNTOUCHED = { isGood: false, numbers: [-1, -1, -1] };

describe("parsePressure", () => {
  const good: readonly (readonly [string, string, readonly number[]])[] = [
    ["a real one", PRESSURE, [41.2, 123456789, 23456789]],
    ["nothing at all", PRESSURE.replace("41.20", "0.00"), [0, 123456789, 23456789]],
    ["small hundredths", PRESSURE.replace("41.20", "0.05"), [0.05, 123456789, 23456789]],
    ["everything stalls", PRESSURE.replace("41.20", "100.00"), [100, 123456789, 23456789]],
    [
      "full first",
      PRESSURE.split("\n", 2).toReversed().join("\n") + "\n",
      [41.2, 123456789, 23456789],
    ],
  ];
  test.each(good)("%s", (_name, content, numbers) => {
    expect(parsed(content)).toEqual({ isGood: true, numbers: [...numbers] });
  });

  const bad: readonly (readonly [string, string])[] = [
    ["empty", ""],
    ["NUL bytes", "\0".repeat(200)],
    ["only the first line", `${PRESSURE.split("\n")[0]}\n`],
    ["another word, as oomd's fixtures have", PRESSURE.replace("some avg10", "aggr avg10")],
    ["old experimental format", "aggr 0\nsome 0.00 0.00 0.00\nfull 0.00 0.00 0.00\n"],
    ["no decimals", PRESSURE.replace("avg10=41.20", "avg10=41")],
    ["no number", PRESSURE.replace("avg10=41.20", "avg10=nan")],
    ["no total", PRESSURE.replace("total=123456789", "total=")],
    ["a negative total", PRESSURE.replace("total=123456789", "total=-1")],
    ["a line that goes on", PRESSURE.replace("total=23456789\n", "total=23456789 more=x\n")],
  ];
  test.each(bad)("%s is no pressure and changes nothing", (_name, content) => {
    expect(parsed(content)).toEqual(UNTOUCHED);
  });

  test("cut at every byte it is none", () => {
    for (const { text, length } of beginningsOf(PRESSURE)) {
      expect(parsed(text.subarray(0, length))).toEqual(UNTOUCHED);
    }
  });

  test("an error is none", () => {
    const { text, length } = refused(95);
    expect(parsePressure(text, length, emptyReading())).toBe(false);
  });

  test("reads what a paper kernel writes", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.maxSafeNat(), fc.maxSafeNat(), (hundredths, some, full) => {
        const someAvg10 = Number((hundredths / 100).toFixed(2));
        const reading = { ...emptyReading(), someAvg10, someTotalUs: some, fullTotalUs: full };
        expect(parsed(pressureText(reading))).toEqual({
          isGood: true,
          numbers: [someAvg10, some, full],
        });
      }),
    );
  });

  test("anything else never throws and never gives what is no number", () => {
    fc.assert(
      fc.property(
        anyBytes("some full avg10= total= 0123456789. \n\n"),
        fc.nat(120),
        (bytes, at) => {
          const whole = new TextEncoder().encode(PRESSURE);
          whole.set(bytes.subarray(0, whole.length - at), at % whole.length);
          for (const content of [bytes, whole]) {
            expect(parsed(content).numbers.every((value) => value >= -1)).toBe(true);
          }
        },
      ),
    );
  });
});
