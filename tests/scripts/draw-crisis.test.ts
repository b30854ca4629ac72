import { expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Course, crisisPicture } from "../../scripts/draw-crisis.ts";

const PICTURE = join(import.meta.dir, "../../packaging/crisis.svg");

/** A crisis of so many seconds, in which half of each second is a stall. */
function courseOf(seconds: number, deaths: Course["machine"]["deaths"]): Course {
  return {
    machine: { daemon: "bustd", durationMs: seconds * 1000, deaths },
    samples: Array.from({ length: seconds * 10 }, (_item, i) => ({
      atMs: i * 100,
      meminfo: { MemTotal: 1000, MemAvailable: 1000 - i },
      some: { totalUs: i * 50_000 },
    })),
  };
}

test("both courses are drawn on one scale of time, with who was killed and when", () => {
  const drawn = crisisPicture(courseOf(20, []), courseOf(10, [{ name: "<hog>", atMs: 5000 }]));
  expect(drawn.match(/class="stall" d="M[^"]*L/g)).toHaveLength(2);
  expect(drawn).toContain(">&lt;hog> killed</text>");
  // Half of 780 units are 10 of 20 seconds; half of the height is a stall of 50 %.
  expect(drawn).toContain('<path class="kill" d="M255.0 236.0V366.0"/>');
  expect(drawn).toContain("L99.0 109.0L");
  expect(drawn.match(/>20 s</g)).toHaveLength(2);
});

test("the picture of the README is small, and loads nothing", () => {
  const text = readFileSync(PICTURE, "utf8");
  expect(statSync(PICTURE).size).toBeLessThan(60_000);
  expect(text).toStartWith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="');
  expect(text).not.toMatch(/<script|href|url\(/);
});
